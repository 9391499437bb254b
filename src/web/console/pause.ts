import { z } from 'zod';
import type { WebSource } from '../source.ts';
import { type Action, action, saidOf } from './action.ts';
import { catalogue } from './language.ts';

const WORDS = catalogue({
  en: { paused: 'All acting is paused.', resumed: 'Acting goes on.' },
  zh: { paused: '已暂停一切动作。', resumed: '动作已恢复。' },
});

/** The switch that holds everything that acts. */
export function pauseActions(web: WebSource): readonly Action[] {
  const reason = z.string().trim().max(500).default('');
  return [
    action('/actions/pause', z.object({ reason }), async (input, by, language) =>
      saidOf(await web.pause(by, input.reason), WORDS[language].paused),
    ),
    action('/actions/resume', z.object({}), async (_input, by, language) =>
      saidOf(await web.resume(by), WORDS[language].resumed),
    ),
  ];
}

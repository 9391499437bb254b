import { formatDuration } from '../duration-text.ts';
import { formatYuan } from '../money.ts';
import type { Detail } from './detail.ts';
import { EN_CONDITIONS } from './en/conditions.ts';
import { EN_DECIDING } from './en/deciding.ts';
import { EN_OPERATING } from './en/operating.ts';
import { EN_PLAIN } from './en/plain.ts';
import { EN_PROBING } from './en/probing.ts';
import { EN_STORY } from './en/story.ts';
import type { Say } from './spec.ts';
import { type Sentences, worded } from './worded.ts';

const ENGLISH: Sentences = {
  ...EN_PLAIN,
  ...EN_DECIDING,
  ...EN_CONDITIONS,
  ...EN_OPERATING,
  ...EN_PROBING,
  ...EN_STORY,
};

/** The detail as programs, logs and English readers have it. `time` writes an instant on the reader's clock. */
export function english(detail: Detail, time: (at: number) => string): string {
  const say: Say = {
    time: (at) => (at === null ? 'an unknown time' : time(at)),
    span: (ms) => (ms === null ? 'an unknown time' : formatDuration(ms)),
    yuan: (fen) => (fen === null ? 'unknown' : formatYuan(fen)),
    detail: (each) => worded(ENGLISH, each, say),
    all: (each) => each.map(say.detail).join('; '),
  };
  return say.detail(detail);
}

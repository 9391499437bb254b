import { chinese } from '../../fleet/detail/chinese.ts';
import type { Detail } from '../../fleet/detail/detail.ts';
import { english } from '../../fleet/detail/english.ts';
import { wallTime } from '../../fleet/wall-time.ts';
import { shown } from './format.ts';
import type { Visit } from './visit.ts';

/** A detail in the reader's language, with times on the reader's clock. It holds what clouds and people wrote. */
export function told(detail: Detail, { language, timezone }: Pick<Visit, 'language' | 'timezone'>): string {
  const time = (at: number) => wallTime(at, timezone);
  return shown(language === 'zh' ? chinese(detail, time) : english(detail, time));
}

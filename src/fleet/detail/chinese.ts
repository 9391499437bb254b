import { chineseSpan } from '../chinese-span.ts';
import { formatDuration } from '../duration-text.ts';
import { formatYuan } from '../money.ts';
import type { Detail } from './detail.ts';
import type { Say } from './spec.ts';
import { type Sentences, worded } from './worded.ts';
import { ZH_CONDITIONS } from './zh/conditions.ts';
import { ZH_DECIDING } from './zh/deciding.ts';
import { ZH_OPERATING } from './zh/operating.ts';
import { ZH_PLAIN } from './zh/plain.ts';
import { ZH_PROBING } from './zh/probing.ts';
import { ZH_STORY } from './zh/story.ts';

const CHINESE: Sentences = {
  ...ZH_PLAIN,
  ...ZH_DECIDING,
  ...ZH_CONDITIONS,
  ...ZH_OPERATING,
  ...ZH_PROBING,
  ...ZH_STORY,
};

/** The detail as Chinese readers have it. `time` writes an instant on the reader's clock. */
export function chinese(detail: Detail, time: (at: number) => string): string {
  const say: Say = {
    time: (at) => (at === null ? '未知时间' : time(at)),
    span: (ms) => (ms === null ? '未知时长' : chineseSpan(formatDuration(Math.round(ms / 1000) * 1000))),
    yuan: (fen) => (fen === null ? '未知' : formatYuan(fen)),
    detail: (each) => worded(CHINESE, each, say),
    all: (each) => each.map(say.detail).join('；'),
  };
  return say.detail(detail);
}

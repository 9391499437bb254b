import type { CronTicks } from '../calendar/cron.ts';
import type { Window } from '../calendar/window.ts';
import { conditionOf, type Draft } from './draft.ts';
import { DEFAULT_CATCH_UP_MS } from './to-policy.ts';

/** So many ticks and openings are looked at; that a year's calendar brings the two together later is not to be seen. */
const MOST = 40;

/** Warns of a cron whose ticks never fall into the window beside it, nor are made up in it. */
export function warnOfNoCommonTime(draft: Draft, now: number): void {
  const [during, cron] = [conditionOf(draft, 'during'), conditionOf(draft, 'cron')];
  if (during === undefined || cron === undefined || during.window.specs.some(({ kind }) => kind === 'never')) return;
  if (haveCommonTime(during.window, cron.ticks, draft.text.catchUp ?? DEFAULT_CATCH_UP_MS, now)) return;
  const message = `none of its ticks falls into the window ${during.text}, so this policy never acts`;
  draft.subject.warn(['when', 'cron'], message);
}

function haveCommonTime(window: Window, ticks: CronTicks, catchUp: number, now: number): boolean {
  const isIn = (tick: number) => {
    const state = window.state(tick);
    return state.inside || (state.opensAt !== null && state.opensAt <= tick + catchUp);
  };
  let tick = ticks.nextTick(now);
  for (let count = 0; tick !== null && count < MOST; count += 1) {
    if (isIn(tick)) return true;
    tick = ticks.nextTick(tick);
  }
  // Of ticks that come often the next ones say little: of each opening it is asked which was the last before it closed.
  return window.edgesAfter(now, MOST).some(({ at, opens }) => {
    const last = opens ? null : ticks.previousTick(at - 1);
    return last !== null && isIn(last);
  });
}

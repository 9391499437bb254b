import type { Account } from '../../fleet/account.ts';
import type { Status } from '../../fleet/status.ts';

/** center-ai, 实例列表 `status`: 9 已销毁. Listed only when asked for. */
export const DESTROYED = 9;

/**
 * The states to ask for when the fleet is listed; the filter takes one at a time. What runs comes first, so that it is
 * read soonest after the walk began.
 */
export const LISTED_STATUSES = [2, 1, 3, 4, 0] as const;

/**
 * center-ai, 实例列表 `status`. 0 (已创建, created and not started) is `creating`: no page says whether it is on its way.
 * v2 numbers the same states differently, so nothing is shared with it.
 */
const DOCUMENTED: ReadonlyMap<number, Status> = new Map([
  [0, 'creating'],
  [1, 'starting'],
  [2, 'running'],
  [3, 'stopping'],
  [4, 'stopped'],
  [DESTROYED, 'destroyed'],
]);

/** The account's own `statusWords` (the number as text) go before the documents. */
export function statusOf(status: number, account: Account): Status {
  return account.statusWords.get(String(status)) ?? DOCUMENTED.get(status) ?? 'unknown';
}

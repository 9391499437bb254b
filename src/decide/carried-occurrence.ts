import { isOfAnother } from './announce.ts';
import type { AccountPass, Pass } from './pass.ts';
import type { Standing } from './standing.ts';
import type { InstanceView } from './world.ts';

/** The part that a window without beginning gives: the local day. */
const DAY_PART = /(^|;)during=\d{4}-\d{2}-\d{2}(?=;|$)/;

/**
 * A window without beginning (`always`) makes each local day an occasion of its own. What was announced on one day and is
 * to be done on the next is still about the same, so it keeps the occurrence under which it was announced; otherwise a
 * notice of a day or more would be given anew each midnight and never end.
 */
export function carriedOccurrence(
  pass: Pass,
  account: AccountPass,
  standing: Standing,
  view: InstanceView,
  occurrence: string,
): string {
  const { policy, window, openedAt } = standing;
  if (window === null || openedAt !== null) return occurrence;
  const { history } = pass.world;
  const armed = history.armedFor?.(policy.name, view.key) ?? null;
  if (armed !== null && isSameButDay(armed, occurrence)) return armed;
  if (!account.hasNotice(policy.name, view.key)) return occurrence;
  const earlier = history
    .notices(account.view.name)
    .filter((notice) => notice.policy === policy.name && notice.instance === view.key && !isOfAnother(notice, view))
    .map((notice) => notice.occurrence)
    .filter((each) => isSameButDay(each, occurrence));
  return earlier.includes(occurrence) ? occurrence : (earlier[0] ?? occurrence);
}

function isSameButDay(one: string, other: string): boolean {
  return DAY_PART.test(one) && one.replace(DAY_PART, '') === other.replace(DAY_PART, '');
}

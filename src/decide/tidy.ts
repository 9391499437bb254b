import type { Notice } from '../fleet/notice.ts';
import { isOfAnother } from './announce.ts';
import type { Tidy } from './decision.ts';
import type { AccountPass, Pass, Watched } from './pass.ts';
import type { Standing } from './standing.ts';
import type { InstanceView } from './world.ts';

type Why = Extract<Tidy, { kind: 'drop-notice' }>['why'];

/** Drops the notices whose reason has gone. What merely cannot be told right now keeps its notice. */
export function tidyNotices(pass: Pass, account: AccountPass, notices: readonly Notice[]): void {
  for (const notice of notices) {
    const place = account.placeOf(notice.instance);
    const view = place === undefined ? undefined : account.view.instances[place];
    const watched = account.watchedOf(notice.policy, notice.instance);
    const why = whyDropped(pass, account, notice, view, watched);
    if (why !== null) pass.tidy.push({ kind: 'drop-notice', notice, why });
  }
}

function whyDropped(
  pass: Pass,
  account: AccountPass,
  notice: Notice,
  view: InstanceView | undefined,
  watched: Watched | null,
): Why | null {
  const standing = pass.standings.find((each) => each.policy.name === notice.policy);
  if (standing === undefined || !standing.enforcing) return 'policy-removed';
  const hold = pass.world.holds.get(notice.instance);
  if (hold !== undefined && !(hold.until <= pass.now)) return 'hold';
  // Quick machines are down, and match no more, before anybody looks again: that is what was announced, and not its end.
  if (isCarriedOut(pass, standing, notice)) return 'done';
  const { trust } = account.view;
  if (view === undefined) return trust === 'good' ? 'no-longer-due' : null;
  if (isOfAnother(notice, view)) return 'no-longer-due';
  const { status, problems } = view.tracked.instance;
  // A row that cannot be read may fail to match for that reason alone.
  if (trust === 'stale-snapshot' || status === 'unknown' || problems.length > 0) return null;
  const changed = standing.idle && view.activity?.kind !== 'unknown' ? 'activity' : 'no-longer-due';
  if (watched === null) return 'no-longer-due';
  if (watched.reason === 'consumed') return 'done';
  if (watched.reason === 'not-due') return view.activity?.kind === 'active' ? changed : 'no-longer-due';
  return watched.occurrence !== null && watched.occurrence !== notice.occurrence ? changed : null;
}

/** Is, or was, what it announced on its way? What was announced after the last act is a later step, and still to come. */
function isCarriedOut(pass: Pass, { policy }: Standing, { instance, occurrence, announcedAt }: Notice): boolean {
  const actedAt = pass.world.history.lastActedAt(policy.name, instance);
  if (actedAt !== null && announcedAt > actedAt) return false;
  return policy.steps.some(
    ({ kind }, index) =>
      kind !== 'notify' && pass.world.history.step(policy.name, instance, occurrence, index) !== 'none',
  );
}

import type { Detail } from '../fleet/detail/detail.ts';
import type { Policy } from '../policy/policy.ts';
import type { AccountView, InstanceView } from './world.ts';

/** So long nobody may have been able to tell what a machine does before a person hears of it. */
export const BLIND_AFTER_MS = 30 * 60_000;

/** When somebody could last tell, or it was started. Epoch ms. */
export function blindSince({ tracked, activity }: Pick<InstanceView, 'tracked' | 'activity'>): number {
  const couldAt = activity?.kind === 'unknown' ? (activity.watched?.to ?? 0) : 0;
  return Math.max(couldAt, tracked.upSince ?? 0, tracked.firstSeenAt);
}

/** Why nobody can tell, where that has been so for long; `null`: somebody can, or could lately, or need not. */
export function blindness(view: Pick<InstanceView, 'tracked' | 'activity'>, now: number): Detail | null {
  const { tracked, activity } = view;
  if (tracked.instance.status !== 'running' || tracked.upSince === null) return null;
  if (now - blindSince(view) < BLIND_AFTER_MS) return null;
  if (activity === null) return { kind: 'no-probe' };
  if (activity.kind !== 'unknown') return null;
  return { kind: 'blind-by', reason: activity.reason, why: activity.detail ?? null };
}

/** Is there a policy in force that would stop it for being idle? One that only observes counts: it cannot tell either. */
export function isJudged(
  policies: readonly Policy[],
  account: Pick<AccountView, 'name' | 'provider'>,
  { tracked, labels }: Pick<InstanceView, 'tracked' | 'labels'>,
): boolean {
  return policies.some(
    ({ enabled, conditions, match }) =>
      enabled &&
      conditions.some(({ kind }) => kind === 'idleFor') &&
      match.account(account) &&
      match.instance(tracked.instance, labels),
  );
}

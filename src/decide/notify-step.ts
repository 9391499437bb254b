import type { DetailOf } from '../fleet/detail/detail.ts';
import type { DecisionReason } from '../fleet/reason.ts';
import type { Step } from '../policy/policy.ts';
import { notifyAct } from './acts.ts';
import { addTo } from './counts.ts';
import type { Due, No } from './due.ts';
import { activityDetail, cooldownGuard, missingFact, untrustedDetail } from './guards.ts';
import { refuse, settle } from './refuse.ts';

/**
 * A message about one instance. It touches no cloud, so a pause, a hold or an open operation does not silence it; what
 * it says must be known, though. `story`: what to tell where the conditions no longer hold.
 * @returns the reason given
 */
export function decideNotify(
  due: Due,
  step: Extract<Step, { kind: 'notify' }>,
  story: DetailOf<'list-done'> | null = null,
): DecisionReason {
  const no = firstNo(due);
  if (no !== null) return refuse(due, no);
  const { pass, account, standing, view, stepIndex, occurrence } = due;
  const act = notifyAct(pass, account, standing, view, step, stepIndex, occurrence ?? 'once', story);
  if (!standing.enforcing) {
    return refuse(due, { reason: 'observe', detail: { kind: 'would-tell', what: act.told } });
  }
  pass.acts.push(act);
  addTo(standing.counts.row('notify'), act.reason);
  settle(due, 'acted');
  return act.reason;
}

function firstNo(due: Due): No | null {
  const { standing, account, view, pass } = due;
  const { policy } = standing;
  const { trust, takenAt, name } = account.view;
  if (due.verdict === 'not-supported') return { reason: 'not-supported', detail: missingFact(due) };
  if (due.verdict === 'unknown-balance') {
    return { reason: 'stale-snapshot', detail: { kind: 'balance-unknown', account: name } };
  }
  if (due.verdict === 'unknown-status') {
    return { reason: 'unknown-status', detail: { kind: 'end-untold' } };
  }
  if (due.verdict === 'unknown-activity') return { reason: 'unknown-activity', detail: activityDetail(due) };
  // An expiry stays true while the cloud cannot be reached; how long a status has lasted does not.
  const lasting = policy.conditions.some((condition) => condition.kind === 'expiresWithin');
  if (trust === 'stale-snapshot' && !lasting) return { reason: trust, detail: untrustedDetail(due, trust, takenAt) };
  if (policy.cooldownMs <= 0 || due.stepIndex > 0) return null;
  const actedAt = pass.world.history.lastActedAt(policy.name, view.key);
  return cooldownGuard(actedAt, policy.cooldownMs, pass.now);
}

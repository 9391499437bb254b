import type { InactionReason } from '../fleet/reason.ts';
import { addTo } from './counts.ts';
import type { Due, No } from './due.ts';
import type { Watched } from './pass.ts';

/** Puts a refusal down: counted, listed, and seen by a notice that waits for the pair. */
export function refuse(due: Due, no: No): InactionReason {
  const { pass, account, standing, view, step, stepIndex, occurrence } = due;
  const row = standing.rows[stepIndex];
  if (row !== undefined) addTo(row, no.reason);
  pass.refusals.push({
    kind: 'refusal',
    policy: standing.policy.name,
    account: account.view.name,
    instance: view.key,
    name: view.tracked.instance.name,
    action: step.kind,
    step: stepIndex,
    occurrence,
    reason: no.reason,
    detail: no.detail,
  });
  settle(due, no.reason);
  return no.reason;
}

/** Tells a waiting notice how its pair came out. */
export function settle(due: Due, reason: Watched['reason']): void {
  due.account.watch(due.standing.policy.name, due.view.key, reason, due.occurrence);
}

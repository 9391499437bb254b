import type { Detail } from '../fleet/detail/detail.ts';
import type { DecisionReason, InactionReason } from '../fleet/reason.ts';
import { notifyAct } from './acts.ts';
import { testAccount, testMoney, type Verdict } from './conditions.ts';
import { addNotDue, addTo } from './counts.ts';
import { cooldownGuard, missingFact, untrustedDetail } from './guards.ts';
import { occurrenceOf } from './occurrence.ts';
import type { AccountPass, Pass } from './pass.ts';
import type { Standing } from './standing.ts';

/** A policy about the account alone: decided once, whatever runs there. It can only notify. */
export function decideForAccount(pass: Pass, account: AccountPass, standing: Standing): DecisionReason {
  const { policy } = standing;
  const { history } = pass.world;
  const verdict = testAccount(policy.conditions, account.view);
  const announced = history.lowBalance(policy.name, account.view.name);
  if (announced !== null && hasRecovered(standing, account)) {
    pass.tidy.push({ kind: 'recovered', policy: policy.name, account: account.view.name, occurrence: announced });
  }
  if (verdict === 'fails') return notDue(pass, account, standing, 0, { kind: 'not-low' });
  if (standing.calendar !== 'open') return tellCalendar(pass, account, standing);
  const unknown = unknownReason(verdict, account, standing);
  if (unknown !== null) return refuse(pass, account, standing, 0, null, unknown[0], unknown[1]);
  const occurrence = occurrenceOf(standing.ordered, standing.keys, account.view, null, announced);
  let told: DecisionReason | null = null;
  for (const [stepIndex, step] of policy.steps.entries()) {
    const state = history.step(policy.name, account.view.name, occurrence, stepIndex);
    if (state === 'done') continue;
    if (state !== 'none') return notDue(pass, account, standing, stepIndex, { kind: 'being-told' });
    if (step.kind !== 'notify') {
      const detail: Detail = { kind: 'needs-instance', action: step.kind };
      return refuse(pass, account, standing, stepIndex, occurrence, 'not-supported', detail);
    }
    if (policy.cooldownMs > 0 && stepIndex === 0) {
      const actedAt = history.lastActedAt(policy.name, account.view.name);
      const no = cooldownGuard(actedAt, policy.cooldownMs, pass.now);
      if (no !== null) return refuse(pass, account, standing, stepIndex, occurrence, no.reason, no.detail);
    }
    const act = notifyAct(pass, account, standing, null, step, stepIndex, occurrence);
    if (standing.enforcing) {
      pass.acts.push(act);
      addTo(standing.counts.row('notify'), act.reason);
      told = act.reason;
    } else {
      told = refuse(pass, account, standing, stepIndex, occurrence, 'observe', { kind: 'would-tell', what: act.told });
    }
  }
  return told ?? notDue(pass, account, standing, policy.steps.length - 1, { kind: 'told-already' });
}

/** Only a balance that is known and high enough ends the alarm; a closed window or a failed read does not. */
function hasRecovered(standing: Standing, account: AccountPass): boolean {
  const { view } = account;
  if (view.trust === 'stale-snapshot' || view.balanceFen === null) return false;
  return standing.policy.conditions.some((condition) => {
    if (condition.kind === 'balanceBelow') return testMoney(condition, view) === 'fails';
    return condition.kind === 'runwayBelow' && view.runwayMs !== null && testMoney(condition, view) === 'fails';
  });
}

function unknownReason(
  verdict: Verdict,
  account: AccountPass,
  standing: Standing,
): readonly [InactionReason, Detail] | null {
  const { name, trust, takenAt } = account.view;
  if (verdict === 'not-supported') return ['not-supported', missingFact({ account, standing })];
  const aboutMoney = standing.policy.conditions.some(
    (each) => each.kind === 'balanceBelow' || each.kind === 'runwayBelow',
  );
  // First, since it says of when what is known is.
  if (aboutMoney && trust === 'stale-snapshot') return [trust, untrustedDetail({ account }, trust, takenAt)];
  if (verdict === 'unknown-balance') return ['stale-snapshot', { kind: 'balance-unknown', account: name }];
  return null;
}

function tellCalendar(pass: Pass, account: AccountPass, standing: Standing): DecisionReason {
  const { policy, keys } = standing;
  if (standing.calendar !== 'late' || !standing.enforcing)
    return notDue(pass, account, standing, 0, { kind: 'not-the-time' });
  const occurrence = occurrenceOf(standing.ordered, keys, account.view, null);
  if (pass.world.history.step(policy.name, account.view.name, occurrence, 0) !== 'none') {
    return notDue(pass, account, standing, 0, { kind: 'told-already' });
  }
  return refuse(pass, account, standing, 0, occurrence, 'missed', { kind: 'tick-missed', occurrence });
}

function refuse(
  pass: Pass,
  account: AccountPass,
  standing: Standing,
  stepIndex: number,
  occurrence: string | null,
  reason: InactionReason,
  detail: Detail,
): DecisionReason {
  const step = standing.policy.steps[stepIndex];
  if (step === undefined) return reason;
  addTo(standing.counts.row(step.kind), reason);
  pass.refusals.push({
    kind: 'refusal',
    policy: standing.policy.name,
    account: account.view.name,
    instance: null,
    name: null,
    action: step.kind,
    step: stepIndex,
    occurrence,
    reason,
    detail,
  });
  return reason;
}

function notDue(
  pass: Pass,
  account: AccountPass,
  standing: Standing,
  stepIndex: number,
  detail: Detail,
): DecisionReason {
  if (pass.explain) return refuse(pass, account, standing, stepIndex, null, 'not-due', detail);
  const row = standing.rows[stepIndex];
  if (row !== undefined) addNotDue(row);
  return 'not-due';
}

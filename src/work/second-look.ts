import { CALL_EVIDENCE_MAX_AGE_MS } from '../decide/conditions.ts';
import { evaluate } from '../decide/evaluate.ts';
import { heldDetail } from '../decide/guards.ts';
import type { World } from '../decide/world.ts';
import type { ActionCall } from '../fleet/action-call.ts';
import type { Activity, Protection } from '../fleet/activity.ts';
import { assertNever } from '../fleet/assert-never.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import { type Instance, instanceKey } from '../fleet/instance.ts';
import { isApplied, type Operation } from '../fleet/operation.ts';
import type { InactionReason, OperationReason } from '../fleet/reason.ts';
import type { Tracked } from '../fleet/snapshot.ts';
import type { Policy } from '../policy/policy.ts';
import type { InstanceFacts } from './facts.ts';
import { historyWithout, withoutOne } from './history-without.ts';
import { breach, brokenDecision } from './invariants.ts';
import type { AccountRuntime, Standing, Work } from './ports.ts';
import { accountWorld } from './world.ts';

function activeDetail(protection: Protection | undefined): Detail {
  if (protection === undefined) return { kind: 'at-work-again' };
  return { kind: protection.by === 'people' ? 'somebody-there' : 'kept-by-lease' };
}

interface No {
  readonly reason: OperationReason;
  readonly detail: Detail;
  /** It is due as far as is known, but what is known is too old: to be asked again when more is known. */
  readonly later?: true;
}

export interface SecondLook {
  /** The instance as it is now, with what the probes say now where that counts. */
  readonly seen: InstanceFacts;
  /** `null`: it is still due. "No longer due" is a normal end. */
  readonly no: No | null;
}

/** Decides again, just before acting, with the instance as it is now and the probes asked now. */
export async function secondLook(
  work: Work,
  operation: Operation,
  runtime: AccountRuntime,
  standing: Standing,
  instance: Instance,
  signal: AbortSignal,
): Promise<SecondLook> {
  const snapshot = await work.store.loadSnapshot(operation.account);
  const known = snapshot?.instances.find((tracked) => tracked.instance.id === instance.id);
  const tracked: Tracked = known === undefined ? newcomer(instance, work.clock.now()) : { ...known, instance };
  const policy = standing.policies.find((candidate) => candidate.name === operation.policy);
  const asksActivity = policy?.conditions.some((condition) => condition.kind === 'idleFor') ?? false;
  const labels = standing.labels(instance);
  const activity: Activity | null = asksActivity ? await standing.observer.look(tracked, labels, signal) : null;
  const seen = { tracked, labels, activity };
  return { seen, no: await whyNot(work, operation, runtime, standing, policy ?? null, seen) };
}

/** Why what was decided is not due any more; `null`: it is. */
async function whyNot(
  work: Work,
  operation: Operation,
  runtime: AccountRuntime,
  standing: Standing,
  policy: Policy | null,
  { tracked, activity }: InstanceFacts,
): Promise<No | null> {
  const { instance } = tracked;
  const now = work.clock.now();
  if (activity?.kind === 'active') return { reason: 'activity', detail: activeDetail(activity.protection) };
  if (activity !== null && now - activity.at > CALL_EVIDENCE_MAX_AGE_MS) {
    const detail: Detail = { kind: 'evidence-old', ageMs: now - activity.at };
    // Of a machine that reports by itself, which nobody can go and ask: its next report rings again.
    return { reason: 'unknown-activity', detail, ...(activity.kind === 'idle' && { later: true }) };
  }
  const startedAt = operation.observed.startedAt;
  if (activity !== null && startedAt !== null && instance.startedAt !== null && instance.startedAt > startedAt) {
    return { reason: 'no-longer-due', detail: { kind: 'started-since-idle' } };
  }
  const world = await accountWorld(work, standing, runtime, now, { tracked, activity });
  if (world === null) return { reason: 'stale-snapshot', detail: { kind: 'account-unlisted' } };
  const before: World = {
    ...world,
    accounts: world.accounts.map((account) => ({
      ...account,
      interruptedAt: withoutOne(account.interruptedAt, operation.createdAt),
    })),
    history: historyWithout(world.history, operation),
  };
  const key = instanceKey(instance);
  // The first reason: after a try that was put off the present one is another.
  const isObligation = operation.transitions[0]?.reason === 'afterwards';
  if (isObligation) return stillOwed(before, operation);
  if (policy === null)
    return { reason: 'policy-removed', detail: { kind: 'policy-gone', policy: operation.policy ?? '' } };
  const asked: Policy = isApplied(operation) ? { ...policy, mode: 'enforce' } : policy;
  const evaluation = evaluate([asked], before, {
    only: { account: operation.account, instance: key, policy: policy.name },
  });
  const again = evaluation.acts.find(
    (candidate) =>
      candidate.kind === 'operation' && candidate.action === operation.action && candidate.step === operation.step,
  );
  if (again !== undefined) {
    if (again.occurrence !== operation.occurrence) {
      return { reason: 'no-longer-due', detail: { kind: 'due-changed' } };
    }
    if (again.kind !== 'operation' || !sameCall(again.call, operation.call)) {
      return { reason: 'no-longer-due', detail: { kind: 'asks-otherwise' } };
    }
    const broken = brokenDecision(again, before, standing.policies, runtime);
    if (broken === null) {
      if (activity !== null) await work.evidence?.save(operation.id, activity);
      return null;
    }
    await breach(work, broken, operation);
    return { reason: 'frozen', detail: { kind: 'breach', invariant: broken.invariant, what: broken.detail } };
  }
  const refusal = evaluation.refusals[0];
  if (refusal === undefined) return { reason: 'no-longer-due', detail: { kind: 'asks-no-more' } };
  return { reason: operationReason(refusal.reason), detail: refusal.detail };
}

/** Does the policy still ask for just this? How it was stopped is found out anew at each try, so it does not count. */
function sameCall(now: ActionCall, armed: ActionCall): boolean {
  if (now.kind === 'start' && armed.kind === 'start') return true;
  if (now.kind === 'snapshot' && armed.kind === 'snapshot') return true;
  return JSON.stringify(now) === JSON.stringify(armed);
}

/** An obligation outlives its policy: only a hold keeps its start from being made. */
function stillOwed(world: World, operation: Operation): No | null {
  const hold = world.holds.get(operation.instance);
  if (hold !== undefined) return { reason: 'hold', detail: heldDetail(hold) };
  const owed = world.history.obligations(operation.account).some(({ instance }) => instance === operation.instance);
  return owed ? null : { reason: 'no-longer-due', detail: { kind: 'nothing-owed' } };
}

function newcomer(instance: Instance, now: number): Tracked {
  return {
    instance,
    firstSeenAt: now,
    statusSince: now,
    upSince: null,
    personStartAt: null,
    stopMode: null,
    stoppedBy: null,
  };
}

/** The reason of an inaction as the reason of a cancelled operation. */
function operationReason(reason: InactionReason): OperationReason {
  switch (reason) {
    case 'not-due':
    case 'observe':
    case 'open-operation':
    case 'cooldown':
    case 'notice':
    case 'conflict':
    case 'missed':
    case 'minimum-uptime':
      return 'no-longer-due';
    case 'incomplete-snapshot':
    case 'shrunken-snapshot':
    case 'stale-snapshot':
      return 'stale-snapshot';
    case 'paused':
    case 'hold':
    case 'protected':
    case 'not-allowed':
    case 'not-supported':
    case 'unknown-status':
    case 'unknown-activity':
    case 'limit-per-pass':
    case 'limit-per-hour':
    case 'limit-percent':
    case 'spend-limit':
    case 'frozen':
    case 'breaker':
      return reason;
    default:
      return assertNever(reason);
  }
}

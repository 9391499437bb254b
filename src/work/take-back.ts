import type { Operation } from '../fleet/operation.ts';
import type { AccountRuntime, Work } from './ports.ts';
import { move } from './transition.ts';

/**
 * A stop that the cloud will carry out later (chenyu v1 has only a timed one) is taken back when somebody holds the
 * instance or it is at work again before it fires. Answers whether it was.
 */
export async function takeBack(
  work: Work,
  operation: Operation,
  runtime: AccountRuntime,
  signal: AbortSignal,
): Promise<boolean> {
  const now = work.clock.now();
  if (operation.effectiveAt === null || operation.call.kind !== 'stop' || now >= operation.effectiveAt) return false;
  if (operation.state === 'escalated') return false;
  const why = await reasonToTakeBack(work, operation, signal);
  if (why === null) return false;
  const outcome = await runtime.provider.act(
    operation.instanceId,
    { kind: 'shutdown-timer', at: null },
    { signal, gate: () => true },
  );
  if (outcome.kind !== 'accepted') {
    work.log.warn(
      { operation: operation.id, outcome: outcome.kind, detail: outcome.detail },
      'a timed stop could not be taken back',
    );
    return false;
  }
  // The map has no way from `uncertain` to the end; through `verifying` it has.
  let current = operation;
  if (current.state === 'uncertain') {
    const step = await move(work, current, {
      to: 'verifying',
      reason: 'verifying',
      detail: { kind: 'timer-taken-back' },
    });
    if (step.kind !== 'moved') return true;
    current = step.operation;
  }
  await move(work, current, { to: 'cancelled', reason: why, detail: { kind: 'stop-taken-back' } });
  return true;
}

async function reasonToTakeBack(
  work: Work,
  operation: Operation,
  signal: AbortSignal,
): Promise<'hold' | 'activity' | 'paused' | null> {
  const now = work.clock.now();
  if (await work.store.paused()) return 'paused';
  if ((await work.store.holds(now)).some((hold) => hold.instance === operation.instance)) return 'hold';
  const standing = work.standing();
  const policy = standing.policies.find((candidate) => candidate.name === operation.policy);
  if (policy === undefined || !policy.conditions.some((condition) => condition.kind === 'idleFor')) return null;
  const snapshot = await work.store.loadSnapshot(operation.account);
  const tracked = snapshot?.instances.find((candidate) => candidate.instance.id === operation.instanceId);
  if (tracked === undefined) return null;
  const activity = await standing.observer.look(tracked, standing.labels(tracked.instance), signal);
  return activity?.kind === 'active' ? 'activity' : null;
}

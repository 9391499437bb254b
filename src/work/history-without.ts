import type { History } from '../decide/world.ts';
import type { Operation } from '../fleet/operation.ts';

/** The history as it was before this operation: for asking again whether it is due, just before it is carried out. */
export function historyWithout(history: History, operation: Operation): History {
  const mine = (policy: string, target: string): boolean =>
    policy === operation.policy && target === operation.instance;
  return {
    step: (policy, target, occurrence, step) =>
      mine(policy, target) && occurrence === operation.occurrence && step === operation.step
        ? 'none'
        : history.step(policy, target, occurrence, step),
    // The cooldown was asked for when it was armed; what stands there now is this operation itself. A later step of a list
    // goes on from the one before it.
    lastActedAt: (policy, target) =>
      mine(policy, target) && operation.step === 0 ? null : history.lastActedAt(policy, target),
    latestOccurrence: (policy, target) => history.latestOccurrence?.(policy, target) ?? null,
    actedAt: (policy, account) => {
      const times = history.actedAt(policy, account);
      return policy === operation.policy ? withoutOne(times, operation.createdAt) : times;
    },
    open: (instance) => (instance === operation.instance ? 'none' : history.open(instance)),
    lastRenewedAt: (instance) => history.lastRenewedAt(instance),
    // Its notice was over when it was armed, and was tidied away then.
    notice: (policy, instance, occurrence) =>
      mine(policy, instance) && occurrence === operation.occurrence
        ? { policy, instance, occurrence, announcedAt: 0, deadlineAt: operation.createdAt, delivered: true }
        : history.notice(policy, instance, occurrence),
    notices: (account) => history.notices(account),
    armedFor: (policy, instance) => (mine(policy, instance) ? operation.occurrence : null),
    obligations: (account) => history.obligations(account),
    policySince: (policy) => history.policySince(policy),
    lowBalance: (policy, account) => history.lowBalance(policy, account),
    // With what it meant by then it was armed; only what it has come to mean since makes idleness begin anew.
    policyEditedAt: (policy) => {
      const at = history.policyEditedAt?.(policy) ?? null;
      return at !== null && at > operation.createdAt ? at : null;
    },
    heldUntil: (instance) => history.heldUntil?.(instance) ?? null,
    restarts: (instance) => history.restarts?.(instance) ?? null,
  };
}

/** Takes one entry of that time out, where there is one. */
export function withoutOne(times: readonly number[], at: number): readonly number[] {
  const index = times.indexOf(at);
  return index === -1 ? times : [...times.slice(0, index), ...times.slice(index + 1)];
}

import type { InstanceKey } from '../fleet/instance.ts';
import type { History } from './world.ts';

/**
 * The histories of several accounts as one: whatever is asked about an account, or an instance of it, is answered by its
 * own. What is asked about a policy as such is the same in all.
 */
export function historyOfAll(byAccount: ReadonlyMap<string, History>): History {
  const [any] = byAccount.values();
  if (any === undefined) throw new Error('no history to ask; a bug of ours');
  // A target is an account or an instance of one.
  const of = (target: string) => byAccount.get(target.split('/', 1)[0] ?? '') ?? any;
  return {
    step: (policy, target, occurrence, step) => of(target).step(policy, target, occurrence, step),
    latestOccurrence: (policy, target) => of(target).latestOccurrence?.(policy, target) ?? null,
    lastActedAt: (policy, target) => of(target).lastActedAt(policy, target),
    actedAt: (policy, account) => of(account).actedAt(policy, account),
    open: (instance) => of(instance).open(instance),
    lastRenewedAt: (instance) => of(instance).lastRenewedAt(instance),
    notice: (policy, instance, occurrence) => of(instance).notice(policy, instance, occurrence),
    notices: (account) => of(account).notices(account),
    obligations: (account) => of(account).obligations(account),
    policySince: (policy) => any.policySince(policy),
    lowBalance: (policy, account) => of(account).lowBalance(policy, account),
    policyEditedAt: (policy) => any.policyEditedAt?.(policy) ?? null,
    watchBeganAt: () => any.watchBeganAt?.() ?? null,
    heldUntil: (instance: InstanceKey) => of(instance).heldUntil?.(instance) ?? null,
    restarts: (instance) => of(instance).restarts?.(instance) ?? null,
  };
}

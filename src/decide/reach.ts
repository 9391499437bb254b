import { actionClass, interrupts } from '../fleet/action.ts';
import type { Policy } from '../policy/policy.ts';
import type { AccountView } from './world.ts';

/**
 * What policies may do to whom: one text per (action, instance) of an enforced policy that interrupts, costs or destroys.
 * Conditions are left out: reach is what a policy may come to do, not what is due now.
 */
export function reachOf(
  policies: readonly Policy[],
  accounts: readonly Pick<AccountView, 'name' | 'provider' | 'instances'>[],
): ReadonlySet<string> {
  const reach = new Set<string>();
  for (const policy of policies) {
    if (!policy.enabled || policy.mode !== 'enforce') continue;
    for (const account of accounts) {
      if (!policy.match.account(account)) continue;
      const actions = policy.steps
        .map((step) => step.kind)
        .filter((kind) => interrupts(kind, account.provider) || actionClass(kind) !== 'reversible');
      const serious = actions.filter((kind) => kind !== 'notify');
      if (serious.length === 0) continue;
      for (const view of account.instances) {
        if (!policy.match.instanceWhateverStatus(view.tracked.instance, view.labels)) continue;
        for (const action of serious) reach.add(`${action} ${view.key}`);
      }
    }
  }
  return reach;
}

/** What the new policies may do that the old ones might not. */
export function widened(before: ReadonlySet<string>, after: ReadonlySet<string>): readonly string[] {
  return [...after].filter((entry) => !before.has(entry)).sort();
}

import type { Instance } from '../fleet/instance.ts';
import type { Labels } from '../fleet/label.ts';
import type { RenewalDue } from '../fleet/renewal-due.ts';
import type { Policy } from '../policy/policy.ts';

/** Tells of an instance which policies would renew it, and from when on; its labels are asked for only where they matter. */
export type RenewalsOf = (instance: Instance, labels: (instance: Instance) => Labels) => readonly RenewalDue[];

/**
 * The policies that renew before the end, one entry each. Whether the rest of their conditions holds by then is not
 * asked: whoever watches that renewals happen wants to hear of it when one of these keeps them from happening.
 */
export function renewalsBy(policies: readonly Policy[]): RenewalsOf {
  const renewing = policies.flatMap((policy) => {
    const within = policy.conditions.find(({ kind }) => kind === 'expiresWithin');
    const renew = policy.steps.find(({ kind }) => kind === 'renew');
    if (!policy.enabled || within?.kind !== 'expiresWithin' || renew?.kind !== 'renew') return [];
    return [{ policy, withinMs: within.ms, periods: renew.periods }];
  });
  return (instance, labels) => {
    const { account, provider, billing, expiresAt } = instance;
    if (expiresAt === null || (billing !== 'daily' && billing !== 'monthly')) return [];
    return renewing.flatMap(({ policy, withinMs, periods }) => {
      const { match, name, mode } = policy;
      if (periods[billing] === null || !match.account({ name: account, provider })) return [];
      if (!match.instance(instance, labels(instance))) return [];
      return [{ policy: name, mode, dueAt: expiresAt - withinMs }];
    });
  };
}

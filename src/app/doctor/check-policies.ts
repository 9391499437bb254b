import type { Account } from '../../fleet/account.ts';
import type { Instance } from '../../fleet/instance.ts';
import type { Labels } from '../../fleet/label.ts';
import type { Policy } from '../../policy/policy.ts';
import { counted } from './check-clouds.ts';
import { type Finding, findingsOf } from './finding.ts';

const { ok, warning } = findingsOf('policies');

export interface Listed {
  readonly accounts: readonly Account[];
  /** Of the accounts that could be read. */
  readonly instances: readonly Instance[];
  /** Were all accounts read? Else that nothing matches says little. */
  readonly all: boolean;
  readonly labels: (instance: Instance) => Labels;
  /** Is there a rule under `activity` for it? */
  readonly isWatched: (instance: Instance) => boolean;
}

/** What each policy reaches of what is listed now: one that never matches does nothing, and nobody notices. */
export function checkPolicies(policies: readonly Policy[], listed: Listed): readonly Finding[] {
  const enforced = policies.filter(({ enabled, mode }) => enabled && mode === 'enforce').length;
  const observed = policies.filter(({ enabled, mode }) => enabled && mode === 'observe').length;
  const off = policies.length - enforced - observed;
  const summary = `${enforced} enforced, ${observed} only observed${off === 0 ? '' : `, ${off} switched off`}`;
  return [ok('in force', summary), ...policies.filter(({ enabled }) => enabled).map((policy) => about(policy, listed))];
}

function about(policy: Policy, { accounts, instances, all, labels, isWatched }: Listed): Finding {
  if (policy.scope === 'account') {
    const reached = accounts.filter((account) => policy.match.account(account)).length;
    return ok(policy.name, `about ${counted(reached, 'account')}`);
  }
  const matched = instances.filter((instance) => policy.match.instanceWhateverStatus(instance, labels(instance)));
  if (matched.length === 0) {
    if (!all) return ok(policy.name, 'reaches nothing on the accounts that could be read');
    return warning(
      policy.name,
      `matches none of the ${counted(instances.length, 'instance')} that are there now (${policy.match.text})`,
      'compare names and labels: `lamplighter instances` shows them; labels are given in the configuration',
    );
  }
  const blind = matched.filter((instance) => !isWatched(instance)).length;
  if (policy.conditions.some(({ kind }) => kind === 'idleFor') && blind > 0)
    return warning(
      policy.name,
      `asks since when machines are idle, and ${blind} of the ${matched.length} that it reaches have no probe, so it never acts on these`,
      'add an entry under `activity` in the configuration: docs/probes.md',
    );
  return ok(policy.name, `reaches ${counted(matched.length, 'instance')}`);
}

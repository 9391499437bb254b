import type { InstanceKey } from '../fleet/instance.ts';
import type { Policy } from '../policy/policy.ts';
import type { ComingDecision } from './forecast.ts';
import type { AccountView } from './world.ts';

/** `moved`: it means the same and stands elsewhere among the others, which decides who wins. */
export type PolicyChangeKind = 'added' | 'removed' | 'changed' | 'moved' | 'same';

/** What becomes of one policy from one set to another. */
export interface PolicyChange {
  readonly policy: string;
  readonly kind: PolicyChangeKind;
  /** Instances that it is about now and was not, and the other way round, whatever their status. */
  readonly gained: readonly InstanceKey[];
  readonly lost: readonly InstanceKey[];
  /** Acts, messages and announcements that come with the new set only, and with the old one only. */
  readonly added: readonly ComingDecision[];
  readonly gone: readonly ComingDecision[];
}

/** One set of policies, with what it would do in the same time on the same fleet. */
export interface PolicyVersion {
  readonly policies: readonly Policy[];
  readonly coming: readonly ComingDecision[];
}

/** Policy by policy, in the order of the new set, with those that are gone at the end. */
export function policyDiff(
  before: PolicyVersion,
  after: PolicyVersion,
  accounts: readonly AccountView[],
): readonly PolicyChange[] {
  const names = [...new Set([...after.policies, ...before.policies].map(({ name }) => name))];
  const decisions = [before, after].map(({ coming }) => byPolicy(coming));
  const places = placesOf(before.policies, after.policies);
  return names.map((policy): PolicyChange => {
    const old = before.policies.find(({ name }) => name === policy);
    const young = after.policies.find(({ name }) => name === policy);
    const [was = new Set<InstanceKey>(), is = new Set<InstanceKey>()] = [old, young].map((each) =>
      meant(each, accounts),
    );
    const [then = new Map(), now = new Map()] = decisions.map((each) => each.get(policy) ?? new Map());
    return {
      policy,
      kind: kindOf(old, young, places.has(policy)),
      gained: [...is].filter((key) => !was.has(key)),
      lost: [...was].filter((key) => !is.has(key)),
      added: [...now].filter(([key]) => !then.has(key)).map(([, decision]) => decision),
      gone: [...then].filter(([key]) => !now.has(key)).map(([, decision]) => decision),
    };
  });
}

function kindOf(old: Policy | undefined, young: Policy | undefined, isMoved: boolean): PolicyChangeKind {
  if (old === undefined) return 'added';
  if (young === undefined) return 'removed';
  if (old.hash !== young.hash) return 'changed';
  return isMoved ? 'moved' : 'same';
}

/** Those that stand in another order among the ones that both sets have. */
function placesOf(before: readonly Policy[], after: readonly Policy[]): ReadonlySet<string> {
  const common = (one: readonly Policy[], other: readonly Policy[]) =>
    one.map(({ name }) => name).filter((name) => other.some((each) => each.name === name));
  const old = common(before, after);
  return new Set(common(after, before).filter((name, place) => old[place] !== name));
}

function meant(policy: Policy | undefined, accounts: readonly AccountView[]): ReadonlySet<InstanceKey> {
  if (policy === undefined || !policy.enabled) return new Set();
  return new Set(
    accounts
      .filter((account) => policy.match.account(account))
      .flatMap(({ instances }) => instances)
      .filter(({ tracked, labels }) => policy.match.instanceWhateverStatus(tracked.instance, labels))
      .map(({ key }) => key),
  );
}

/** What is kept from being done is no difference: it is told where it is decided. */
function byPolicy(coming: readonly ComingDecision[]): ReadonlyMap<string, ReadonlyMap<string, ComingDecision>> {
  const map = new Map<string, Map<string, ComingDecision>>();
  for (const decision of coming) {
    if (decision.kind === 'kept') continue;
    const { policy, kind, at, account, instance, action } = decision;
    const here = map.get(policy) ?? new Map<string, ComingDecision>();
    here.set([kind, at, instance ?? account, action].join('\u0000'), decision);
    map.set(policy, here);
  }
  return map;
}

import type { Account } from '../fleet/account.ts';
import { type Action, actionClass, interrupts, needsClearView } from '../fleet/action.ts';
import { type Instance, instanceKey } from '../fleet/instance.ts';
import { isProtected, type Labels } from '../fleet/label.ts';
import { defaultMax, share } from '../policy/allowance.ts';
import type { Policy, Step } from '../policy/policy.ts';

/** An account as it is configured, with what it was last seen to have; `null`: never listed, so it may have anything. */
export interface ReachAccount {
  readonly account: Account;
  readonly instances: readonly { readonly instance: Instance; readonly labels: Labels }[] | null;
}

/** How much at most; no bound is infinity. */
type Bounds = Readonly<Record<string, number>>;

/** What may be done to whom (`stop hxy/gpu-1`, `pay hxy`), and within which bounds. */
export type Reach = ReadonlyMap<string, Bounds>;

/**
 * What policies may do: one entry per action and instance for enforced policies that interrupt, cost or destroy, and one
 * per account for its money. Conditions are left out: reach is what a policy may come to do, not what is due now.
 */
export function reachOf(policies: readonly Policy[], accounts: readonly ReachAccount[]): Reach {
  const reach = new Map<string, Bounds>();
  for (const { account } of accounts) {
    if (account.spendLimit !== null) {
      const { perDayFen, callsPerDay } = account.spendLimit;
      reach.set(`pay ${account.name}`, { 'fen a day': bound(perDayFen), 'calls a day': bound(callsPerDay) });
    }
  }
  for (const policy of policies) {
    if (!policy.enabled || policy.mode !== 'enforce') continue;
    for (const each of accounts) addPolicy(reach, policy, each);
  }
  return reach;
}

function addPolicy(reach: Map<string, Bounds>, policy: Policy, { account, instances }: ReachAccount): void {
  if (!policy.match.account(account)) return;
  const { provider } = account;
  for (const step of policy.steps) {
    const { kind } = step;
    if (kind === 'notify' || !account.actions.includes(kind)) continue;
    if (!interrupts(kind, provider) && actionClass(kind) === 'reversible') continue;
    const bounds = boundsOf(policy, step, account, instances?.length ?? 0);
    if (instances === null) add(reach, `${kind} ${account.name}/*`, bounds);
    for (const { instance, labels } of instances ?? []) {
      if (!policy.match.instanceWhateverStatus(instance, labels)) continue;
      if (isKeptOff(kind, instance, labels)) continue;
      add(reach, `${kind} ${instanceKey(instance)}`, bounds);
    }
  }
}

function isKeptOff(action: Action, { provider }: Instance, labels: Labels): boolean {
  return isProtected(labels) && needsClearView(action, provider);
}

function boundsOf(policy: Policy, step: Step, { provider }: Account, size: number): Bounds {
  const { limits } = policy;
  const usual = step.kind !== 'notify' && interrupts(step.kind, provider) ? defaultMax(size) : null;
  const percent = limits?.percent ?? null;
  const aMinute = limits === null ? usual : percent === null ? null : share(percent, size);
  const periods = step.kind === 'renew' ? Math.max(step.periods.daily ?? 0, step.periods.monthly ?? 0) : 0;
  return {
    'a pass': bound(limits?.perPass ?? null),
    'an hour': bound(limits?.perHour ?? null),
    'a minute': bound(aMinute),
    periods,
  };
}

function bound(most: number | null): number {
  return most ?? Number.POSITIVE_INFINITY;
}

/** Several policies may reach the same: what counts is how far the farthest goes. */
function add(reach: Map<string, Bounds>, entry: string, bounds: Bounds): void {
  const known = reach.get(entry) ?? {};
  reach.set(
    entry,
    Object.fromEntries(Object.entries(bounds).map(([key, most]) => [key, Math.max(most, known[key] ?? 0)])),
  );
}

/** What the new ones may do that the old ones might not, or not as much, in words, sorted. */
export function widened(before: Reach, after: Reach): readonly string[] {
  return [...after]
    .flatMap(([entry, bounds]) => {
      const old = before.get(entry);
      if (old === undefined) return [entry];
      const looser = Object.entries(bounds).filter(([key, most]) => most > (old[key] ?? 0));
      const words = looser.map(([key, most]) => `${shown(old[key] ?? 0)} ${key} become ${shown(most)}`);
      return words.length === 0 ? [] : [`${entry} (${words.join(', ')})`];
    })
    .sort();
}

function shown(most: number): string {
  return Number.isFinite(most) ? String(most) : 'any number';
}

import { interrupts } from '../fleet/action.ts';
import type { ProviderKind } from '../fleet/provider-kind.ts';
import { DEFAULT_PERCENT, defaultMax, share } from '../policy/allowance.ts';
import type { Policy } from '../policy/policy.ts';
import type { Cap } from './decision.ts';
import type { CloudPolicyAction, Due, No } from './due.ts';
import { actsOfPolicy, type Pass, ROLLING_MS } from './pass.ts';

const HOUR_MS = 3_600_000;
/** For a key under which is counted but nothing is refused. */
const NO_BOUND = Number.MAX_SAFE_INTEGER;

/** Interruptions of an account are counted under one key whoever caused them. */
export function interruptKey(account: string): string {
  return `account:${account}:interrupt`;
}

/**
 * What the ledger is to hold again when it arms the act, since several replicas may decide at once. `perPass` is not
 * among them: a pass is one replica's.
 */
export function capsOf(due: Due, action: CloudPolicyAction): readonly Cap[] {
  const { policy } = due.standing;
  const { view, size } = due.account;
  const caps: Cap[] = [];
  const interrupting = interrupts(action, view.provider);
  const percent = policy.limits?.percent ?? null;
  if (interrupting) {
    const max = policy.limits === null ? defaultMax(size) : percent === null ? NO_BOUND : share(percent, size);
    caps.push({ key: interruptKey(view.name), reason: 'limit-percent', windowMs: ROLLING_MS, max });
  } else if (percent !== null) {
    const key = `policy:${policy.name}:${view.name}:minute`;
    caps.push({ key, reason: 'limit-percent', windowMs: ROLLING_MS, max: share(percent, size) });
  }
  const perHour = policy.limits?.perHour ?? null;
  if (perHour !== null) {
    caps.push({ key: `policy:${policy.name}:hour`, reason: 'limit-per-hour', windowMs: HOUR_MS, max: perHour });
  }
  return caps;
}

/** Do the policy's limits ask what it armed lately on such an account? What interrupts in a minute is counted elsewhere. */
export function asksArmed({ limits, steps }: Pick<Policy, 'limits' | 'steps'>, provider: ProviderKind): boolean {
  if (limits === null) return false;
  return limits.perHour !== null || (limits.percent !== null && steps.some(({ kind }) => !interrupts(kind, provider)));
}

/** Is there room for one more act of this kind? */
export function limitGuard(due: Due, action: CloudPolicyAction): No | null {
  const { pass, account, standing } = due;
  const { policy } = standing;
  const { view, size } = account;
  const interrupting = interrupts(action, view.provider);
  const percent = policy.limits === null ? (interrupting ? DEFAULT_PERCENT : null) : policy.limits.percent;
  if (percent !== null) {
    if (view.trust !== 'good') {
      return {
        reason: 'limit-percent',
        detail: { kind: 'percent-unknown', percent, account: view.name, trust: view.trust },
      };
    }
    const max = policy.limits === null ? defaultMax(size) : share(percent, size);
    const used = interrupting ? account.interrupted : within(due, ROLLING_MS, view.name);
    if (!(used < max)) {
      return { reason: 'limit-percent', detail: { kind: 'full-minute', used, most: max, account: view.name } };
    }
  }
  const perPass = policy.limits?.perPass ?? null;
  const inPass = actsOfPolicy(pass, policy.name);
  if (perPass !== null && !(inPass < perPass)) {
    return { reason: 'limit-per-pass', detail: { kind: 'full-pass', used: inPass, most: perPass } };
  }
  const perHour = policy.limits?.perHour ?? null;
  if (perHour !== null) {
    const used = within(due, HOUR_MS, null);
    if (!(used < perHour)) return { reason: 'limit-per-hour', detail: { kind: 'full-hour', used, most: perHour } };
  }
  return null;
}

/** Acts of the policy in the last `windowMs` and in this pass; on one account, or on all that this pass sees. */
function within(due: Due, windowMs: number, account: string | null): number {
  const { name } = due.standing.policy;
  // Acts of this pass elsewhere count for one account too: seldom, and on the safe side.
  return before(due.pass, name, windowMs, account) + actsOfPolicy(due.pass, name);
}

/** The past does not change during a pass, and with many due instances it would be counted as often. */
function before(pass: Pass, policy: string, windowMs: number, account: string | null): number {
  const key = `${policy}\u0000${windowMs}\u0000${account ?? ''}`;
  const known = pass.past.get(key);
  if (known !== undefined) return known;
  let count = 0;
  for (const view of pass.world.accounts) {
    if (account !== null && view.name !== account) continue;
    for (const at of pass.world.history.actedAt(policy, view.name)) if (!(at <= pass.now - windowMs)) count += 1;
  }
  pass.past.set(key, count);
  return count;
}

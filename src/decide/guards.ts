import { actionClass, hasBalance, hasExpiry, interrupts, needsClearView, offers } from '../fleet/action.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import type { Hold } from '../fleet/hold.ts';
import { isProtected } from '../fleet/label.ts';
import type { Policy } from '../policy/policy.ts';
import { callOf, isCall } from './calls.ts';
import type { CloudPolicyAction, Due, No } from './due.ts';
import { LEASH_LASTS_MS, leashMs } from './leash.ts';
import { directionOf } from './readiness.ts';
import { HALF_UNIT_MS } from './spending.ts';
import type { InstanceView, World } from './world.ts';

/** Says no with a reason, or `null`. A guard that cannot be computed says no. */
type Guard = (due: Due, action: CloudPolicyAction) => No | null;

/** What is asked before the occurrence matters, in the order in which it is told. */
const GUARDS: readonly Guard[] = [
  paused,
  notSupported,
  notAllowed,
  anothersAccount,
  untrusted,
  unknownStatus,
  impossible,
  guarded,
  held,
  savingImage,
  classFrozen,
  breakerOpen,
  tooYoung,
  unknownActivity,
  openOperation,
  renewedLately,
  justRenewed,
  coolingDown,
  opposed,
];

export function firstNo(due: Due, action: CloudPolicyAction): No | null {
  for (const guard of GUARDS) {
    const no = guard(due, action);
    if (no !== null) return no;
  }
  return null;
}

function paused(due: Due): No | null {
  return due.pass.world.paused ? { reason: 'paused', detail: { kind: 'all-paused' } } : null;
}

function notSupported(due: Due, action: CloudPolicyAction): No | null {
  const { provider } = due.account.view;
  if (!offers(provider, action))
    return { reason: 'not-supported', detail: { kind: 'no-such-action', provider, action } };
  if (due.verdict === 'not-supported') return { reason: 'not-supported', detail: missingFact(due) };
  const { billing, provider: cloud } = due.view.tracked.instance;
  if (action === 'destroy' && cloud === 'huixingyun' && billing !== 'hourly' && billing !== 'unknown') {
    // 慧星云 API doc, 销毁实例.
    return { reason: 'not-supported', detail: { kind: 'cannot-destroy', billing } };
  }
  return null;
}

/** What a condition is about and this cloud does not tell. */
export function missingFact(due: Pick<Due, 'account' | 'standing'>): Detail {
  const { provider } = due.account.view;
  const wantsExpiry = due.standing.policy.conditions.some((condition) => condition.kind === 'expiresWithin');
  if (wantsExpiry && !hasExpiry(provider)) return { kind: 'expiry-untold', provider };
  return { kind: hasBalance(provider) ? 'untold' : 'balance-untold', provider };
}

function notAllowed(due: Due, action: CloudPolicyAction): No | null {
  const { allowed, name } = due.account.view;
  return allowed.has(action)
    ? null
    : { reason: 'not-allowed', detail: { kind: 'action-unlisted', account: name, action } };
}

function anothersAccount(due: Due): No | null {
  const { foreign = null } = due.account.view;
  return foreign === null ? null : { reason: 'frozen', detail: foreign };
}

/** What interrupts needs the whole listing; the rest only its own row, from a listing that is not stale. */
function untrusted(due: Due, action: CloudPolicyAction): No | null {
  const { trust, takenAt, provider, name } = due.account.view;
  if (due.verdict === 'unknown-balance')
    return { reason: 'stale-snapshot', detail: { kind: 'balance-unknown', account: name } };
  if (trust !== 'stale-snapshot' && (trust === 'good' || !needsClearView(action, provider))) return null;
  return { reason: trust, detail: untrustedDetail(due, trust, takenAt) };
}

export function untrustedDetail(due: Pick<Due, 'account'>, trust: string, takenAt: number | null): Detail {
  return { kind: 'listing-untrusted', account: due.account.view.name, trust, takenAt };
}

/** Of a machine that the last listing did not show, which proves nothing yet. */
export const MISSING: Detail = { kind: 'missing' };

function unknownStatus(due: Due): No | null {
  const { status, rawStatus, problems, billing, rawBilling } = due.view.tracked.instance;
  const no = (detail: Detail): No => ({ reason: 'unknown-status', detail });
  if ((due.view.tracked.missing ?? 0) > 0) return no(MISSING);
  if (problems.length > 0) return no({ kind: 'row-unreadable', problems });
  if (status === 'unknown') return no({ kind: 'status-unknown', raw: rawStatus });
  if (due.verdict === 'unknown-status') return no({ kind: 'end-untold' });
  const billingMatters = due.step.kind === 'destroy' && due.account.view.provider === 'huixingyun';
  if (billingMatters && billing === 'unknown') return no({ kind: 'billing-unknown', raw: rawBilling });
  return null;
}

/** What the instance's way of paying rules out. */
function impossible(due: Due): No | null {
  if (due.step.kind !== 'renew' && due.step.kind !== 'lengthen') return null;
  const call = callOf(due.step, due.view, due.pass.now, due.standing.policy.timezone);
  return isCall(call) ? null : call;
}

function guarded(due: Due, action: CloudPolicyAction): No | null {
  if (!isProtected(due.view.labels) || !isKeptOff(due, action)) return null;
  return { reason: 'protected', detail: { kind: 'protected' } };
}

function held(due: Due, action: CloudPolicyAction): No | null {
  const hold = due.pass.world.holds.get(due.view.key);
  // `!(…)`: a hold whose end cannot be read holds.
  if (hold === undefined || hold.until <= due.pass.now || !isKeptOff(due, action)) return null;
  return { reason: 'hold', detail: heldDetail(hold) };
}

export function heldDetail({ owner, until, reason }: Pick<Hold, 'owner' | 'until' | 'reason'>): Detail {
  return { kind: 'held', owner, until: Number.isFinite(until) ? until : null, why: reason };
}

/** What a hold or protection keeps off: what interrupts, destroys or creates, and a start. */
function isKeptOff(due: Due, action: CloudPolicyAction): boolean {
  return needsClearView(action, due.account.view.provider) || actionClass(action) === 'destructive';
}

function savingImage(due: Due): No | null {
  if (!due.view.tracked.instance.savingImage) return null;
  return { reason: 'open-operation', detail: { kind: 'saving-image' } };
}

function classFrozen(due: Due, action: CloudPolicyAction): No | null {
  const { paidWork, paidWorkOff = null, reversibleOff = null, name } = due.account.view;
  if (actionClass(action) === 'reversible') {
    return reversibleOff === null ? null : { reason: 'frozen', detail: { kind: 'reversible-off', why: reversibleOff } };
  }
  if (paidWork === 'open') return null;
  if (paidWork === 'breaker') return { reason: 'breaker', detail: { kind: 'paid-off-unclear', account: name } };
  return {
    reason: 'frozen',
    detail:
      paidWorkOff === null
        ? { kind: 'paid-off-ledger', account: name }
        : { kind: 'paid-off', account: name, why: paidWorkOff },
  };
}

function breakerOpen(due: Due): No | null {
  const { breakerOpen: open, name } = due.account.view;
  return open ? { reason: 'breaker', detail: { kind: 'credentials-refused', account: name } } : null;
}

function tooYoung(due: Due, action: CloudPolicyAction): No | null {
  const { upSince, instance } = due.view.tracked;
  if (!due.standing.idle || !interrupts(action, instance.provider)) return null;
  const { ms, restarts } = leashOf(due.standing.policy, due.view, due.pass.world);
  if (ms <= 0) return null;
  if (upSince === null) return { reason: 'minimum-uptime', detail: { kind: 'up-since-unknown' } };
  if (due.pass.now - upSince >= ms) return null;
  return { reason: 'minimum-uptime', detail: { kind: 'up-too-short', upSince, leastMs: ms, restarts } };
}

/** How long the policy leaves the instance alone after its start, and after how many restarts. */
export function leashOf(
  policy: Pick<Policy, 'conditions' | 'minimumUptimeMs'>,
  view: InstanceView,
  world: World,
): { readonly ms: number; readonly restarts: number } {
  const known = world.history.restarts?.(view.key) ?? null;
  const restarts = known !== null && world.now - known.lastAt <= LEASH_LASTS_MS ? known.count : 0;
  const idle = policy.conditions.find((condition) => condition.kind === 'idleFor');
  const idleForMs = idle?.kind === 'idleFor' ? idle.ms : 0;
  return { ms: leashMs(policy.minimumUptimeMs, idleForMs, restarts), restarts };
}

function unknownActivity(due: Due): No | null {
  return due.verdict === 'unknown-activity' ? { reason: 'unknown-activity', detail: activityDetail(due) } : null;
}

const HOLES_TOLD_MS = 3_600_000;

export function activityDetail(due: Pick<Due, 'view' | 'pass'>): Detail {
  const { activity } = due.view;
  if (activity === null) return { kind: 'no-probe' };
  if (activity.kind === 'unknown') {
    return { kind: 'activity-unknown', reason: activity.reason, why: activity.detail ?? null };
  }
  if (activity.kind === 'not-applicable') return { kind: 'not-judged' };
  const holes =
    activity.kind === 'idle' ? activity.watched.holes.filter(({ at }) => at >= due.pass.now - HOLES_TOLD_MS) : [];
  if (activity.kind === 'idle' && holes.length > 0 && due.pass.now - activity.at <= due.pass.evidenceMaxAgeMs) {
    return { kind: 'too-many-holes', holes: holes.length, withinMs: HOLES_TOLD_MS };
  }
  const ageMs = due.pass.now - activity.at;
  return Number.isFinite(ageMs) ? { kind: 'read-ago', agoMs: ageMs } : { kind: 'read-unknown' };
}

function openOperation(due: Due, action: CloudPolicyAction): No | null {
  const { account, pass, view } = due;
  if (account.taken.has(view.key)) {
    return { reason: 'open-operation', detail: { kind: 'taken-in-pass' } };
  }
  const open = pass.world.history.open(view.key);
  if (open === 'none') return null;
  if (open === 'paid' && actionClass(action) === 'reversible') return null;
  return { reason: 'open-operation', detail: { kind: 'operation-open' } };
}

function renewedLately(due: Due, action: CloudPolicyAction): No | null {
  if (action !== 'renew') return null;
  const { billing } = due.view.tracked.instance;
  const renewedAt = due.pass.world.history.lastRenewedAt(due.view.key);
  if (renewedAt === null || (billing !== 'daily' && billing !== 'monthly')) return null;
  if (due.pass.now - renewedAt >= HALF_UNIT_MS[billing]) return null;
  return { reason: 'cooldown', detail: { kind: 'renewed-half-unit', at: renewedAt } };
}

/** Somebody has just paid for it, and means to go on; the listing may not even show it yet. */
export const AFTER_RENEWAL_MS = 10 * 60_000;

function justRenewed(due: Due, action: CloudPolicyAction): No | null {
  if (!due.standing.idle || !interrupts(action, due.view.tracked.instance.provider)) return null;
  const renewedAt = due.pass.world.history.lastRenewedAt(due.view.key);
  if (renewedAt === null || due.pass.now - renewedAt >= AFTER_RENEWAL_MS) return null;
  return { reason: 'cooldown', detail: { kind: 'renewed-lately', at: renewedAt, withinMs: AFTER_RENEWAL_MS } };
}

function coolingDown(due: Due): No | null {
  const { cooldownMs, name } = due.standing.policy;
  // The later steps of a list belong to the same act.
  if (cooldownMs <= 0 || due.stepIndex > 0) return null;
  return cooldownGuard(due.pass.world.history.lastActedAt(name, due.view.key), cooldownMs, due.pass.now);
}

export function cooldownGuard(actedAt: number | null, cooldownMs: number, now: number): No | null {
  if (actedAt === null || now - actedAt >= cooldownMs) return null;
  return { reason: 'cooldown', detail: { kind: 'acted-lately', at: actedAt, withinMs: cooldownMs } };
}

function opposed(due: Due, action: CloudPolicyAction): No | null {
  const direction = directionOf(due.step.kind);
  if (direction === null) return null;
  // Said before it is known whether this act will go through: what a notice or a limit delays is wanted all the same.
  if (due.standing.enforcing) due.account.want(due.place, due.standing, direction);
  const by = due.account.opposed(due.place, direction);
  if (by === null) return null;
  const policy = due.pass.standings[by]?.policy.name ?? null;
  return { reason: 'conflict', detail: { kind: 'opposed', policy, action } };
}

import { formatDuration } from '../calendar/duration.ts';
import { actionClass, hasBalance, hasExpiry, interrupts, needsClearView, offers } from '../fleet/action.ts';
import { isProtected } from '../fleet/label.ts';
import type { Policy } from '../policy/policy.ts';
import { callOf, isCall } from './calls.ts';
import type { CloudPolicyAction, Due, No } from './due.ts';
import { LEASH_LASTS_MS, leashMs } from './leash.ts';
import { directionOf } from './readiness.ts';
import { HALF_UNIT_MS } from './spending.ts';
import { localText } from './time-text.ts';
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
  return due.pass.world.paused ? { reason: 'paused', detail: 'all acting is paused' } : null;
}

function notSupported(due: Due, action: CloudPolicyAction): No | null {
  const { provider } = due.account.view;
  if (!offers(provider, action)) return { reason: 'not-supported', detail: `${provider} has no ${action}` };
  if (due.verdict === 'not-supported') return { reason: 'not-supported', detail: missingFact(due) };
  const { billing, provider: cloud } = due.view.tracked.instance;
  if (action === 'destroy' && cloud === 'huixingyun' && billing !== 'hourly' && billing !== 'unknown') {
    // 慧星云 API doc, 销毁实例.
    return { reason: 'not-supported', detail: `a ${billing} instance cannot be destroyed` };
  }
  return null;
}

/** What a condition is about and this cloud does not tell. */
export function missingFact(due: Pick<Due, 'account' | 'standing'>): string {
  const { provider } = due.account.view;
  const wantsExpiry = due.standing.policy.conditions.some((condition) => condition.kind === 'expiresWithin');
  if (wantsExpiry && !hasExpiry(provider)) return `${provider} does not say when an instance expires`;
  return hasBalance(provider) ? `${provider} does not tell` : `${provider} does not tell the balance`;
}

function notAllowed(due: Due, action: CloudPolicyAction): No | null {
  const { allowed, name } = due.account.view;
  return allowed.has(action)
    ? null
    : { reason: 'not-allowed', detail: `account ${name} does not list ${action} under actions` };
}

function anothersAccount(due: Due): No | null {
  const { foreign = null } = due.account.view;
  return foreign === null ? null : { reason: 'frozen', detail: foreign };
}

/** What interrupts needs the whole listing; the rest only its own row, from a listing that is not stale. */
function untrusted(due: Due, action: CloudPolicyAction): No | null {
  const { trust, takenAt, provider, name } = due.account.view;
  if (due.verdict === 'unknown-balance')
    return { reason: 'stale-snapshot', detail: `the balance of account ${name} is not known` };
  if (trust !== 'stale-snapshot' && (trust === 'good' || !needsClearView(action, provider))) return null;
  return { reason: trust, detail: untrustedDetail(due, trust, takenAt) };
}

export function untrustedDetail(due: Pick<Due, 'account' | 'standing'>, trust: string, takenAt: number | null): string {
  const taken = takenAt === null ? 'never taken' : `of ${localText(takenAt, due.standing.policy.timezone)}`;
  return `the listing of account ${due.account.view.name} is ${trust.replace('-snapshot', '')} (${taken})`;
}

/** Of a machine that the last listing did not show, which proves nothing yet. */
export const MISSING = 'it is missing from the last listing';

function unknownStatus(due: Due): No | null {
  const { status, rawStatus, problems, billing, rawBilling } = due.view.tracked.instance;
  const no = (detail: string): No => ({ reason: 'unknown-status', detail });
  if ((due.view.tracked.missing ?? 0) > 0) return no(MISSING);
  if (problems.length > 0) return no(`its row could not be read: ${problems.join(', ')}`);
  if (status === 'unknown') return no(`its status ${JSON.stringify(rawStatus)} is not known`);
  if (due.verdict === 'unknown-status') return no('it is paid ahead, but the cloud does not say until when');
  const billingMatters = due.step.kind === 'destroy' && due.account.view.provider === 'huixingyun';
  if (billingMatters && billing === 'unknown') return no(`its billing ${JSON.stringify(rawBilling)} is not known`);
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
  return { reason: 'protected', detail: 'it is labelled protect' };
}

function held(due: Due, action: CloudPolicyAction): No | null {
  const hold = due.pass.world.holds.get(due.view.key);
  // `!(…)`: a hold whose end cannot be read holds.
  if (hold === undefined || hold.until <= due.pass.now || !isKeptOff(due, action)) return null;
  const until = localText(hold.until, due.standing.policy.timezone);
  return { reason: 'hold', detail: `held by ${hold.owner} until ${until}: ${hold.reason}` };
}

/** What a hold or protection keeps off: what interrupts, destroys or creates, and a start. */
function isKeptOff(due: Due, action: CloudPolicyAction): boolean {
  return needsClearView(action, due.account.view.provider) || actionClass(action) === 'destructive';
}

function savingImage(due: Due): No | null {
  if (!due.view.tracked.instance.savingImage) return null;
  return { reason: 'open-operation', detail: 'an image of it is being saved' };
}

function classFrozen(due: Due, action: CloudPolicyAction): No | null {
  const { paidWork, paidWorkOff = null, reversibleOff = null, name } = due.account.view;
  if (actionClass(action) === 'reversible') {
    return reversibleOff === null ? null : { reason: 'frozen', detail: `reversible work there is ${reversibleOff}` };
  }
  if (paidWork === 'open') return null;
  const off = `paid and destructive work on account ${name} is off`;
  if (paidWork === 'breaker') return { reason: 'breaker', detail: `${off} after too many unclear answers` };
  return {
    reason: 'frozen',
    detail: paidWorkOff === null ? `${off} until the ledger is reconciled` : `${off}: ${paidWorkOff}`,
  };
}

function breakerOpen(due: Due): No | null {
  const { breakerOpen: open, name } = due.account.view;
  return open ? { reason: 'breaker', detail: `account ${name} refuses our credentials` } : null;
}

function tooYoung(due: Due, action: CloudPolicyAction): No | null {
  const { timezone } = due.standing.policy;
  const { upSince, instance } = due.view.tracked;
  if (!due.standing.idle || !interrupts(action, instance.provider)) return null;
  const { ms, restarts } = leashOf(due.standing.policy, due.view, due.pass.world);
  if (ms <= 0) return null;
  if (upSince === null) return { reason: 'minimum-uptime', detail: 'since when it has been up is not known' };
  if (due.pass.now - upSince >= ms) return null;
  const why = restarts === 0 ? '' : `, and it was started soon after a stop ${restarts} times`;
  const detail = `up since ${localText(upSince, timezone)}, which is less than ${formatDuration(ms)}${why}`;
  return { reason: 'minimum-uptime', detail };
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

export function activityDetail(due: Pick<Due, 'view' | 'pass'>): string {
  const { activity } = due.view;
  if (activity === null) return 'no probe is set up for it';
  if (activity.kind === 'unknown') {
    const cause = activity.detail === undefined ? '' : ` (${activity.detail})`;
    return `its activity cannot be told: ${activity.reason}${cause}`;
  }
  if (activity.kind === 'not-applicable') return 'no probe could judge it';
  const holes =
    activity.kind === 'idle' ? activity.watched.holes.filter(({ at }) => at >= due.pass.now - HOLES_TOLD_MS) : [];
  if (activity.kind === 'idle' && holes.length > 0 && due.pass.now - activity.at <= due.pass.evidenceMaxAgeMs) {
    return `it was not looked at often enough to prove it idle: ${holes.length} holes in the last ${formatDuration(HOLES_TOLD_MS)}`;
  }
  const ageMs = due.pass.now - activity.at;
  return Number.isFinite(ageMs)
    ? `its activity was last read ${formatDuration(ageMs)} ago`
    : 'when its activity was read is not known';
}

function openOperation(due: Due, action: CloudPolicyAction): No | null {
  const { account, pass, view } = due;
  if (account.taken.has(view.key)) {
    return { reason: 'open-operation', detail: 'another operation goes to it in this pass' };
  }
  const open = pass.world.history.open(view.key);
  if (open === 'none') return null;
  if (open === 'paid' && actionClass(action) === 'reversible') return null;
  return { reason: 'open-operation', detail: 'an operation on it is not finished' };
}

function renewedLately(due: Due, action: CloudPolicyAction): No | null {
  if (action !== 'renew') return null;
  const { billing } = due.view.tracked.instance;
  const renewedAt = due.pass.world.history.lastRenewedAt(due.view.key);
  if (renewedAt === null || (billing !== 'daily' && billing !== 'monthly')) return null;
  if (due.pass.now - renewedAt >= HALF_UNIT_MS[billing]) return null;
  const at = localText(renewedAt, due.standing.policy.timezone);
  return { reason: 'cooldown', detail: `renewed at ${at}, less than half a unit ago` };
}

/** Somebody has just paid for it, and means to go on; the listing may not even show it yet. */
export const AFTER_RENEWAL_MS = 10 * 60_000;

function justRenewed(due: Due, action: CloudPolicyAction): No | null {
  if (!due.standing.idle || !interrupts(action, due.view.tracked.instance.provider)) return null;
  const renewedAt = due.pass.world.history.lastRenewedAt(due.view.key);
  if (renewedAt === null || due.pass.now - renewedAt >= AFTER_RENEWAL_MS) return null;
  const at = localText(renewedAt, due.standing.policy.timezone);
  return { reason: 'cooldown', detail: `renewed at ${at}, less than ${formatDuration(AFTER_RENEWAL_MS)} ago` };
}

function coolingDown(due: Due): No | null {
  const { cooldownMs, name, timezone } = due.standing.policy;
  // The later steps of a list belong to the same act.
  if (cooldownMs <= 0 || due.stepIndex > 0) return null;
  return cooldownGuard(due.pass.world.history.lastActedAt(name, due.view.key), cooldownMs, due.pass.now, timezone);
}

export function cooldownGuard(actedAt: number | null, cooldownMs: number, now: number, timezone: string): No | null {
  if (actedAt === null || now - actedAt >= cooldownMs) return null;
  return {
    reason: 'cooldown',
    detail: `acted at ${localText(actedAt, timezone)}, less than ${formatDuration(cooldownMs)} ago`,
  };
}

function opposed(due: Due, action: CloudPolicyAction): No | null {
  const direction = directionOf(due.step.kind);
  if (direction === null) return null;
  // Said before it is known whether this act will go through: what a notice or a limit delays is wanted all the same.
  if (due.standing.enforcing) due.account.want(due.place, due.standing, direction);
  const by = due.account.opposed(due.place, direction);
  if (by === null) return null;
  const other = due.pass.standings[by]?.policy.name ?? 'another policy';
  return { reason: 'conflict', detail: `policy ${other}, which comes first, wants the opposite of ${action}` };
}

import { actionClass } from '../fleet/action.ts';
import type { ActionCall, PrepaidUnit } from '../fleet/action-call.ts';
import { assertNever } from '../fleet/assert-never.ts';
import { type Detail, isSame } from '../fleet/detail/detail.ts';
import type { Instance } from '../fleet/instance.ts';
import type { Operation } from '../fleet/operation.ts';
import type { EscalationReason } from '../fleet/reason.ts';

export { checkAfter, checkAfterFailure } from './check-schedule.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** One look at an operation's instance, after the request. */
export interface Reading {
  /** `null`: a complete answer does not contain it. */
  readonly instance: Instance | null;
  /** When the read began, our clock: a read that began before the request proves nothing. */
  readonly readStartedAt: number;
  readonly complete: boolean;
  /** How far the named image has come; `null`: not asked. */
  readonly savedImage?: 'absent' | 'saving' | 'saved' | 'failed' | null;
  /** How long such an effect has been seen to take there, ms; it only ever lengthens the usual settle time. */
  readonly settleMs?: number | null;
  /** Of a creation: how many machines are listed that may be the one. `instance` is set only where it is one. */
  readonly matches?: number;
}

export type Verdict =
  | { readonly kind: 'confirmed'; readonly reason: 'seen' | 'seen-late' | 'excess'; readonly detail: Detail }
  | { readonly kind: 'waiting'; readonly detail: Detail }
  | { readonly kind: 'escalate'; readonly reason: EscalationReason; readonly detail: Detail }
  | { readonly kind: 'failed'; readonly detail: Detail };

/** A machine that was coming up and is stopped again has failed to start; this tells the later look of the earlier. */
const SAW_STARTING: Detail = { kind: 'status-is', status: 'starting' };
/** As it was written before details had kinds. */
const SAW_STARTING_TEXT = 'it is starting';
const NOT_LISTED: Detail = { kind: 'not-listed' };
/** Absence is believed only when so many looks agree. */
const AGREEING_LOOKS = 3;
/** A cloud may round an expiry; a smaller step is none. */
const EXPIRY_NOISE_MS = MINUTE_MS;
/** A renewal may miss its length by 5 % or ten minutes, whichever is more. */
const SLACK_SHARE = 0.05;
const SLACK_MS = 10 * MINUTE_MS;
/** From this many times the length asked for, it was charged twice. */
const EXCESS = 1.5;
/** An image that is being saved is waited for: large disks take hours. */
const LONGEST_SAVE_MS = 6 * HOUR_MS;
/** A timer set at the cloud comes back rounded to its minute. */
const TIMER_SLACK_MS = 2 * MINUTE_MS;
/** What cannot be looked at is waited for so much longer than what shows nothing: an outage mostly ends by then. */
const UNREAD_MS = HOUR_MS;
/** After this a machine that runs has been through its restart, where the cloud does not show restarts. */
const RESTART_MS = MINUTE_MS;

/** How long an effect may take to show, at least. Only absence waits for it; what is seen counts at once. */
export function settleMs(operation: Pick<Operation, 'action'>): number {
  const reversible = actionClass(operation.action) === 'reversible' && operation.action !== 'snapshot';
  return reversible ? 10 * MINUTE_MS : 15 * MINUTE_MS;
}

/**
 * What one look says of an operation whose request may have left. Pure; the caller writes the transition. Any complete
 * read that began after the request and shows the right change confirms, however late.
 */
export function verify(operation: Operation, reading: Reading, now: number): Verdict {
  const { sendingAt } = operation;
  if (sendingAt === null) return waiting({ kind: 'not-sent-yet' });
  if (!(reading.readStartedAt >= sendingAt)) return waiting({ kind: 'read-too-early' });
  if (!reading.complete) return unread(operation, { kind: 'read-incomplete' }, now, reading.settleMs ?? null);
  const { instance, matches = 0 } = reading;
  if (matches > 1) {
    return { kind: 'escalate', reason: 'odd-change', detail: { kind: 'many-new', count: matches } };
  }
  if (instance === null) return verifyAbsent(operation, reading, now);
  if (isAnother(operation, instance)) {
    return operation.action === 'destroy'
      ? seen(operation, { kind: 'another-machine' })
      : { kind: 'escalate', reason: 'gone', detail: { kind: 'another-machine' } };
  }
  return verifyCall(operation, operation.call, instance, { reading, now });
}

/**
 * What a look that failed says, as a listing does that is not whole: nothing, for a while; then a person is to know, since
 * the cloud may go on like this for ever. `learnedMs`: how long such an effect has been seen to take there.
 */
export function unread(operation: Operation, why: Detail, now: number, learnedMs: number | null): Verdict {
  const longest = operation.call.kind === 'snapshot' ? LONGEST_SAVE_MS : settleMs(operation);
  if (now - baseAt(operation) < Math.max(longest, learnedMs ?? 0) + UNREAD_MS) return waiting(why);
  return { kind: 'escalate', reason: 'not-seen', detail: { kind: 'cannot-tell', why } };
}

/** Is the instance so already that there is nothing left to ask for? */
export function isWantedState(operation: Pick<Operation, 'call'>, instance: Instance): boolean {
  const { call } = operation;
  const { status } = instance;
  switch (call.kind) {
    case 'stop':
    case 'cardless-stop':
      return status === 'stopped' || status === 'stopping';
    case 'start':
      return status === 'running' || status === 'starting';
    case 'lengthen':
      return instance.billing === call.to;
    case 'destroy':
      return status === 'destroyed';
    case 'shutdown-timer':
      return call.at !== null && hasTimer(instance, call.at);
    case 'restart':
    case 'snapshot':
    case 'renew':
    case 'rebuild':
    case 'create':
      return false;
    default:
      return assertNever(call);
  }
}

function verifyCall(operation: Operation, call: ActionCall, instance: Instance, look: Look): Verdict {
  const { reading, now } = look;
  switch (call.kind) {
    case 'stop':
    case 'cardless-stop':
      return verifyStop(operation, instance, reading, now);
    case 'start':
      return verifyStart(operation, instance, reading, now);
    case 'restart':
      return verifyRestart(operation, instance, reading, now);
    case 'snapshot':
      return verifySnapshot(operation, instance, reading, now);
    case 'renew':
      return verifyRenewal(operation, call, instance, look);
    case 'lengthen':
      return verifyLengthened(operation, call.to, instance, reading, now);
    case 'destroy':
      if (instance.status === 'destroyed') return seen(operation, { kind: 'destroyed' });
      return notYet(operation, reading, now, { kind: 'still-listed' });
    case 'rebuild':
      return verifyRebuilt(operation, call.imageId, instance, reading, now);
    case 'create':
      return seen(operation, { kind: 'listed-as', id: instance.id });
    case 'shutdown-timer':
      return verifyTimer(operation, call.at, instance, look);
    default:
      return assertNever(call);
  }
}

function verifyStop(operation: Operation, instance: Instance, reading: Reading, now: number): Verdict {
  if (instance.status === 'stopped') return seen(operation, { kind: 'status-is', status: 'stopped' });
  if (instance.status === 'destroyed') return { kind: 'escalate', reason: 'gone', detail: { kind: 'destroyed' } };
  if (instance.status === 'running' && startedAnew(operation, instance)) {
    return seen(operation, { kind: 'stopped-and-started' });
  }
  return notYet(operation, reading, now, { kind: 'status-is', status: instance.status });
}

function verifyStart(operation: Operation, instance: Instance, reading: Reading, now: number): Verdict {
  if (instance.status === 'running') return seen(operation, { kind: 'status-is', status: 'running' });
  if (instance.status === 'starting') return notYet(operation, reading, now, SAW_STARTING);
  // 晨羽 v2 status 24 falling back to 22: no card was free. Two looks may overtake each other, and one that began before it
  // was seen starting shows it still stopped, not stopped again.
  const wasStarting = operation.transitions.some(
    ({ detail, at }) => showsStarting(detail) && at < reading.readStartedAt,
  );
  if (instance.status === 'stopped' && wasStarting) {
    return { kind: 'failed', detail: { kind: 'start-fell-back' } };
  }
  return notYet(operation, reading, now, { kind: 'status-is', status: instance.status });
}

function showsStarting(detail: Detail): boolean {
  if (detail.kind === 'unseen') return showsStarting(detail.what);
  return detail.kind === 'text' ? detail.text.startsWith(SAW_STARTING_TEXT) : isSame(detail, SAW_STARTING);
}

function verifyRestart(operation: Operation, instance: Instance, reading: Reading, now: number): Verdict {
  if (instance.status !== 'running')
    return notYet(operation, reading, now, { kind: 'status-is', status: instance.status });
  if (startedAnew(operation, instance)) return seen(operation, { kind: 'started-anew' });
  const sentAt = operation.sendingAt ?? now;
  const isOver =
    instance.startedAt === null ? reading.readStartedAt - sentAt >= RESTART_MS : isSettled(operation, reading, now);
  // Not every cloud shows a restart. Where it said yes and the machine runs, that is all there is to see.
  if (wasAccepted(operation) && isOver) return seen(operation, { kind: 'accepted-and-runs' });
  return notYet(operation, reading, now, { kind: 'not-started-anew' });
}

function verifySnapshot(operation: Operation, instance: Instance, reading: Reading, now: number): Verdict {
  const image = reading.savedImage ?? null;
  if (image === 'saved') return seen(operation, { kind: 'image-saved' });
  if (image === 'failed') return { kind: 'failed', detail: { kind: 'image-failed' } };
  const isSaving = image === 'saving' || instance.savingImage;
  if (isSaving && now - baseAt(operation) < LONGEST_SAVE_MS) return waiting({ kind: 'image-saving' });
  if (image === null) return waiting({ kind: 'image-not-asked' });
  return notYet(operation, reading, now, { kind: 'image-absent' });
}

/** What was seen, and when. */
interface Look {
  readonly reading: Reading;
  readonly now: number;
}

function verifyRenewal(
  operation: Operation,
  call: Extract<ActionCall, { kind: 'renew' }>,
  instance: Instance,
  { reading, now }: Look,
): Verdict {
  const before = operation.observed.expiresAt;
  const after = instance.expiresAt;
  if (before === null || after === null) return notYet(operation, reading, now, { kind: 'expiry-unreadable' });
  const moved = after - before;
  if (Math.abs(moved) < EXPIRY_NOISE_MS) return notYet(operation, reading, now, { kind: 'expiry-unmoved' });
  const { least, most, usual } = lengthOf(call.unit, call.periods);
  if (moved >= least && moved <= most) return seen(operation, { kind: 'expiry-moved', from: before, to: after });
  const isMore = moved >= EXCESS * usual;
  const { periods, unit } = call;
  const detail: Detail = { kind: 'expiry-moved-otherwise', from: before, to: after, periods, unit, isMore };
  return isMore ? { kind: 'confirmed', reason: 'excess', detail } : { kind: 'escalate', reason: 'odd-change', detail };
}

/** A day has 24 hours; a month has 28 to 31 days, whichever the cloud means. */
function lengthOf(unit: PrepaidUnit, periods: number): { least: number; most: number; usual: number } {
  const slack = (length: number) => Math.max(SLACK_SHARE * length, SLACK_MS);
  if (unit === 'daily') {
    const length = periods * DAY_MS;
    return { least: length - slack(length), most: length + slack(length), usual: length };
  }
  return {
    least: periods * 28 * DAY_MS - SLACK_MS,
    most: periods * 31 * DAY_MS + SLACK_MS,
    usual: periods * 30 * DAY_MS,
  };
}

function verifyLengthened(
  operation: Operation,
  to: PrepaidUnit,
  instance: Instance,
  reading: Reading,
  now: number,
): Verdict {
  if (instance.billing === to) return seen(operation, { kind: 'billed-as', billing: to });
  if (instance.billing === 'unknown' || instance.billing === operation.observed.billing) {
    return notYet(operation, reading, now, { kind: 'billed-as', billing: instance.billing });
  }
  return {
    kind: 'escalate',
    reason: 'odd-change',
    detail: { kind: 'billed-otherwise', billing: instance.billing, asked: to },
  };
}

function verifyRebuilt(
  operation: Operation,
  imageId: string,
  instance: Instance,
  reading: Reading,
  now: number,
): Verdict {
  const before = operation.observed.imageId;
  const isUpAgain = instance.status === 'running' || instance.status === 'stopped';
  if (instance.imageId === imageId && isUpAgain && (before !== imageId || startedAnew(operation, instance))) {
    return seen(operation, { kind: 'image-is', image: imageId });
  }
  if (instance.imageId !== null && instance.imageId !== imageId && instance.imageId !== before) {
    return {
      kind: 'escalate',
      reason: 'odd-change',
      detail: { kind: 'image-otherwise', image: instance.imageId, asked: imageId },
    };
  }
  return notYet(operation, reading, now, {
    kind: 'status-with-image',
    status: instance.status,
    image: instance.imageId,
  });
}

function verifyTimer(operation: Operation, at: number | null, instance: Instance, { reading, now }: Look): Verdict {
  if (at === null ? instance.shutdownTimerAt === null : hasTimer(instance, at)) {
    return seen(operation, at === null ? { kind: 'timer-off' } : { kind: 'timer-set', at });
  }
  // chenyu v1 lists no timer; its yes is all there is.
  if (instance.provider === 'chenyu-v1' && wasAccepted(operation)) return seen(operation, { kind: 'cloud-accepted' });
  return notYet(operation, reading, now, { kind: 'timer-otherwise' });
}

function hasTimer(instance: Instance, at: number): boolean {
  return instance.shutdownTimerAt !== null && Math.abs(instance.shutdownTimerAt - at) <= TIMER_SLACK_MS;
}

function verifyAbsent(operation: Operation, reading: Reading, now: number): Verdict {
  if (operation.action === 'create') return notYet(operation, reading, now, { kind: 'not-listed-yet' });
  const looks = agreeingLooks(operation, NOT_LISTED, Number.NEGATIVE_INFINITY);
  if (operation.action === 'destroy') {
    // One answer without it may be a slip of the listing.
    return looks >= 2 ? seen(operation, { kind: 'listed-no-more' }) : waiting(NOT_LISTED);
  }
  if (looks < AGREEING_LOOKS) return waiting(NOT_LISTED);
  return { kind: 'escalate', reason: 'gone', detail: { kind: 'listed-no-more' } };
}

/** How many looks in a row, this one included, have told the same since then. */
function agreeingLooks(operation: Operation, detail: Detail, since: number): number {
  let looks = 1;
  for (const transition of operation.transitions.toReversed()) {
    if (transition.to !== 'verifying' || !isSame(transition.detail, detail) || transition.at < since) break;
    looks += 1;
  }
  return looks;
}

/** Nothing to be seen so far: wait, and after the settle time and enough agreeing looks ask a person. */
function notYet(operation: Operation, reading: Reading, now: number, detail: Detail): Verdict {
  const base = baseAt(operation);
  if (!(reading.readStartedAt >= base) || !isSettled(operation, reading, now)) return waiting(detail);
  if (agreeingLooks(operation, detail, base) < AGREEING_LOOKS) return waiting(detail);
  const waitedMs = Math.max(0, Math.round((now - (operation.sendingAt ?? now)) / 1000)) * 1000;
  const unseen: Detail = { kind: 'unseen', what: detail, waitedMs, accepted: wasAccepted(operation) };
  return { kind: 'escalate', reason: 'not-seen', detail: unseen };
}

function isSettled(operation: Operation, reading: Reading, now: number): boolean {
  return now - baseAt(operation) >= Math.max(settleMs(operation), reading.settleMs ?? 0);
}

/** From when on an effect could show at the latest: the request's own deadline, or when the cloud said it would act. */
function baseAt(operation: Operation): number {
  return Math.max(operation.deadlineAt ?? operation.sendingAt ?? 0, operation.effectiveAt ?? 0);
}

/** Did the cloud say yes at any time? */
export function wasAccepted(operation: Operation): boolean {
  return operation.state === 'accepted' || operation.transitions.some((transition) => transition.to === 'accepted');
}

function startedAnew(operation: Operation, instance: Instance): boolean {
  const before = operation.observed.startedAt;
  return before !== null && instance.startedAt !== null && instance.startedAt > before;
}

function isAnother(operation: Operation, instance: Instance): boolean {
  const before = operation.observed.createdAt;
  return (
    operation.action !== 'create' && before !== null && instance.createdAt !== null && before !== instance.createdAt
  );
}

function seen(operation: Operation, detail: Detail): Verdict {
  return { kind: 'confirmed', reason: operation.state === 'escalated' ? 'seen-late' : 'seen', detail };
}

function waiting(detail: Detail): Verdict {
  return { kind: 'waiting', detail };
}

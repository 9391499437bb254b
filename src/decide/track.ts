import type { Instance } from '../fleet/instance.ts';
import type { Operation } from '../fleet/operation.ts';
import type { Listing, Snapshot, Tracked } from '../fleet/snapshot.ts';
import { isUp } from '../fleet/status.ts';
import { isUnchanged } from './unchanged.ts';

/** A start of ours shows in a listing within this time. */
const SHOWS_WITHIN_MS = 15 * 60_000;
/** A cloud's clock may be ahead of ours by this much; a start time further in our future is not believed. */
const CLOCK_SLACK_MS = 5 * 60_000;
/** A machine created this long before the last listing may have been left out of that one. */
const NEW_SLACK_MS = 10 * 60_000;

/** A listing may lose a machine for once, as one that changes its state between two pages. */
const LISTINGS_UNTIL_GONE = 3;

export interface TrackContext {
  /** Our latest operations by the instance's id (not key), newest first. */
  readonly operations: ReadonlyMap<string, readonly Operation[]>;
  /** Keep what a complete listing lacks, too: for one that is not believed. */
  readonly keepMissing?: boolean;
}

const NO_OPERATIONS: readonly Operation[] = [];

/**
 * Carries what we remember of each instance from the last snapshot over to a new listing. An instance of which nothing
 * changed is the very object of the last snapshot, so that others need not look at it again.
 */
export function track(previous: Snapshot | null, listing: Listing, context: TrackContext): readonly Tracked[] {
  const known = new Map(previous?.instances.map((tracked) => [tracked.instance.id, tracked]));
  const result = new Map<string, Tracked>();
  for (const instance of listing.instances) {
    if (result.has(instance.id)) continue;
    const operations = context.operations.get(instance.id) ?? NO_OPERATIONS;
    const before = known.get(instance.id);
    const same = before !== undefined && isSame(before.instance, instance);
    const tracked = same
      ? carryOver(before, instance, listing, operations)
      : firstSight(previous, instance, listing, operations);
    const { stopMode, stoppedBy } = howStopped(tracked, before, operations, listing);
    const isSo = tracked.stopMode === stopMode && tracked.stoppedBy === stoppedBy;
    const now = isSo ? tracked : { ...tracked, stopMode, stoppedBy };
    result.set(instance.id, before !== undefined && isUnchanged(before, now) ? before : now);
  }
  for (const [id, tracked] of known) {
    if (result.has(id)) continue;
    const kept = missed(tracked, listing, context);
    if (kept !== null) result.set(id, kept);
  }
  return [...result.values()];
}

/** What becomes of an instance that a listing lacks; `null`: it is gone. */
function missed(tracked: Tracked, listing: Listing, context: TrackContext): Tracked | null {
  // What a listing that is not whole does not show is not thereby missing.
  if (listing.incomplete !== null) return tracked;
  const missing = (tracked.missing ?? 0) + 1;
  if (context.keepMissing === true) return tracked.missing === undefined ? { ...tracked, missing } : tracked;
  if (missing >= LISTINGS_UNTIL_GONE) return null;
  return isDestroyed(tracked, context) ? null : { ...tracked, missing };
}

/** Was it destroyed by us? Then nobody wonders where it is. */
function isDestroyed({ instance }: Tracked, { operations }: TrackContext): boolean {
  if (instance.status === 'destroyed') return true;
  const all = operations.get(instance.id) ?? NO_OPERATIONS;
  return all.some(({ action, sendingAt, state }) => action === 'destroy' && sendingAt !== null && state !== 'rejected');
}

function isSame(before: Instance, now: Instance): boolean {
  if (before.createdAt === null || now.createdAt === null) return true;
  // As `incarnation` has it; the ids are the same here, and making its text for every row would cost more than the rest.
  return before.createdAt === now.createdAt;
}

function firstSight(
  previous: Snapshot | null,
  instance: Instance,
  listing: Listing,
  operations: readonly Operation[],
): Tracked {
  const at = listing.startedAt;
  const up = isUp(instance.status);
  const upSince = up ? (believable(instance.startedAt, listing) ?? at) : null;
  // On the very first listing everything is new; later a new machine that runs was put there by somebody.
  const isNew =
    previous !== null && (instance.createdAt === null || instance.createdAt > previous.takenAt - NEW_SLACK_MS);
  const byPerson = up && isNew && !isOurs(operations, null, listing);
  return {
    instance,
    firstSeenAt: at,
    statusSince: instance.status === 'running' ? (upSince ?? at) : at,
    upSince,
    personStartAt: byPerson ? upSince : null,
    stopMode: null,
    stoppedBy: null,
  };
}

function carryOver(before: Tracked, instance: Instance, listing: Listing, operations: readonly Operation[]): Tracked {
  const at = listing.startedAt;
  const statusSince = instance.status === before.instance.status ? before.statusSince : at;
  const { firstSeenAt, stopMode, stoppedBy } = before;
  // Nothing is learnt from a status that cannot be read, and nothing forgotten.
  if (instance.status === 'unknown') {
    const { missing: _found, ...rest } = before;
    return { ...rest, instance, statusSince };
  }
  if (!isUp(instance.status)) {
    return {
      instance,
      firstSeenAt,
      statusSince,
      upSince: null,
      personStartAt: before.personStartAt,
      stopMode,
      stoppedBy,
    };
  }
  const started = believable(instance.startedAt, listing);
  const wasUp = before.upSince !== null;
  const anew = wasUp && started !== null && before.instance.startedAt !== null && started > before.instance.startedAt;
  if (wasUp && !anew) {
    const restarted = (instance.status === 'restarting') !== (before.instance.status === 'restarting');
    const upSince = restarted ? at : before.upSince;
    return { instance, firstSeenAt, statusSince, upSince, personStartAt: before.personStartAt, stopMode, stoppedBy };
  }
  // The cloud's own start time, unless it is one from before we saw it down.
  const upSince = started !== null && started > before.statusSince ? started : at;
  const byPerson = !isOurs(operations, before, listing);
  return { instance, firstSeenAt, statusSince, upSince, personStartAt: byPerson ? upSince : null, stopMode, stoppedBy };
}

function believable(startedAt: number | null, listing: Listing): number | null {
  return startedAt !== null && startedAt <= listing.finishedAt + CLOCK_SLACK_MS ? startedAt : null;
}

/**
 * Was it a policy that brought it up? The last thing done to it from here must be a policy's start, and not long ago. A
 * start by hand (`lamplighter do start`) is a person's own, whichever way it took.
 */
function isOurs(operations: readonly Operation[], before: Tracked | null, listing: Listing): boolean {
  const last = lastMove(operations, listing.finishedAt);
  if (last === null || last.policy === null || !['start', 'restart', 'create', 'rebuild'].includes(last.action))
    return false;
  const sentAt = last.sendingAt ?? 0;
  return sentAt >= listing.startedAt - SHOWS_WITHIN_MS || (before !== null && sentAt >= before.statusSince);
}

/** The last operation of ours until then that may have moved it up or down. */
export function lastMove(operations: readonly Operation[], until: number): Operation | null {
  let last: Operation | null = null;
  for (const operation of operations) {
    const { sendingAt, action, state } = operation;
    if (sendingAt === null || state === 'rejected' || sendingAt > until) continue;
    if (action === 'renew' || action === 'lengthen' || action === 'shutdown-timer') continue;
    if (last === null || sendingAt > (last.sendingAt ?? 0)) last = operation;
  }
  return last;
}

const NOT_BY_US = { stopMode: null, stoppedBy: null } as const;

/** How and for whom it was stopped, where that was us and nobody has touched it since. */
function howStopped(
  tracked: Tracked,
  before: Tracked | undefined,
  operations: readonly Operation[],
  listing: Listing,
): Pick<Tracked, 'stopMode' | 'stoppedBy'> {
  const { status } = tracked.instance;
  if (status !== 'stopped' && status !== 'unknown') return NOT_BY_US;
  // A word that nobody can read for a moment neither makes nor unmakes a stop of ours.
  const wasDown = before?.instance.status === 'stopped' || before?.instance.status === 'unknown';
  if (wasDown && before.stopMode !== null && tracked.stopMode !== null) {
    return { stopMode: before.stopMode, stoppedBy: before.stoppedBy };
  }
  if (status === 'unknown') return NOT_BY_US;
  const last = lastMove(operations, listing.finishedAt);
  if (last === null || last.state !== 'confirmed' || last.sendingAt === null) return NOT_BY_US;
  if (last.action !== 'stop' && last.action !== 'cardless-stop') return NOT_BY_US;
  const doneAt = Math.max(last.sendingAt, last.effectiveAt ?? 0);
  if (tracked.personStartAt !== null && tracked.personStartAt >= last.sendingAt) return NOT_BY_US;
  // It was seen stopped soon after, or we are only now told of a stop that had been seen before.
  if (tracked.statusSince < last.sendingAt || tracked.statusSince > doneAt + SHOWS_WITHIN_MS) return NOT_BY_US;
  return { stopMode: last.action === 'cardless-stop' ? 'cardless' : 'normal', stoppedBy: last.policy };
}

import { byDay } from '../calendar/days.ts';
import { localDay, type Zone } from '../calendar/zone.ts';
import type { Price } from '../fleet/account.ts';
import type { Operation } from '../fleet/operation.ts';
import type { LedgerEntry, SavedTime } from '../fleet/saved-time.ts';
import type { Snapshot, Tracked } from '../fleet/snapshot.ts';
import { hourlyPriceFen, stoppedPriceFen } from './price.ts';
import { lastMove } from './track.ts';

/** A machine that nobody has wanted back for so long was not saved, it was given up: counting ends. */
export const SAVING_HORIZON_MS = 7 * 86_400_000;
/** Started again by a person, or seen active, so soon after a stop: the stop was wrong. */
export const WRONG_WITHIN_MS = 30 * 60_000;
/** Of a longer gap between two listings we know nothing, so nothing is counted for it; where polls are rarer, of two of them. */
const LONGEST_GAP_MS = 3_600_000;
const HOUR_MS = 3_600_000;

export interface LedgerLook {
  /** Up to when the ledger has counted; `null`: never. */
  readonly countedTo: number | null;
  readonly previous: Snapshot | null;
  readonly snapshot: Snapshot;
  readonly prices: ReadonlyMap<string, Price>;
  /** For how long a listing is believed, ms. */
  readonly believedMs: number;
  /** In whose days it is counted. */
  readonly zone: Zone;
  /** By instance id, of the account's latest ones. */
  readonly operations: ReadonlyMap<string, readonly Operation[]>;
}

/**
 * What policies saved since the ledger was last written: the time that hourly instances stood stopped because a policy had
 * stopped them, from the listing that first showed it until the last that did, up to a week each. `null`: the listing is
 * not to be believed or not newer, so it counts nothing; the next one that is catches up.
 *
 * Money is an estimate: the listed or configured price, less what the configuration says that a stopped instance costs.
 */
export function ledgerEntry(look: LedgerLook): LedgerEntry | null {
  const { countedTo, previous, snapshot, zone } = look;
  const to = snapshot.takenAt;
  if (!snapshot.complete || snapshot.shrunken) return null;
  // The clock was set back: what was counted ahead of it stands, and counting begins anew.
  const isAhead = countedTo !== null && countedTo - to > LONGEST_GAP_MS;
  if (countedTo === null || isAhead) return { from: countedTo, to, saved: [], unwatched: [] };
  if (countedTo >= to) return null;
  // Another replica may have counted a later listing than the one that this one was compared with: then what seems new is not.
  const isLatest = previous !== null && previous.takenAt >= countedTo;
  const before = new Map(isLatest ? previous.instances.map((tracked) => [tracked.instance.id, tracked]) : []);
  const wrong = wrongStops(before, look, countedTo);
  const longestMs = longestGapMs(look.believedMs);
  const isGap = to - countedTo > longestMs;
  const saved = snapshot.instances.flatMap((tracked): readonly SavedTime[] => {
    const { instance, stoppedBy: policy, statusSince } = tracked;
    if (policy === null || instance.status !== 'stopped' || (tracked.missing ?? 0) > 0) return [];
    const isNew = isNewStop(tracked, before.get(instance.id), look, countedTo);
    const stop = isNew ? [{ ...noSaving(localDay(statusSince, zone), policy, instance.id), stops: 1 }] : [];
    if (isGap) return stop;
    // One from before the clock was set back has gone on all the while.
    const downSince = statusSince > to ? countedTo : statusSince;
    // Since it was first seen stopped, where it was watched since.
    const sinceAt = isNew && to - downSince <= longestMs ? downSince : Math.max(countedTo, downSince);
    return [...stop, ...savedOn(tracked, policy, sinceAt, look)];
  });
  const gap = isGap ? byDay(countedTo, to, zone) : [];
  const unwatched = gap.map(({ day, fromAt, untilAt }) => ({ day, ms: untilAt - fromAt }));
  return { from: countedTo, to, saved: [...saved, ...wrong], unwatched };
}

/** Longer than this between two listings, and nothing is counted of the time; `believedMs` as in {@link LedgerLook}. */
export function longestGapMs(believedMs: number): number {
  return Math.max(LONGEST_GAP_MS, believedMs);
}

/** Has this stop not been counted as one? */
function isNewStop(
  { instance, stoppedBy, statusSince }: Tracked,
  was: Tracked | undefined,
  { previous, snapshot, operations }: LedgerLook,
  countedTo: number,
): boolean {
  if (previous !== null && previous.takenAt >= countedTo) {
    // Told only now whose stop it was; one that could not be read for a moment was told before.
    if (was?.stoppedBy !== stoppedBy) return true;
    if (was.instance.status === 'unknown') return false;
    // What began after the last count has not been counted, whatever listings there were in between; what began in the future
    // was counted before the clock was set back.
    return was.statusSince !== statusSince || (statusSince > countedTo && statusSince <= snapshot.takenAt);
  }
  // Another replica counted in between: it has seen what was done before then.
  return statusSince > countedTo && lastStop(operations.get(instance.id) ?? [], statusSince).at > countedTo;
}

function savedOn(
  { instance, stopMode, statusSince }: Tracked,
  policy: string,
  sinceAt: number,
  { snapshot, prices, zone }: LedgerLook,
): readonly SavedTime[] {
  // What is paid ahead is paid whether it runs or not.
  if (instance.billing !== 'hourly' && instance.billing !== 'unknown') return [];
  const endsAt = Math.min(statusSince + SAVING_HORIZON_MS, instance.expiresAt ?? Number.POSITIVE_INFINITY);
  const hourlyFen = instance.billing === 'hourly' ? hourlyPriceFen(instance, prices) : null;
  const stoppedFen = stoppedPriceFen(instance, prices, stopMode);
  const of = { policy, instance: instance.id, cards: instance.gpuCount ?? 1, hourlyFen, stoppedFen };
  return savedTimes(of, sinceAt, Math.min(snapshot.takenAt, endsAt), zone);
}

/** A stretch of standing stopped, by local day. Prices in fen an hour; `null`: not known. */
export function savedTimes(
  of: {
    readonly policy: string;
    readonly instance: string;
    readonly cards: number;
    readonly hourlyFen: number | null;
    readonly stoppedFen: number | null;
  },
  sinceAt: number,
  untilAt: number,
  zone: Zone,
): readonly SavedTime[] {
  const { policy, instance, cards, hourlyFen, stoppedFen } = of;
  return byDay(sinceAt, untilAt, zone).map((part) => {
    const ms = part.untilAt - part.fromAt;
    const gpuMs = ms * cards;
    const time = { ...noSaving(part.day, policy, instance), ms, gpuMs };
    if (hourlyFen === null) return { ...time, unpricedMs: ms };
    const grossFen = (hourlyFen * ms) / HOUR_MS;
    if (stoppedFen === null) return { ...time, grossFen, unkeptMs: ms };
    return { ...time, grossFen, keptFen: (stoppedFen * ms) / HOUR_MS };
  });
}

export function noSaving(day: string, policy: string, instance: string): SavedTime {
  const none = { ms: 0, gpuMs: 0, grossFen: 0, keptFen: 0, unpricedMs: 0, unkeptMs: 0, stops: 0, wrong: 0 };
  return { day, policy, instance, ...none };
}

/** Stops after which a person has started the instance soon, of starts that have not been counted. */
function wrongStops(
  before: ReadonlyMap<string, Tracked>,
  { previous, snapshot, operations, zone }: LedgerLook,
  countedTo: number,
): readonly SavedTime[] {
  // What it shows has been stored and not counted: it was not whole, or the ledger could not be written.
  const isUncounted = previous !== null && previous.takenAt > countedTo;
  return snapshot.instances.flatMap((tracked): readonly SavedTime[] => {
    const { id } = tracked.instance;
    const was = before.get(id);
    const startedAt = tracked.personStartAt;
    if (was === undefined || startedAt === null) return [];
    const isToldBefore = startedAt === was.personStartAt;
    if (isToldBefore && !(isUncounted && startedAt > countedTo && tracked.statusSince > countedTo)) return [];
    const seen = !isToldBefore && was.instance.status === 'stopped' && was.stoppedBy !== null;
    const stop = seen ? { policy: was.stoppedBy, at: was.statusSince } : lastStop(operations.get(id) ?? [], startedAt);
    // Where the clock was set back in between nobody can tell how soon it was.
    if (stop.policy === null || startedAt < stop.at || startedAt - stop.at > WRONG_WITHIN_MS) return [];
    // It has been started since then, and this start is another.
    const startedBefore = isToldBefore ? null : was.personStartAt;
    if (!seen && startedBefore !== null && startedBefore >= stop.at) return [];
    // One that was over before it was counted is a stop all the same.
    const isCounted = (seen || isToldBefore) && stop.at <= countedTo;
    return [{ ...noSaving(localDay(stop.at, zone), stop.policy, id), stops: isCounted ? 0 : 1, wrong: 1 }];
  });
}

const NO_STOP = { policy: null, at: Number.NEGATIVE_INFINITY } as const;

/** The last thing that was done to it before then, where that was a policy's stop. */
function lastStop(operations: readonly Operation[], before: number): { policy: string | null; at: number } {
  const last = lastMove(operations, before);
  if (last === null || last.state !== 'confirmed' || last.sendingAt === null) return NO_STOP;
  if (last.action !== 'stop' && last.action !== 'cardless-stop') return NO_STOP;
  return { policy: last.policy, at: last.effectiveAt ?? last.sendingAt };
}

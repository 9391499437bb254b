import { byDay } from '../calendar/days.ts';
import { localDay, type Zone } from '../calendar/zone.ts';
import type { Price } from '../fleet/account.ts';
import type { Operation } from '../fleet/operation.ts';
import type { LedgerEntry, SavedTime } from '../fleet/saved-time.ts';
import type { Snapshot, Tracked } from '../fleet/snapshot.ts';
import { hourlyPriceFen, stoppedPriceFen } from './price.ts';

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
  const { countedTo, previous, snapshot, zone, operations } = look;
  const to = snapshot.takenAt;
  if (!snapshot.complete || snapshot.shrunken) return null;
  // The clock was set back: what was counted ahead of it stands, and counting begins anew.
  const isAhead = countedTo !== null && countedTo - to > LONGEST_GAP_MS;
  if (countedTo === null || isAhead) return { from: countedTo, to, saved: [], unwatched: [] };
  if (countedTo >= to) return null;
  // Another replica may have counted a later listing than the one that this one was compared with: then what seems new is not.
  const isLatest = previous !== null && previous.takenAt >= countedTo;
  const before = new Map(isLatest ? previous.instances.map((tracked) => [tracked.instance.id, tracked]) : []);
  const wrong = wrongStops(before, snapshot, operations, zone);
  const longestGapMs = Math.max(LONGEST_GAP_MS, look.believedMs);
  if (to - countedTo > longestGapMs) {
    const unwatched = byDay(countedTo, to, zone).map(({ day, fromAt, untilAt }) => ({ day, ms: untilAt - fromAt }));
    return { from: countedTo, to, saved: wrong, unwatched };
  }
  const saved = snapshot.instances.flatMap((tracked) => {
    const was = before.get(tracked.instance.id);
    const { stoppedBy, statusSince } = tracked;
    // Told only now whose stop it was, or stopped since.
    const isToldNow = isLatest && (was?.stoppedBy !== stoppedBy || was.statusSince !== statusSince);
    // What began after the last count has not been counted, whatever listings there were in between.
    const isNew = isToldNow || statusSince > countedTo;
    // Since it was first seen stopped, where it was watched since.
    const sinceAt = isNew && to - statusSince <= longestGapMs ? statusSince : Math.max(countedTo, statusSince);
    return savedOn(tracked, { ...look, sinceAt, isNew });
  });
  return { from: countedTo, to, saved: [...saved, ...wrong], unwatched: [] };
}

function savedOn(
  tracked: Tracked,
  look: Pick<LedgerLook, 'snapshot' | 'prices' | 'zone'> & { readonly sinceAt: number; readonly isNew: boolean },
): readonly SavedTime[] {
  const { instance, stoppedBy: policy, stopMode, statusSince } = tracked;
  const { snapshot, prices, zone, sinceAt, isNew } = look;
  if (policy === null || instance.status !== 'stopped' || (tracked.missing ?? 0) > 0) return [];
  // What is paid ahead is paid whether it runs or not.
  if (instance.billing !== 'hourly' && instance.billing !== 'unknown') return [];
  const untilAt = Math.min(snapshot.takenAt, statusSince + SAVING_HORIZON_MS);
  const hourlyFen = instance.billing === 'hourly' ? hourlyPriceFen(instance, prices) : null;
  const stoppedFen = stoppedPriceFen(instance, prices, stopMode);
  const of = { policy, instance: instance.id, cards: instance.gpuCount ?? 1, hourlyFen, stoppedFen };
  const parts = savedTimes(of, sinceAt, untilAt, zone);
  return isNew ? [{ ...noSaving(localDay(statusSince, zone), policy, instance.id), stops: 1 }, ...parts] : parts;
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

/** Stops after which a person has started the instance soon, of starts that this listing shows first. */
function wrongStops(
  before: ReadonlyMap<string, Tracked>,
  snapshot: Snapshot,
  operations: LedgerLook['operations'],
  zone: Zone,
): readonly SavedTime[] {
  return snapshot.instances.flatMap((tracked): readonly SavedTime[] => {
    const { id } = tracked.instance;
    const was = before.get(id);
    const startedAt = tracked.personStartAt;
    if (was === undefined || startedAt === null || startedAt === was.personStartAt) return [];
    const seen = was.instance.status === 'stopped' && was.stoppedBy !== null;
    const stop = seen ? { policy: was.stoppedBy, at: was.statusSince } : lastStop(operations.get(id) ?? [], startedAt);
    if (stop.policy === null || startedAt - stop.at > WRONG_WITHIN_MS) return [];
    // One that was over before it was seen is a stop all the same.
    return [{ ...noSaving(localDay(stop.at, zone), stop.policy, id), stops: seen ? 0 : 1, wrong: 1 }];
  });
}

const NO_STOP = { policy: null, at: Number.NEGATIVE_INFINITY } as const;

/** The last thing that was done to it before then, where that was a policy's stop. */
function lastStop(operations: readonly Operation[], before: number): { policy: string | null; at: number } {
  let last: Operation | null = null;
  for (const operation of operations) {
    const { sendingAt, state } = operation;
    if (sendingAt === null || sendingAt > before || state === 'rejected') continue;
    if (last === null || sendingAt > (last.sendingAt ?? 0)) last = operation;
  }
  if (last === null || last.state !== 'confirmed' || last.sendingAt === null) return NO_STOP;
  if (last.action !== 'stop' && last.action !== 'cardless-stop') return NO_STOP;
  return { policy: last.policy, at: last.effectiveAt ?? last.sendingAt };
}

import type { KeepAlive, Presence, ProbeReading } from '../fleet/activity.ts';
import { worded } from './worded.ts';

/** A keep-alive ends a day after it was read, whatever it says: nothing is kept for ever by accident. */
const LONGEST_KEEP_ALIVE_MS = 24 * 3_600_000;

/**
 * Two readings of one unchanged moment differ by the granularity of the other side's clock and the time on the wire.
 * Within this they are the same moment: a moment that wavers would look like new activity each time.
 */
export const SAME_MOMENT_MS = 10_000;

/** A connection that broke and is there again within this is no person who comes: a laptop does that all night. */
const BACK_SOON_MS = 10 * 60_000;

/** Is it work that makes this reading active, and not merely people or a lease? */
export function isAtWork(reading: ProbeReading): boolean {
  if (reading.verdict !== 'active') return false;
  const active = (reading.signals ?? []).filter(({ verdict }) => verdict === 'active');
  return active.length === 0 ? reading.judges === 'work' : active.some(({ judges }) => judges === 'work');
}

/** Does this reading show people who are there now? */
export function hasPeople(reading: ProbeReading): boolean {
  return peopleOf(reading) > 0;
}

/**
 * A reading that only people, or a lease, make active, as it would be without them. Work that could not be read beside
 * them stays unknown. Any other reading is answered as it is.
 */
export function withoutPeople(reading: ProbeReading): ProbeReading {
  if (reading.verdict !== 'active' || isAtWork(reading)) return reading;
  const work = (reading.signals ?? []).filter(({ judges, onlyPositive }) => judges === 'work' && !onlyPositive);
  const blind = work.filter(({ verdict }) => verdict === 'unknown');
  if (blind.length > 0) {
    return { ...reading, verdict: 'unknown', reason: 'not-judged', judges: 'work', evidence: worded(blind) };
  }
  const proofs = work.filter(({ verdict }) => verdict === 'idle');
  if (proofs.length > 0) {
    return {
      ...reading,
      verdict: 'idle',
      judges: 'work',
      evidence: { kind: 'parts', parts: [worded(proofs), reading.evidence] },
    };
  }
  // It sees people alone, who have been silent for too long to count.
  return { ...reading, verdict: reading.judges === 'people' ? 'idle' : 'not-applicable' };
}

/** The lease that a reading holds at `now`, with its end cut to a day; `null`: none. */
export function leaseOf(reading: ProbeReading, now: number): KeepAlive | null {
  const { keepAlive } = reading;
  if (keepAlive === undefined) return null;
  const endsAt = Math.min(keepAlive.endsAt, reading.at + LONGEST_KEEP_ALIVE_MS);
  return endsAt > now ? { ...keepAlive, endsAt } : null;
}

/** When the lease of a reading has ended; `null`: it had none, or it goes on. */
export function leaseEndedAt(reading: ProbeReading, now: number): number | null {
  if (reading.keepAlive === undefined || leaseOf(reading, now) !== null) return null;
  return Math.min(reading.keepAlive.endsAt, reading.at + LONGEST_KEEP_ALIVE_MS);
}

/**
 * What is remembered of people after a reading. A sign of life is a time that a signal of people tells by itself (a
 * keystroke), that somebody came, or a lease. Somebody who is merely still there, or back at once, gives none, and what
 * could not be read changes nothing.
 */
export function rememberPresence(before: Presence | undefined, reading: ProbeReading): Presence | undefined {
  // Never ahead of this reading: after a clock that was set back, the wrong future is forgotten at the first look.
  const known = before === undefined ? undefined : { ...before, at: Math.min(before.at, reading.at) };
  if (reading.verdict === 'unknown' && reading.signals === undefined) return known;
  const count = peopleOf(reading);
  const told = toldByPeople(reading);
  const lately = known?.most !== undefined && reading.at - known.most.at <= BACK_SOON_MS ? known.most : undefined;
  const came = count > Math.max(known?.count ?? 0, lately?.count ?? 0) || reading.keepAlive !== undefined;
  const most = count > 0 && count >= (lately?.count ?? known?.count ?? 0) ? { count, at: reading.at } : lately;
  const at = came ? reading.at : told === null ? null : Math.min(told, reading.at);
  const remembered = most === undefined ? { count } : { count, most };
  if (at === null) return known === undefined ? undefined : { at: known.at, ...remembered };
  const isNewer = known === undefined || at > known.at + SAME_MOMENT_MS;
  return { at: isNewer ? at : known.at, ...remembered };
}

/** How many people a reading shows: by what its signals count, at least one for each signal that is active. */
function peopleOf(reading: ProbeReading): number {
  if (reading.signals === undefined || reading.signals.length === 0) {
    return reading.judges === 'people' && reading.verdict === 'active' ? 1 : 0;
  }
  return reading.signals
    .filter(({ judges, verdict, signal }) => judges === 'people' && verdict === 'active' && signal !== 'keep-alive')
    .reduce(
      (sum, { signal, value }) => sum + (signal === 'session' || signal === 'tab' ? Math.max(1, value ?? 1) : 1),
      0,
    );
}

function toldByPeople(reading: ProbeReading): number | null {
  const { signals } = reading;
  if (signals === undefined || signals.length === 0) {
    return reading.judges === 'people' && reading.verdict !== 'active' ? reading.lastActiveAt : null;
  }
  const times = signals.flatMap(({ judges, lastActiveAt, verdict }) =>
    judges === 'people' && verdict !== 'not-applicable' && lastActiveAt !== null ? [lastActiveAt] : [],
  );
  return times.length === 0 ? null : Math.max(...times);
}

import type { Hole, Watched } from '../fleet/activity.ts';

/** How often an instance is meant to be looked at, and how long nobody may have looked without the watch being broken. */
export interface Rhythm {
  readonly everyMs: number;
  readonly longestHoleMs: number;
}

/** Rounds that may be missed in a row. */
export const ROUNDS_MISSED = 3;

/** A round that comes late by less than this share of the interval has not missed anything. */
const LATE = 1.5;

/**
 * More holes are not remembered: the watch then begins behind the oldest, which never makes anything more idle. At one
 * round a minute with a tenth of them missing it is more than a day.
 */
export const MOST_HOLES = 256;

/**
 * The watch over an instance after somebody could tell what it does at `at`. A short hole is remembered; after a longer
 * one, and after a clock that was set, the watch begins anew.
 */
export function watchOn(before: Watched | null, at: number, rhythm: Rhythm): Watched {
  const anew: Watched = { from: at, to: at, holes: [] };
  if (before === null) return anew;
  const gapMs = at - before.to;
  if (!(Math.abs(gapMs) <= rhythm.longestHoleMs)) return anew;
  // Another replica was a little ahead.
  if (gapMs <= 0) return before;
  if (gapMs <= rhythm.everyMs * LATE) return { ...before, to: at };
  const hole: Hole = { at: before.to, ms: gapMs - rhythm.everyMs };
  const holes = [...before.holes, hole];
  const dropped = holes.length > MOST_HOLES ? holes.shift() : undefined;
  return { from: dropped === undefined ? before.from : dropped.at + dropped.ms, to: at, holes };
}

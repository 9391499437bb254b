/** Calendar dates as integers. Pure arithmetic on the proleptic Gregorian calendar; no zone is known here. */

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

/** Days since 1970-01-01, which is day 0. */
export type EpochDay = number;

const DAY_TEXT = /^\d{4}-\d{2}-\d{2}$/;

/** Reads `YYYY-MM-DD`; `null` when it is not that, or no such day exists. */
export function parseDay(text: string): EpochDay | null {
  if (!DAY_TEXT.test(text)) return null;
  const at = Date.parse(`${text}T00:00:00Z`);
  if (Number.isNaN(at)) return null;
  const day = Math.floor(at / DAY_MS);
  // Date.parse lets 30 February through as 2 March; the way back shows it.
  return formatDay(day) === text ? day : null;
}

/** `YYYY-MM-DD` of an epoch day. */
export function formatDay(day: EpochDay): string {
  // Cut from the right: a year past 9999 is written with more digits.
  return new Date(day * DAY_MS).toISOString().slice(0, -'T00:00:00.000Z'.length);
}

/** 0 Monday to 6 Sunday. */
export function weekdayOf(day: EpochDay): number {
  // Day 0, 1970-01-01, was a Thursday; the second % keeps days before it positive.
  return (((day + 3) % 7) + 7) % 7;
}

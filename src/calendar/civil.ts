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

const HOUR_MS = 60 * MINUTE_MS;
const SECOND_MS = 1000;
/** The times of one look lie within a few weeks; beyond so many days the memory of their texts begins anew. */
const MAX_DAYS = 500;
const dayTexts = new Map<EpochDay, string>();
const TWO = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'));

/**
 * `YYYY-MM-DDTHH:MM:SS` of a reading in ms, with milliseconds only where there are some. As `Date.toISOString` has it,
 * and several times as quick: a day's text is made once.
 * @throws RangeError beyond what a `Date` can name
 */
export function formatReading(wallMs: number): string {
  // A Date drops what is less than a millisecond, towards 1970.
  const wholeMs = Math.trunc(wallMs);
  const day = Math.floor(wholeMs / DAY_MS);
  let date = dayTexts.get(day);
  if (date === undefined) {
    date = `${formatDay(day)}T`;
    if (dayTexts.size >= MAX_DAYS) dayTexts.clear();
    dayTexts.set(day, date);
  }
  const ms = wholeMs - day * DAY_MS;
  const hours = TWO[Math.floor(ms / HOUR_MS)];
  const minutes = TWO[Math.floor((ms % HOUR_MS) / MINUTE_MS)];
  const seconds = TWO[Math.floor((ms % MINUTE_MS) / SECOND_MS)];
  const rest = ms % SECOND_MS;
  const whole = `${date}${hours}:${minutes}:${seconds}`;
  return rest === 0 ? whole : `${whole}.${String(rest).padStart(3, '0')}`;
}

/** 0 Monday to 6 Sunday. */
export function weekdayOf(day: EpochDay): number {
  // Day 0, 1970-01-01, was a Thursday; the second % keeps days before it positive.
  return (((day + 3) % 7) + 7) % 7;
}

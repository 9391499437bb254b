import { DAY_MS, MINUTE_MS, parseDay } from './civil.ts';
import { FIRST_AT, type Interval, LAST_AT } from './openings.ts';
import { quote, type Read, read, type Word, wrong } from './window-words.ts';
import type { Zone } from './zone.ts';

const TIME = String.raw`(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2})(?::(\d{2}))?(Z|[+-]\d{2}:\d{2})?`;
const INTERVAL = new RegExp(`^${TIME}-${TIME}$`);

/** Whether a word is meant to be an ISO interval: it begins with a year and a dash. */
export function looksLikeInterval(word: Word): boolean {
  return /^\d{4}-/.test(word.text);
}

/**
 * Reads `2026-12-24T00:00:00+08:00-2026-12-27T00:00:00+08:00`, as kube-downscaler takes it; seconds and offset may be
 * left out. A time without offset is wall-clock time in `zone`.
 */
export function readInterval(word: Word, zone: Zone): Read<Interval> {
  const parts = INTERVAL.exec(word.text);
  if (parts === null) {
    return wrong(
      word,
      `${quote(word.text)} is not an interval; write START-END with full times, such as ` +
        '2026-12-24T00:00:00+08:00-2026-12-27T00:00:00+08:00',
    );
  }
  const startAt = instantOf(parts.slice(1, 6), zone);
  const endAt = instantOf(parts.slice(6, 11), zone);
  if (startAt === null) return wrong(word, `${quote(word.text)} starts at a time that does not exist`);
  if (endAt === null) return wrong(word, `${quote(word.text)} ends at a time that does not exist`);
  if (endAt <= startAt) return wrong(word, `${quote(word.text)} never opens: its end is not after its start`);
  if (startAt < FIRST_AT || endAt >= LAST_AT) {
    return wrong(word, `${quote(word.text)} is outside the years 1970 to 2099, for which windows are worked out`);
  }
  return read({ startAt, endAt });
}

function instantOf(parts: readonly (string | undefined)[], zone: Zone): number | null {
  const [date = '', hour, minute, second, offset] = parts;
  const day = parseDay(date);
  const seconds = Number(second ?? 0);
  if (day === null || Number(hour) > 23 || Number(minute) > 59 || seconds > 59) return null;
  const wallMs = day * DAY_MS + (Number(hour) * 60 + Number(minute)) * MINUTE_MS + seconds * 1000;
  if (offset === undefined) return zone.firstReading(wallMs);
  if (offset === 'Z') return wallMs;
  const [offsetHours, offsetMinutes] = [Number(offset.slice(1, 3)), Number(offset.slice(4, 6))];
  if (offsetHours > 23 || offsetMinutes > 59) return null;
  const offsetMs = (offsetHours * 60 + offsetMinutes) * MINUTE_MS;
  return offset.startsWith('-') ? wallMs + offsetMs : wallMs - offsetMs;
}

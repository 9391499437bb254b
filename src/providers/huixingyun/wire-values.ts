/**
 * A whole number of 0 or more, given as JSON number or as digits: the API writes `total`, `size.gpu` and `size.disk_free`
 * as text and others as numbers (慧星云 API doc, 获取实例列表). `null` for anything else. Never bare `Number(x)`, which
 * makes 0 of `""`, `null` and `[]`.
 */
export function wholeNumber(value: unknown): number | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : null;
  if (typeof value !== 'string' || value.length === 0 || value.length > 15) return null;
  let number = 0;
  for (let index = 0; index < value.length; index += 1) {
    const digit = value.charCodeAt(index) - 48;
    if (digit < 0 || digit > 9) return null;
    number = number * 10 + digit;
  }
  return number;
}

/** Text, or a number as text (`room_name` looks like one). Anything else is `''`. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : '';
}

/** An object that is neither `null` nor an array. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Times outside these years are a mix-up, not times. Epoch ms. */
const EARLIEST_AT = Date.UTC(2000, 0, 1);
const LATEST_AT = Date.UTC(2100, 0, 1);
const MINUTE_MS = 60_000;
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/**
 * An RFC 3339 time with an explicit offset, such as `2024-07-05T15:21:21+08:00`, as epoch ms; `null` for anything else:
 * without offset, not a date of the calendar, not a plausible year. Written out by hand since a poll of ten thousand
 * rows reads twenty thousand of them, and `Date.parse` accepts far more than it should.
 */
export function timeOf(value: unknown): number | null {
  if (typeof value !== 'string' || value.length < 20 || value.length > 35) return null;
  const year = digits(value, 0, 4);
  const month = digits(value, 5, 2);
  const day = digits(value, 8, 2);
  const hour = digits(value, 11, 2);
  const minute = digits(value, 14, 2);
  const second = digits(value, 17, 2);
  const separator = value[10];
  if (value[4] !== '-' || value[7] !== '-' || (separator !== 'T' && separator !== ' ')) return null;
  if (value[13] !== ':' || value[16] !== ':') return null;
  if (year < 0 || month < 1 || month > 12 || day < 1 || hour < 0 || minute < 0 || second < 0) return null;
  if (hour > 23 || minute > 59 || second > 59) return null;
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (day > (DAYS_IN_MONTH[month - 1] ?? 0) + (leap ? 1 : 0)) return null;

  let index = 19;
  if (value[index] === '.') {
    const start = index + 1;
    index = start;
    while (digits(value, index, 1) >= 0) index += 1;
    if (index === start) return null;
  }
  const offsetMs = offsetAt(value, index);
  if (offsetMs === null) return null;
  const at = Date.UTC(year, month - 1, day, hour, minute, second) - offsetMs;
  return at >= EARLIEST_AT && at < LATEST_AT ? at : null;
}

/** `Z` or `±hh:mm` at the end of the text. */
function offsetAt(text: string, index: number): number | null {
  const sign = text[index];
  if (sign === 'Z') return index + 1 === text.length ? 0 : null;
  if ((sign !== '+' && sign !== '-') || text[index + 3] !== ':' || index + 6 !== text.length) return null;
  const hours = digits(text, index + 1, 2);
  const minutes = digits(text, index + 4, 2);
  if (hours < 0 || hours > 14 || minutes < 0 || minutes > 59) return null;
  const ms = (hours * 60 + minutes) * MINUTE_MS;
  return sign === '-' ? -ms : ms;
}

/** `count` digits as a number, or -1. */
function digits(text: string, start: number, count: number): number {
  let number = 0;
  for (let index = start; index < start + count; index += 1) {
    const digit = text.charCodeAt(index) - 48;
    // Past the end the code is NaN, and no comparison with NaN holds.
    if (!(digit >= 0 && digit <= 9)) return -1;
    number = number * 10 + digit;
  }
  return number;
}

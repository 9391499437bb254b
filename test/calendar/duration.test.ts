import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDuration, MAX_DURATION_MS, parseDuration } from '../../src/calendar/duration.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('parseDuration', () => {
  test.each([
    ['30s', 30_000],
    ['15m', 15 * MINUTE],
    ['1h30m', 90 * MINUTE],
    ['7d', 7 * DAY],
    ['1w', 7 * DAY],
    ['500ms', 500],
    ['1y2w3d4h5m6s7ms', (365 + 17) * DAY + 4 * HOUR + 5 * MINUTE + 6007],
    ['90m', 90 * MINUTE],
    ['0s', 0],
    ['10y', MAX_DURATION_MS],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toEqual({ ok: true, ms });
  });

  test.each([
    ['', 'a duration is missing'],
    ['10', '"10" has no unit'],
    ['0', '"0" has no unit'],
    ['-5m', '"-5m" has a sign'],
    ['+5m', '"+5m" has a sign'],
    ['1.5h', '"1.5h" has a fraction'],
    ['5M', '"5M" is in months'],
    ['1mo', '"1mo" is in months'],
    ['30m1h', '"30m1h" has its units out of order or twice'],
    ['1h1h', '"1h1h" has its units out of order or twice'],
    ['10 m', '"10 m" has spaces'],
    [' 10m', '" 10m" has spaces'],
    ['10 minuts', '"10 minuts" has spaces'],
    ['PT5M', '"PT5M" is not a duration'],
    ['5H', '"5H" is not a duration'],
    ['٣s', '"٣s" is not a duration'],
    ['10y1ms', '"10y1ms" is too long: at most 10y is allowed'],
    ['99999999999999999999999999d', 'is too long: at most 10y is allowed'],
  ])('%j is refused', (text, message) => {
    expect(parseDuration(text)).toEqual({ ok: false, message: expect.stringContaining(message) });
  });

  test('a refusal says what to write', () => {
    const parsed = parseDuration('10');
    expect(parsed.ok ? '' : parsed.message).toBe(
      '"10" has no unit: write whole numbers with units y, w, d, h, m, s or ms, such as 30s, 15m, 1h30m or 7d',
    );
  });

  test('any text gives a length or a short message', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9ywdhms .-]{0,40}$/)), (text) => {
        const parsed = parseDuration(text);
        if (parsed.ok) expect(parsed.ms).toBeGreaterThanOrEqual(0);
        else expect(parsed.message.length).toBeLessThan(400);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('formatDuration', () => {
  test.each([
    [0, '0s'],
    [500, '500ms'],
    [90 * MINUTE, '1h30m'],
    [7 * DAY, '1w'],
    [8 * DAY, '8d'],
    [14 * DAY, '2w'],
    [365 * DAY, '1y'],
    [36 * HOUR, '1d12h'],
    [1_001, '1s1ms'],
    [-5 * MINUTE, '-5m'],
    [0.2, '0s'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test('what is no length of time is a bug of the caller', () => {
    expect(() => formatDuration(Number.NaN)).toThrow(RangeError);
  });

  test('parseDuration reads back what it wrote', () => {
    const lengths = fc.oneof(
      fc.integer({ min: 0, max: MAX_DURATION_MS }),
      fc.integer({ min: 0, max: 87_600 }).map((hours) => hours * HOUR),
    );
    fc.assert(
      fc.property(lengths, (ms) => {
        expect(parseDuration(formatDuration(ms))).toEqual({ ok: true, ms });
      }),
      { numRuns: 2000 },
    );
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byDay } from '../../src/calendar/days.ts';
import { localDay, zoneNamed } from '../../src/calendar/zone.ts';

const HOUR = 3_600_000;
const at = (text: string) => Date.parse(text);
const hours = (from: string, until: string, zone: string) =>
  byDay(at(from), at(until), zoneNamed(zone)).map(({ day, fromAt, untilAt }) => [day, (untilAt - fromAt) / HOUR]);

test.each([
  ['within a day', '2026-10-08T01:00:00+08:00', '2026-10-08T23:00:00+08:00', 'Asia/Shanghai', [['2026-10-08', 22]]],
  [
    'over midnight',
    '2026-10-08T22:00:00+08:00',
    '2026-10-10T01:00:00+08:00',
    'Asia/Shanghai',
    [
      ['2026-10-08', 2],
      ['2026-10-09', 24],
      ['2026-10-10', 1],
    ],
  ],
  [
    'that ends at midnight',
    '2026-10-08T22:00:00+08:00',
    '2026-10-09T00:00:00+08:00',
    'Asia/Shanghai',
    [['2026-10-08', 2]],
  ],
  [
    'a day of 23 hours',
    '2026-03-29T00:00:00+01:00',
    '2026-03-30T00:00:00+02:00',
    'Europe/Berlin',
    [['2026-03-29', 23]],
  ],
  [
    'a day of 25 hours',
    '2026-10-25T00:00:00+02:00',
    '2026-10-26T00:00:00+01:00',
    'Europe/Berlin',
    [['2026-10-25', 25]],
  ],
  ['without length', '2026-10-08T22:00:00+08:00', '2026-10-08T22:00:00+08:00', 'Asia/Shanghai', []],
])('a stretch %s', (_name, from, until, zone, expected) => {
  expect(hours(from, until, zone)).toEqual(expected);
});

test('the parts are the whole, each in its own day, in any zone', () => {
  const zones = ['Asia/Shanghai', 'America/Havana', 'Europe/Berlin', 'Australia/Lord_Howe', 'Pacific/Apia', 'UTC'];
  const time = fc.integer({ min: at('2011-12-20T00:00:00Z'), max: at('2027-01-01T00:00:00Z') });
  fc.assert(
    fc.property(fc.constantFrom(...zones), time, fc.integer({ min: 0, max: 20 * 24 * HOUR }), (name, from, ms) => {
      const zone = zoneNamed(name);
      let last = from;
      for (const { day, fromAt, untilAt } of byDay(from, from + ms, zone)) {
        expect(fromAt).toBe(last);
        expect(untilAt).toBeGreaterThan(fromAt);
        expect(localDay(fromAt, zone)).toBe(day);
        last = untilAt;
      }
      expect(last).toBe(from + ms);
    }),
    { numRuns: 100 },
  );
});

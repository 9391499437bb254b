import { describe, expect, test } from 'vitest';
import { at, edges, says, windowFrom } from './windows.ts';

// 1 October 2025 is a Wednesday.
describe('state', () => {
  test.each([
    // Plain days: start included, end excluded.
    ['Mon-Fri 08:30-21:00', '2025-10-15T08:29:59', 'out, opens 10-15T08:30'],
    ['Mon-Fri 08:30-21:00', '2025-10-15T08:30', 'in 10-15T08:30 to 10-15T21:00'],
    ['Mon-Fri 08:30-21:00', '2025-10-15T20:59:59.999', 'in 10-15T08:30 to 10-15T21:00'],
    ['Mon-Fri 08:30-21:00', '2025-10-15T21:00', 'out, opens 10-16T08:30'],
    ['Mon-Fri 08:30-21:00', '2025-10-17T21:00', 'out, opens 10-20T08:30'],
    // Neighbouring whole days are one opening.
    ['Sat-Sun 00:00-24:00', '2025-10-18T12:00', 'in 10-18T00:00 to 10-20T00:00'],
    ['Sat-Sun 00:00-24:00', '2025-10-19T12:00', 'in 10-18T00:00 to 10-20T00:00'],
    ['Sat-Sun 00:00-24:00', '2025-10-20T00:00', 'out, opens 10-25T00:00'],
    // Over midnight: the day is the day it starts.
    ['Mon-Sun 23:00-08:00', '2025-10-15T22:59', 'out, opens 10-15T23:00'],
    ['Mon-Sun 23:00-08:00', '2025-10-15T23:00', 'in 10-15T23:00 to 10-16T08:00'],
    ['Mon-Sun 23:00-08:00', '2025-10-16T07:59', 'in 10-15T23:00 to 10-16T08:00'],
    ['Mon-Sun 23:00-08:00', '2025-10-16T08:00', 'out, opens 10-16T23:00'],
    ['Fri 23:00-08:00', '2025-10-18T03:00', 'in 10-17T23:00 to 10-18T08:00'],
    ['Fri 23:00-08:00', '2025-10-17T03:00', 'out, opens 10-17T23:00'],
    ['Sun 23:00-08:00', '2025-10-20T03:00', 'in 10-19T23:00 to 10-20T08:00'],
    ['Wed 23:00-00:00', '2025-10-15T23:30', 'in 10-15T23:00 to 10-16T00:00'],
    // Ranges round the weekend, lists, any case.
    ['Fri-Mon 00:00-24:00', '2025-10-18T12:00', 'in 10-17T00:00 to 10-21T00:00'],
    ['Fri-Mon 00:00-24:00', '2025-10-15T12:00', 'out, opens 10-17T00:00'],
    ['Mon,Wed-Thu 08:00-12:00', '2025-10-14T09:00', 'out, opens 10-15T08:00'],
    ['Mon,Wed-Thu 08:00-12:00', '2025-10-15T09:00', 'in 10-15T08:00 to 10-15T12:00'],
    ['Mon, Wed, Fri 08:00-12:00', '2025-10-15T12:00', 'out, opens 10-17T08:00'],
    ['mon,WED 08:00-12:00', '2025-10-15T09:00', 'in 10-15T08:00 to 10-15T12:00'],
    ['Tue-Tue 08:00-12:00', '2025-10-15T09:00', 'out, opens 10-21T08:00'],
    // Several specs: united; touching and overlapping ones are one opening.
    ['Mon-Fri 08:00-12:00, Mon-Fri 12:00-20:00', '2025-10-15T12:00', 'in 10-15T08:00 to 10-15T20:00'],
    ['Mon-Fri 08:00-15:00, Wed 14:00-20:00', '2025-10-15T19:00', 'in 10-15T08:00 to 10-15T20:00'],
    ['Wed 08:00-20:00, Wed 10:00-12:00', '2025-10-15T11:00', 'in 10-15T08:00 to 10-15T20:00'],
    ['Wed 08:00-12:00,Wed 13:00-20:00', '2025-10-15T12:30', 'out, opens 10-15T13:00'],
    ['Mon-Fri 20:00-08:00, Sat-Sun 00:00-24:00', '2025-10-18T12:00', 'in 10-17T20:00 to 10-20T00:00'],
    // A zone of its own: 09:00 in Berlin is 15:00 in Shanghai.
    ['Mon-Fri 09:00-17:00 Europe/Berlin', '2025-10-15T14:59', 'out, opens 10-15T15:00'],
    ['Mon-Fri 09:00-17:00 Europe/Berlin', '2025-10-15T15:00', 'in 10-15T15:00 to 10-15T23:00'],
    ['Mon-Fri 09:00-17:00 europe/berlin, Wed 12:00-15:00', '2025-10-15T13:00', 'in 10-15T12:00 to 10-15T23:00'],
    // Intervals.
    ['2025-12-24T00:00:00+08:00-2025-12-27T00:00:00+08:00', '2025-12-24T00:00', 'in 12-24T00:00 to 12-27T00:00'],
    ['2025-12-24T00:00:00+08:00-2025-12-27T00:00:00+08:00', '2025-12-27T00:00', 'out, opens never'],
    ['2025-12-24T00:00:00Z-2025-12-27T00:00:00Z', '2025-12-24T07:59', 'out, opens 12-24T08:00'],
    ['2025-12-24T00:00-2025-12-27T00:00', '2025-12-24T00:00', 'in 12-24T00:00 to 12-27T00:00'],
    ['2025-12-24T00:00:00-2025-12-27T00:00:00 Europe/Berlin', '2025-12-24T06:59', 'out, opens 12-24T07:00'],
    ['2025-12-24T00:00:00-05:00-2025-12-24T00:00:00-06:00', '2025-12-24T13:30', 'in 12-24T13:00 to 12-24T14:00'],
    // Words.
    ['always', '2025-10-15T12:00', 'in never to never'],
    ['Always Europe/Berlin', '2025-10-15T12:00', 'in never to never'],
    ['never', '2025-10-15T12:00', 'out, opens never'],
    ['never, Wed 08:00-12:00', '2025-10-15T09:00', 'in 10-15T08:00 to 10-15T12:00'],
    ['always, Wed 08:00-12:00', '2025-10-15T09:00', 'in never to never'],
    // All there is, said otherwise.
    ['Mon-Sun 00:00-24:00', '2025-10-15T12:00', 'in never to never'],
    ['Sat-Sun 00:00-24:00, Mon-Fri 00:00-12:00, Mon-Fri 12:00-24:00', '2025-10-15T12:00', 'in never to never'],
    ['Mon-Sun 08:00-20:00, Mon-Sun 20:00-08:00', '2025-10-15T12:00', 'in never to never'],
    ['plain.workdays, plain.restdays', '2025-10-15T12:00', 'in never to never'],
    ['Mon-Sun 00:00-12:00, Mon-Sun 06:00-18:00 UTC', '2025-10-15T13:00', 'out, opens 10-15T14:00'],
  ])('%s at %s: %s', (text, time, expected) => {
    expect(says(text, time)).toBe(expected);
  });
});

describe("state by China's National Day week of 2025", () => {
  test.each([
    ['cn.workdays 08:30-21:00', '2025-09-27T12:00', 'out, opens 09-28T08:30'],
    ['cn.workdays 08:30-21:00', '2025-09-28T12:00', 'in 09-28T08:30 to 09-28T21:00'],
    ['cn.workdays 08:30-21:00', '2025-09-30T21:00', 'out, opens 10-09T08:30'],
    ['cn.workdays 08:30-21:00', '2025-10-11T08:30', 'in 10-11T08:30 to 10-11T21:00'],
    ['cn.workdays 08:30-21:00', '2025-10-12T12:00', 'out, opens 10-13T08:30'],
    ['cn.holidays', '2025-10-04T12:00', 'in 10-01T00:00 to 10-09T00:00'],
    ['cn.holidays', '2025-10-09T00:00', 'out, opens never'],
    ['cn.holidays 09:00-12:00', '2025-10-07T12:00', 'out, opens 10-08T09:00'],
    ['cn.restdays', '2025-09-27T12:00', 'in 09-27T00:00 to 09-28T00:00'],
    ['cn.restdays 00:00-24:00', '2025-10-04T12:00', 'in 10-01T00:00 to 10-09T00:00'],
    ['cn.restdays', '2025-10-11T12:00', 'out, opens 10-12T00:00'],
    ['cn.workdays 22:00-06:00', '2025-10-01T05:59', 'in 09-30T22:00 to 10-01T06:00'],
    ['cn.workdays, cn.holidays', '2025-10-12T12:00', 'out, opens 10-13T00:00'],
    ['cn.holidays, Sat 00:00-24:00', '2025-10-03T12:00', 'in 10-01T00:00 to 10-09T00:00'],
  ])('%s at %s: %s', (text, time, expected) => {
    expect(says(text, time)).toBe(expected);
  });

  test("a calendar's dates are meant in its own zone, wherever it is used", () => {
    const there = windowFrom('cn.holidays', 'America/New_York');
    expect(there.state(at('2025-10-01T00:00+08:00'))).toMatchObject({ inside: true });
    expect(there.state(at('2025-10-09T00:00+08:00'))).toMatchObject({ inside: false });
  });

  test('unless the spec says otherwise', () => {
    const there = windowFrom('cn.holidays America/New_York');
    expect(there.state(at('2025-10-01T00:00+08:00'))).toEqual({ inside: false, opensAt: at('2025-10-01T00:00-04:00') });
  });

  test('a window tells its calendars, so that a missing year can be seen', () => {
    const { calendars } = windowFrom('cn.workdays 08:00-12:00, cn.holidays, plain.restdays, Mon 08:00-09:00');
    expect(calendars.map((each) => [each.name, each.yearsCovered])).toEqual([
      ['cn', [2025]],
      ['plain', []],
    ]);
  });
});

describe('edgesAfter', () => {
  test.each([
    ['Mon-Fri 08:30-21:00', '2025-10-17T12:00', 3, '10-17T21:00- 10-20T08:30+ 10-20T21:00-'],
    ['Mon-Fri 08:30-21:00', '2025-10-17T08:30', 1, '10-17T21:00-'],
    ['Mon-Fri 08:30-21:00', '2025-10-17T21:00', 1, '10-20T08:30+'],
    ['Wed 08:00-12:00, Wed 12:00-14:00', '2025-10-15T00:00', 2, '10-15T08:00+ 10-15T14:00-'],
    ['2025-12-24T00:00-2025-12-27T00:00', '2025-10-15T00:00', 5, '12-24T00:00+ 12-27T00:00-'],
    ['cn.holidays', '2025-01-01T00:00', 5, '10-01T00:00+ 10-09T00:00-'],
    ['always', '2025-10-15T00:00', 5, ''],
    ['never', '2025-10-15T00:00', 5, ''],
    ['Mon-Fri 08:30-21:00', '2025-10-17T12:00', 0, ''],
  ])('%s from %s, %d: %s', (text, time, count, expected) => {
    expect(edges(text, time, count)).toBe(expected);
  });
});

describe('occurrence', () => {
  test.each([
    ['Mon-Sun 23:00-08:00', '2025-10-16T03:00', '2025-10-15T23:00:00+08:00'],
    ['Mon-Sun 23:00-08:00', '2025-10-16T12:00', null],
    ['Mon-Fri 09:00-17:00 Europe/Berlin', '2025-10-15T20:00', '2025-10-15T09:00:00+02:00'],
    // The zone is that of the spec that opened it.
    ['Mon-Fri 09:00-17:00 Europe/Berlin, Wed 12:00-15:00', '2025-10-15T20:00', '2025-10-15T12:00:00+08:00'],
    ['Sat-Sun 00:00-24:00', '2025-10-19T12:00', '2025-10-18T00:00:00+08:00'],
    ['2025-12-24T00:00:00Z-2025-12-27T00:00:00Z', '2025-12-25T12:00', '2025-12-24T08:00:00+08:00'],
    ['always', '2025-10-15T23:59:59', '2025-10-15'],
    ['always', '2025-10-16T00:00', '2025-10-16'],
    ['always America/New_York', '2025-10-16T00:00', '2025-10-15'],
    ['Mon-Sun 00:00-24:00', '2025-10-16T00:00', '2025-10-16'],
    ['never', '2025-10-16T00:00', null],
  ])('%s at %s: %s', (text, time, expected) => {
    const window = windowFrom(text);
    expect(window.occurrence(at(time))).toBe(expected);
    expect(window.occurrence(at(time))).toBe(expected);
  });

  test('two openings never share a key, even on a night that has an hour twice', () => {
    const window = windowFrom('Sun 00:30-01:15, Sun 01:30-01:45', 'America/New_York');
    const keys = window
      .edgesAfter(at('2026-01-01T00:00Z'), 200)
      .filter((edge) => edge.opens)
      .map((edge) => window.occurrence(edge.at));
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('out in the years', () => {
  test('before 1970 and after 2100 a window still knows inside from outside, and no edges past 2100', () => {
    const window = windowFrom('Mon-Fri 08:30-21:00', 'UTC');
    expect(window.state(at('1950-06-01T12:00Z')).inside).toBe(true);
    expect(window.state(at('1950-06-01T22:00Z')).inside).toBe(false);
    expect(window.state(at('2150-06-01T12:00Z'))).toMatchObject({ inside: true });
    expect(window.state(at('2150-06-01T22:00Z'))).toEqual({ inside: false, opensAt: null });
    expect(window.state(at('2150-06-02T12:00Z'))).toMatchObject({ inside: true });
    expect(window.edgesAfter(at('2099-12-31T12:00Z'), 5)).toEqual([{ at: at('2099-12-31T21:00Z'), opens: false }]);
  });
});

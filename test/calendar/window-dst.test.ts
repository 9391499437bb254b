import { describe, expect, test } from 'vitest';
import { at, windowFrom } from './windows.ts';

const HOUR = 3_600_000;

/** The openings of `text` around a night, as UTC `DDTHH:MM/DDTHH:MM`. */
function openings(text: string, zone: string, from: string, to: string): string {
  const window = windowFrom(text, zone);
  const show = (time: number) => new Date(time).toISOString().slice(8, 16);
  const found: string[] = [];
  for (const edge of window.edgesAfter(at(from), 100)) {
    if (!edge.opens || edge.at >= at(to)) continue;
    const state = window.state(edge.at);
    if (state.inside && state.closesAt !== null) found.push(`${show(edge.at)}/${show(state.closesAt)}`);
  }
  return found.join(' ');
}

// New York, Sunday 8 March 2026: at 07:00Z clocks go from 02:00 (UTC-5) to 03:00 (UTC-4).
describe('New York springs forward', () => {
  test.each([
    ['Sun 01:00-04:00', '08T06:00/08T08:00', 'two real hours'],
    ['Sat 23:00-08:00', '08T04:00/08T12:00', 'eight real hours of night'],
    ['Sun 00:00-24:00', '08T05:00/09T04:00', 'a day of 23 hours'],
    ['Sun 02:30-04:00', '08T07:00/08T08:00', 'a start in the gap: at the jump'],
    ['Sun 02:00-04:00', '08T07:00/08T08:00', 'a start at the edge of the gap'],
    ['Sun 01:00-02:30', '08T06:00/08T07:00', 'an end in the gap: at the jump'],
    ['Sun 02:15-02:45', '', 'wholly in the gap: not on this day'],
    ['Sun 02:15-02:45, Sun 03:00-04:00', '08T07:00/08T08:00', 'nothing is left of the first'],
    ['Sun 01:00-02:30, Sun 02:30-04:00', '08T06:00/08T08:00', 'what touches on paper touches'],
    ['Sun 03:00-04:00', '08T07:00/08T08:00', 'a start where the gap ends'],
  ])('%s is %s: %s', (text, expected) => {
    expect(openings(text, 'America/New_York', '2026-03-08T00:00Z', '2026-03-09T04:00Z')).toBe(expected);
  });

  test('a window in the gap waits for the next week', () => {
    expect(windowFrom('Sun 02:15-02:45', 'America/New_York').state(at('2026-03-08T06:30Z'))).toEqual({
      inside: false,
      opensAt: at('2026-03-15T02:15-04:00'),
    });
  });
});

// New York, Sunday 1 November 2026: at 06:00Z clocks go from 02:00 (UTC-4) back to 01:00 (UTC-5).
describe('New York falls back', () => {
  test.each([
    ['Sun 00:00-24:00', '01T04:00/02T05:00', 'a day of 25 hours'],
    ['Sat 23:00-08:00', '01T03:00/01T13:00', 'ten real hours of night'],
    ['Sun 01:00-02:00', '01T05:00/01T07:00', 'the hour that comes twice, once'],
    ['Sun 01:30-03:00', '01T05:30/01T08:00', 'a start that comes twice: the first'],
    ['Sun 00:00-01:30', '01T04:00/01T05:30', 'an end that comes twice: the first'],
    ['Sun 01:15-01:45', '01T05:15/01T05:45', 'both come twice: once, and never empty'],
    ['Sun 01:00-01:30, Sun 01:30-02:00', '01T05:00/01T07:00', 'what touches on paper touches'],
  ])('%s is %s: %s', (text, expected) => {
    expect(openings(text, 'America/New_York', '2026-11-01T00:00Z', '2026-11-02T05:00Z')).toBe(expected);
  });
});

// Berlin: 29 March 2026 02:00 to 03:00 and 25 October 2026 03:00 back to 02:00, both at 01:00Z.
describe('Berlin', () => {
  test.each([
    ['Sat 23:00-08:00', '2026-03-28T12:00Z', '28T22:00/29T06:00'],
    ['Sun 02:30-03:30', '2026-03-28T12:00Z', '29T01:00/29T01:30'],
    ['Sat 23:00-02:30', '2026-03-28T12:00Z', '28T22:00/29T01:00'],
    ['Sat 23:00-08:00', '2026-10-24T12:00Z', '24T21:00/25T07:00'],
    ['Sun 02:30-03:30', '2026-10-24T12:00Z', '25T00:30/25T02:30'],
    ['Sat 23:00-02:30', '2026-10-24T12:00Z', '24T21:00/25T00:30'],
  ])('%s after %s is %s', (text, from, expected) => {
    expect(openings(text, 'Europe/Berlin', from, new Date(at(from) + 30 * HOUR).toISOString())).toBe(expected);
  });
});

// Lord Howe moves by half an hour: 4 October 2026 02:00 to 02:30 at 15:30Z the day before; 5 April 2026 02:00 back to
// 01:30 at 15:00Z the day before.
describe('Lord Howe', () => {
  test.each([
    ['Sun 01:00-04:00', '2026-10-03T00:00Z', '03T14:30/03T17:00'],
    ['Sun 02:15-03:00', '2026-10-03T00:00Z', '03T15:30/03T16:00'],
    ['Sun 01:00-02:15', '2026-10-03T00:00Z', '03T14:30/03T15:30'],
    ['Sun 02:05-02:20', '2026-10-03T00:00Z', ''],
    ['Sun 01:00-04:00', '2026-04-04T00:00Z', '04T14:00/04T17:30'],
    ['Sun 01:45-02:00', '2026-04-04T00:00Z', '04T14:45/04T15:30'],
    ['Sun 01:00-01:45', '2026-04-04T00:00Z', '04T14:00/04T14:45'],
    ['Sat 22:00-06:00', '2026-04-04T00:00Z', '04T11:00/04T19:30'],
  ])('%s after %s is %s', (text, from, expected) => {
    expect(openings(text, 'Australia/Lord_Howe', from, new Date(at(from) + 30 * HOUR).toISOString())).toBe(expected);
  });
});

test('where clocks went back over midnight, the day had begun before its eve came again', () => {
  // St. John's, 7 November 2010: 00:01 (UTC-2:30) back to 23:01 of the day before (UTC-3:30), at 02:31Z.
  const window = windowFrom('Sun 00:00-08:00', 'America/St_Johns');
  expect(window.state(at('2010-11-07T03:00Z'))).toEqual({
    inside: true,
    openedAt: at('2010-11-07T02:30Z'),
    closesAt: at('2010-11-07T11:30Z'),
  });
});

test('a day that never was has no window', () => {
  // Samoa went from Thursday 29 to Saturday 31 December 2011.
  expect(openings('Thu-Sat 08:00-12:00', 'Pacific/Apia', '2011-12-29T00:00Z', '2011-12-31T11:00Z')).toBe(
    '29T18:00/29T22:00 30T18:00/30T22:00',
  );
});

test('an interval without offset follows the same rule', () => {
  const window = windowFrom('2026-03-08T02:30-2026-11-01T01:30', 'America/New_York');
  expect(window.edgesAfter(0, 2)).toEqual([
    { at: at('2026-03-08T07:00Z'), opens: true },
    { at: at('2026-11-01T05:30Z'), opens: false },
  ]);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SHORTEST_TIMER_LEAD_MS, timerTime } from '../../src/providers/chenyu/timer.ts';
import { fromEpochSeconds, fromTimeText, toShanghaiText } from '../../src/providers/chenyu/times.ts';
import { NOW } from './chenyu-support/account.ts';

describe('Unix seconds of v2', () => {
  test.each([
    [1_703_145_600, { kind: 'at', at: 1_703_145_600_000 }],
    ['1703145600', { kind: 'at', at: 1_703_145_600_000 }],
    [0, { kind: 'absent' }],
    [null, { kind: 'absent' }],
    [undefined, { kind: 'absent' }],
    ['', { kind: 'absent' }],
    [60, { kind: 'odd' }],
    [1_703_145_600_000, { kind: 'odd' }],
    [-1, { kind: 'odd' }],
    [1.5, { kind: 'odd' }],
    [[], { kind: 'odd' }],
    ['2024-01-01', { kind: 'odd' }],
  ])('C2-01: %j is %j: minutes and milliseconds are no seconds', (value, expected) => {
    expect(fromEpochSeconds(value)).toEqual(expected);
  });
});

describe('time texts of v1', () => {
  const noon = Date.UTC(2025, 10, 29, 11, 40, 0);
  test.each([
    ['2025-11-29 19:40:00', { kind: 'at', at: noon }],
    ['2025-11-29T19:40:00', { kind: 'at', at: noon }],
    ['2025-11-29T19:40:00+08:00', { kind: 'at', at: noon }],
    ['2025-11-29T11:40:00Z', { kind: 'at', at: noon }],
    ['2025-11-29T11:40:00.123Z', { kind: 'at', at: noon }],
    ['2025-11-29T05:40:00-0600', { kind: 'at', at: noon }],
    ['2019-08-24T14:15:22Z', { kind: 'odd' }],
    ['0001-01-01T00:00:00Z', { kind: 'absent' }],
    ['', { kind: 'absent' }],
    [null, { kind: 'absent' }],
    ['2025-02-30 00:00:00', { kind: 'odd' }],
    ['2025-13-01 00:00:00', { kind: 'odd' }],
    ['2025-11-29', { kind: 'odd' }],
    ['29/11/2025 19:40', { kind: 'odd' }],
    [1_703_145_600, { kind: 'odd' }],
  ])('C1-10: %j is %j, whatever zone this machine is in', (value, expected) => {
    expect(fromTimeText(value)).toEqual(expected);
  });

  test('C1-09: what is written in Shanghai time reads back as the same second', () => {
    const from = Date.UTC(2020, 0, 2);
    fc.assert(
      fc.property(fc.integer({ min: from / 1000, max: Date.UTC(2099, 0, 1) / 1000 }), (seconds) => {
        const written = toShanghaiText(seconds * 1000);
        expect(written).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
        expect(fromTimeText(written)).toEqual({ kind: 'at', at: seconds * 1000 });
      }),
    );
    expect(toShanghaiText(noon)).toBe('2025-11-29 19:40:00');
  });
});

describe('the time a shutdown is armed for', () => {
  test('C2-01: never nearer than seven minutes, and rounded up to the second', () => {
    expect(timerTime(NOW + SHORTEST_TIMER_LEAD_MS, NOW)).toBe(NOW + SHORTEST_TIMER_LEAD_MS + 500);
    expect(() => timerTime(NOW + SHORTEST_TIMER_LEAD_MS - 1, NOW)).toThrow(/419 s ahead; at least 420 s/);
    expect(() => timerTime(60, NOW)).toThrow(/not a time/);
    expect(() => timerTime(Number.NaN, NOW)).toThrow(/not a time/);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatReading } from '../../src/calendar/civil.ts';

/** What a Date can name. */
const EDGE = 8.64e15;

function byDate(at: number): string {
  const iso = new Date(at).toISOString().slice(0, -1);
  return iso.endsWith('.000') ? iso.slice(0, -4) : iso;
}

describe('a reading as text', () => {
  it('is the one that a Date gives', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.integer({ min: -EDGE, max: EDGE }),
          fc.integer({ min: Date.parse('2020-01-01'), max: Date.parse('2040-01-01') }),
          fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        ),
        (at) => {
          expect(formatReading(at)).toBe(byDate(at));
        },
      ),
    );
  });

  it.each([
    ['the first millisecond of a day', Date.UTC(2026, 10, 2, 0, 0, 0, 1), '2026-11-02T00:00:00.001'],
    ['its last', Date.UTC(2026, 10, 2, 23, 59, 59, 999), '2026-11-02T23:59:59.999'],
    ['a day before 1970', Date.UTC(1969, 11, 31, 23, 5), '1969-12-31T23:05:00'],
    ['less than a millisecond before a day', -0.5, '1970-01-01T00:00:00'],
    ['a year of five digits', Date.UTC(12_026, 0, 1), '+012026-01-01T00:00:00'],
  ])('%s', (_what, at, text) => {
    expect(formatReading(at)).toBe(text);
  });

  it('of more days than are remembered is the same the second time', () => {
    const days = Array.from({ length: 1_200 }, (_, day) => day * 86_400_000);
    const texts = days.map(formatReading);
    expect(days.map(formatReading)).toEqual(texts);
    expect(new Set(texts).size).toBe(1_200);
  });

  it('beyond what a Date can name there is none', () => {
    for (const at of [EDGE + 1e9, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => formatReading(at)).toThrow(RangeError);
  });
});

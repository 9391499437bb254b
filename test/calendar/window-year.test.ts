import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Window } from '../../src/calendar/window.ts';
import { DAY_NAMES } from '../../src/calendar/window-spec.ts';
import { cpuMs } from './cpu-ms.ts';
import { openingsBetween, type PlainSpec, wallClockInside } from './oracle.ts';
import { windowFrom } from './windows.ts';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const YEAR_BEGINS = Date.UTC(2026, 0, 1);
const YEAR_ENDS = Date.UTC(2027, 0, 1);
/** The plain openings reach this far beyond the year, so that those over New Year are whole. */
const [FIRST_DAY, LAST_DAY] = ['2025-11-20', '2027-02-10'];

const ZONES = ['Asia/Shanghai', 'America/New_York', 'Australia/Lord_Howe'] as const;

/** Round hours and half hours, and minutes around the hours at which clocks change. */
const minutes = fc.oneof(
  fc.integer({ min: 0, max: 47 }).map((half) => half * 30),
  fc.integer({ min: 55, max: 185 }),
  fc.integer({ min: 0, max: 1439 }),
);

function specsIn(zones: fc.Arbitrary<string>): fc.Arbitrary<PlainSpec[]> {
  const spec = fc.record({
    days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
    start: minutes,
    end: fc.oneof(minutes, fc.constant(1440)),
    zone: zones,
  });
  return fc.array(
    spec.filter(({ start, end }) => start !== end),
    { minLength: 1, maxLength: 3 },
  );
}

function textOf(specs: readonly PlainSpec[]): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const clock = (minute: number) => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
  return specs
    .map(({ days, start, end, zone }) => {
      const names = days.map((day) => DAY_NAMES[day - 1]).join(',');
      return `${names} ${clock(start)}-${clock(end)} ${zone}`;
    })
    .join(', ');
}

/** Every minute of the year against the plain openings; throws at the first difference. */
function sweep(window: Window, specs: readonly PlainSpec[]): void {
  const openings = openingsBetween(FIRST_DAY, LAST_DAY, specs);
  const horizon = Date.parse(`${LAST_DAY}T00:00Z`) - 2 * DAY;
  let index = 0;
  for (let at = YEAR_BEGINS; at < YEAR_ENDS; at += MINUTE) {
    while ((openings[index]?.endAt ?? Number.POSITIVE_INFINITY) <= at) index += 1;
    const opening = openings[index];
    const state = window.state(at);
    const inside = opening !== undefined && opening.startAt <= at;
    let same: boolean;
    if (!inside) same = !state.inside && state.opensAt === (opening?.startAt ?? null);
    // An opening that fills the whole range goes on beyond it, and there the plain opinion ends.
    else if (opening.endAt > horizon) same = state.inside;
    else same = state.inside && state.openedAt === opening.startAt && state.closesAt === opening.endAt;
    if (!same) {
      const expected = JSON.stringify({ inside, ...opening });
      throw new Error(
        `${window.text} at ${new Date(at).toISOString()}: ${JSON.stringify(state)}, expected ${expected}`,
      );
    }
  }
}

describe.each(ZONES)('every minute of 2026 in %s', (zone) => {
  test('a window says what the plain openings say, edges and all', () => {
    fc.assert(
      fc.property(specsIn(fc.constant(zone)), (specs) => sweep(windowFrom(textOf(specs)), specs)),
      { numRuns: 8 },
    );
  });

  test.each(['Mon-Fri 08:30-21:00', 'Mon-Sun 23:00-08:00', 'Sat-Sun 00:00-24:00', 'Sun 01:30-02:30'])('%s', (text) => {
    const days = { 'Mon-Fri': [1, 2, 3, 4, 5], 'Mon-Sun': [1, 2, 3, 4, 5, 6, 7], 'Sat-Sun': [6, 7], Sun: [7] };
    const [name = '', span = ''] = text.split(' ');
    const [start = 0, end = 0] = span
      .split('-')
      .map((clock) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3)));
    const found = Object.entries(days).find(([each]) => each === name)?.[1] ?? [];
    sweep(windowFrom(text, zone), [{ days: found, start, end, zone }]);
  });

  test('away from clock changes it is what the clock on the wall says', () => {
    const quiet = fc
      .integer({ min: YEAR_BEGINS / MINUTE, max: YEAR_ENDS / MINUTE })
      .map((minute) => minute * MINUTE)
      .filter((at) => {
        const offset = (time: number) => Temporal.Instant.fromEpochMilliseconds(time).toZonedDateTimeISO(zone).offset;
        return offset(at - DAY) === offset(at + DAY);
      });
    fc.assert(
      fc.property(specsIn(fc.constant(zone)), fc.array(quiet, { minLength: 20, maxLength: 20 }), (specs, times) => {
        const window = windowFrom(textOf(specs));
        for (const at of times) expect(window.state(at).inside).toBe(wallClockInside(at, specs));
      }),
      { numRuns: 200 },
    );
  });
});

test('every minute of 2026 with specs in several zones', () => {
  fc.assert(
    fc.property(specsIn(fc.constantFrom(...ZONES, 'Europe/Berlin')), (specs) =>
      sweep(windowFrom(textOf(specs)), specs),
    ),
    { numRuns: 8 },
  );
});

describe('for any window and instants', () => {
  const windows = fc.oneof(
    specsIn(fc.constantFrom(...ZONES)).map(textOf),
    fc.constantFrom(
      'always',
      'never',
      'cn.workdays 08:30-21:00',
      'cn.holidays, Sat 22:00-06:00',
      'Mon-Sun 00:00-24:00',
      '2026-03-08T00:00Z-2026-11-01T05:30Z, Sun 01:00-02:00 America/New_York',
    ),
  );
  const instants = fc.integer({ min: Date.UTC(2025, 6, 1), max: Date.UTC(2027, 6, 1) });

  test('what is remembered never changes the answer, in whatever order it is asked', () => {
    fc.assert(
      fc.property(windows, fc.array(instants, { minLength: 1, maxLength: 8 }), (text, times) => {
        const window = windowFrom(text);
        for (const at of times) {
          const fresh = windowFrom(text);
          expect(window.state(at)).toEqual(fresh.state(at));
          expect(window.occurrence(at)).toBe(fresh.occurrence(at));
          expect(window.edgesAfter(at, 2)).toEqual(fresh.edgesAfter(at, 2));
        }
      }),
      { numRuns: 250 },
    );
  });

  test('nor right beside an edge, coming from either side', () => {
    fc.assert(
      fc.property(windows, instants, fc.shuffledSubarray([-60_000, -1, 0, 1, 60_000]), (text, at, steps) => {
        const window = windowFrom(text);
        for (const edge of window.edgesAfter(at, 3)) {
          for (const step of steps) {
            expect(window.state(edge.at + step)).toEqual(windowFrom(text).state(edge.at + step));
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  test('edges are the very moments of change, and agree with the state', () => {
    fc.assert(
      fc.property(windows, instants, (text, at) => {
        const window = windowFrom(text);
        const state = window.state(at);
        const found = window.edgesAfter(at, 6);
        expect(found[0]?.at ?? null).toBe(state.inside ? state.closesAt : state.opensAt);
        let inside = state.inside;
        let last = at;
        for (const edge of found) {
          expect(edge.at).toBeGreaterThan(last);
          expect(edge.opens).toBe(!inside);
          expect(window.state(edge.at - 1).inside).toBe(inside);
          const after = window.state(edge.at);
          expect(after.inside).toBe(!inside);
          if (after.inside) expect(after.openedAt).toBe(edge.at);
          inside = after.inside;
          last = edge.at;
        }
      }),
      { numRuns: 500 },
    );
  });

  test('an opening begins where it says, has one key, and its key is its own', () => {
    fc.assert(
      fc.property(windows, instants, (text, at) => {
        const window = windowFrom(text);
        const state = window.state(at);
        const key = window.occurrence(at);
        expect(key === null).toBe(!state.inside);
        if (!state.inside || state.openedAt === null || key === null) return;
        expect(Temporal.Instant.from(key).epochMilliseconds).toBe(state.openedAt);
        expect(window.state(state.openedAt - 1).inside).toBe(false);
        expect(window.state(state.openedAt)).toEqual(state);
        expect(window.occurrence(state.openedAt)).toBe(key);
        if (state.closesAt === null) return;
        expect(window.occurrence(state.closesAt - 1)).toBe(key);
        const [, next] = window.edgesAfter(at, 2);
        if (next !== undefined) expect(window.occurrence(next.at)).not.toBe(key);
      }),
      { numRuns: 500 },
    );
  });
});

test('a year of minutes, and the same instant asked over and over, are cheap', () => {
  const window = windowFrom('Mon-Fri 08:30-21:00, cn.holidays, Sat 23:00-08:00 America/New_York');
  const began = cpuMs();
  let inside = 0;
  for (let at = YEAR_BEGINS; at < YEAR_ENDS; at += MINUTE) if (window.state(at).inside) inside += 1;
  for (let call = 0; call < 5_000_000; call += 1) if (window.state(YEAR_BEGINS + (call & 1023)).inside) inside += 1;
  expect(inside).toBeGreaterThan(0);
  // Takes some 50 ms alone on a core; the bound leaves room for a busy machine, not for computing each answer anew.
  expect(cpuMs() - began).toBeLessThan(2000);
});

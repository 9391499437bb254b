import fc from 'fast-check';
import { describe, test } from 'vitest';
import { MOST_HOLES, type Rhythm, watchOn } from '../../src/activity/watch.ts';
import { isProven, provenAt, provenMs } from '../../src/decide/idle-clock.ts';
import type { Watched } from '../../src/fleet/activity.ts';
import { expect } from '../support/in-words.ts';
import { HOUR, MINUTE, NOON, SECOND } from './fleet.ts';

const RHYTHM: Rhythm = { everyMs: MINUTE, longestHoleMs: 3 * MINUTE };

function watchAt(times: readonly number[], before: Watched | null = null): Watched | null {
  return times.reduce<Watched | null>((watched, at) => watchOn(watched, at, RHYTHM), before);
}

describe('a watch', () => {
  const begun: Watched = { from: NOON, to: NOON, holes: [] };
  const cases: readonly (readonly [string, number, Watched])[] = [
    ['goes on with a round in time', MINUTE, { from: NOON, to: NOON + MINUTE, holes: [] }],
    ['a round a little late misses nothing', 90 * SECOND, { from: NOON, to: NOON + 90 * SECOND, holes: [] }],
    [
      'two rounds that are missing are a hole',
      3 * MINUTE,
      { from: NOON, to: NOON + 3 * MINUTE, holes: [{ at: NOON, ms: 2 * MINUTE }] },
    ],
    ['a longer hole breaks it', 3 * MINUTE + 1, { from: NOON + 3 * MINUTE + 1, to: NOON + 3 * MINUTE + 1, holes: [] }],
    ['another replica was a little ahead', -MINUTE, begun],
    ['the clock was set back', -HOUR, { from: NOON - HOUR, to: NOON - HOUR, holes: [] }],
    ['the clock was set ahead', HOUR, { from: NOON + HOUR, to: NOON + HOUR, holes: [] }],
  ];
  test.each(cases)('%s', (_name, later, expected) => {
    expect(watchOn(begun, NOON + later, RHYTHM)).toEqual(expected);
  });

  test('remembers no end of holes: it begins behind the oldest', () => {
    const times = Array.from({ length: MOST_HOLES + 2 }, (_, index) => NOON + index * 2 * MINUTE);
    const watched = watchAt(times);
    expect(watched?.holes).toHaveLength(MOST_HOLES);
    expect(watched?.from).toBe(NOON + MINUTE);
  });
});

const rounds = fc
  .array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 120 })
  .map((gaps) => gaps.map((gap, index) => NOON + gaps.slice(0, index).reduce((sum, each) => sum + each, gap) * SECOND));

/** For how long it is proven at `until`. */
function proven(watched: Watched | null, ms: number, until: number): number {
  return watched === null ? 0 : provenMs(ms, watched.from, watched, Math.min(until, watched.to));
}

describe('whatever the rounds', () => {
  test('removing readings never makes it more idle', () => {
    fc.assert(
      fc.property(rounds, fc.array(fc.boolean(), { minLength: 120, maxLength: 120 }), (times, keep) => {
        const until = times.at(-1) ?? NOON;
        const some = times.filter((_, index) => keep[index] === true);
        const all = watchAt(times);
        for (const ms of [5 * MINUTE, 30 * MINUTE, 2 * HOUR]) {
          if (!isProvenAt(watchAt(some), ms, until)) continue;
          // What holds with fewer readings holds with all of them, but for a round's worth of rounding at each hole.
          expect(proven(all, ms, until)).toBeGreaterThanOrEqual(proven(watchAt(some), ms, until) - MINUTE);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('what nobody saw does not count: what is proven is never longer than a round for each look', () => {
    fc.assert(
      fc.property(rounds, (times) => {
        const until = times.at(-1) ?? NOON;
        const most = times.length * MINUTE * 1.5;
        expect(proven(watchAt(times), 100 * HOUR, until)).toBeLessThanOrEqual(most);
      }),
    );
  });

  test('a clock that is set makes nothing more idle than the time that was watched', () => {
    fc.assert(
      fc.property(
        rounds,
        fc.integer({ min: -9 * 3600, max: 9 * 3600 }),
        fc.nat({ max: 119 }),
        (times, stepS, place) => {
          const stepped = times.map((at, index) => (index < place ? at : at + stepS * SECOND));
          const until = stepped.at(-1) ?? NOON;
          expect(proven(watchAt(stepped), 100 * HOUR, until)).toBeLessThanOrEqual(times.length * MINUTE * 1.5);
        },
      ),
    );
  });
});

function isProvenAt(watched: Watched | null, ms: number, until: number): boolean {
  return watched !== null && isProven(ms, watched.from, watched, Math.min(until, watched.to));
}

describe('proven idle', () => {
  const every = (minutes: readonly number[]) => watchAt(minutes.map((minute) => NOON + minute * MINUTE));
  const minutes = (count: number) => Array.from({ length: count + 1 }, (_, index) => index);

  test('takes the whole of idleFor', () => {
    expect(isProvenAt(every(minutes(29)), 30 * MINUTE, NOON + 29 * MINUTE)).toBe(false);
    expect(isProvenAt(every(minutes(30)), 30 * MINUTE, NOON + 30 * MINUTE)).toBe(true);
  });

  test('an unknown reading freezes the clock: it neither goes on nor begins anew', () => {
    const without = minutes(31).filter((minute) => minute !== 10);
    expect(isProvenAt(every(without.slice(0, -1)), 30 * MINUTE, NOON + 30 * MINUTE)).toBe(false);
    expect(isProvenAt(every(without), 30 * MINUTE, NOON + 31 * MINUTE)).toBe(true);
  });

  test('nine in ten readings are enough, and eight in ten never are', () => {
    const without = (one: number) => minutes(600).filter((minute) => minute % one !== 1);
    expect(isProvenAt(every(without(20)), 2 * HOUR, NOON + 600 * MINUTE)).toBe(true);
    expect(isProvenAt(every(without(5)), 2 * HOUR, NOON + 600 * MINUTE)).toBe(false);
  });

  test('behind a hole that is too long it begins anew', () => {
    const watched = every([...minutes(29), ...minutes(29).map((minute) => minute + 35)]);
    expect(isProvenAt(watched, 30 * MINUTE, NOON + 64 * MINUTE)).toBe(false);
    expect(isProvenAt(watchOn(watched, NOON + 65 * MINUTE, RHYTHM), 30 * MINUTE, NOON + 65 * MINUTE)).toBe(true);
  });

  test('when it will be is told, and is so', () => {
    fc.assert(
      fc.property(rounds, (times) => {
        const watched = watchAt(times);
        if (watched === null) return;
        const ms = 30 * MINUTE;
        const at = provenAt(ms, watched.from, watched);
        expect(isProven(ms, watched.from, { ...watched, to: at }, at)).toBe(true);
        if (at > watched.to) expect(isProven(ms, watched.from, watched, at - 1)).toBe(false);
      }),
    );
  });
});

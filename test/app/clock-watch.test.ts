import { describe, expect, test } from 'vitest';
import { ClockWatch } from '../../src/app/clock-watch.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A watch over two clocks that the test moves, and what it told. */
function watch() {
  const time = { wall: Date.UTC(2026, 0, 1), steady: 0 };
  const told = { steps: [] as number[], unsafe: [] as number[], doubts: [] as (string | null)[] };
  const watched = new ClockWatch({
    time: { now: () => time.wall, monotonic: () => time.steady },
    onStep: (stepMs) => void told.steps.push(stepMs),
    onUnsafe: (stepMs) => void told.unsafe.push(stepMs),
    onDoubt: (why) => void told.doubts.push(why),
  });
  const pass = (ms: number) => {
    time.wall += ms;
    time.steady += ms;
  };
  return {
    watched,
    told,
    pass,
    /** The wall clock is set; the other one does not notice. */
    set: (ms: number) => {
      time.wall += ms;
    },
    /** A cloud answers after `tookMs` and says that it is so much later there. */
    answer: (account: string, laterMs: number, tookMs = 200) => {
      const startedAt = time.wall;
      pass(tookMs);
      const serverTimeAt = Math.floor((time.wall - tookMs / 2 + laterMs) / SECOND) * SECOND;
      return watched.told({ account, startedAt, finishedAt: time.wall, tookMs, serverTimeAt });
    },
  };
}

describe('steps of the wall clock', () => {
  test.each([
    ['no step', 0, 0, 0],
    ['a correction', 1_900, 0, 0],
    ['a correction back', -1_900, 0, 0],
    ['a small step', 3_000, 1, 0],
    ['a small step back', -4_900, 1, 0],
    ['a step back', -6_000, 1, 1],
    ['an hour back', -HOUR, 1, 1],
    ['an hour ahead', HOUR, 1, 0],
  ])('%s', (_, stepMs, steps, unsafe) => {
    const { watched, told, pass, set } = watch();
    pass(SECOND);
    set(stepMs);
    watched.look();
    expect(told.steps).toHaveLength(steps);
    expect(told.unsafe).toHaveLength(unsafe);
  });

  test('a late look is no step', () => {
    const { watched, told, pass } = watch();
    pass(10 * MINUTE);
    watched.look();
    expect(told.steps).toEqual([]);
  });

  test('a step back is told once, and doubts the clock for good', () => {
    const { watched, told, set, answer } = watch();
    set(-HOUR);
    watched.look();
    set(-HOUR);
    watched.look();
    expect(told.unsafe).toEqual([-HOUR]);
    for (const account of ['a', 'b']) answer(account, 0);
    expect(watched.doubt()).toMatch(/set back/);
  });

  test.each([-HOUR, 2 * HOUR])('it is noticed at the moment somebody asks (%i ms)', (stepMs) => {
    const { watched, set } = watch();
    expect(watched.doubt()).toBeNull();
    set(stepMs);
    expect(watched.doubt()).not.toBeNull();
  });
});

describe('a clock that jumped ahead', () => {
  test('is believed again after two answers that agree with it, and not after one', () => {
    const { watched, told, set, answer } = watch();
    set(90 * SECOND);
    expect(watched.doubt()).toMatch(/jumped 1m30s ahead/);
    answer('a', 0);
    expect(watched.doubt()).not.toBeNull();
    answer('a', 0);
    expect(watched.doubt()).toBeNull();
    expect(told.doubts.map((why) => why !== null)).toEqual([true, false]);
  });

  test('is not believed by answers that say otherwise, nor by one of two', () => {
    const { watched, set, answer } = watch();
    set(HOUR);
    watched.look();
    for (let i = 0; i < 5; i += 1) {
      answer('a', -HOUR);
      answer('b', -HOUR);
      expect(watched.doubt()).not.toBeNull();
    }
    set(-0.9 * SECOND);
    answer('a', 0);
    answer('b', -HOUR);
    // One says so and one says otherwise: the first has to say so again.
    expect(watched.doubt()).not.toBeNull();
    answer('a', 0);
    expect(watched.doubt()).toBeNull();
  });

  test('nor by an answer to what was asked before the jump', () => {
    const { watched, set } = watch();
    const serverTimeAt = Date.UTC(2026, 0, 1);
    set(HOUR);
    for (let i = 0; i < 3; i += 1) {
      // It began an hour ago by the wall clock, and a second ago in truth.
      watched.told({
        account: 'a',
        startedAt: serverTimeAt,
        finishedAt: serverTimeAt + HOUR,
        tookMs: SECOND,
        serverTimeAt,
      });
    }
    expect(watched.doubt()).not.toBeNull();
  });
});

describe('a clock that differs from the clouds’', () => {
  test.each([
    ['an hour ahead', -HOUR, /1h\dm?.*ahead of|59m5\ds ahead of|1h ahead of/],
    ['an hour behind', HOUR, /behind the Date headers of account a/],
  ])('%s: at a start one answer is enough', (_, laterMs, said) => {
    const { watched, answer } = watch();
    answer('a', laterMs);
    expect(watched.doubt()).toMatch(said);
  });

  test('later it takes two in a row', () => {
    const { watched, answer } = watch();
    answer('a', 0);
    answer('a', -HOUR);
    expect(watched.doubt()).toBeNull();
    answer('a', 0);
    answer('a', -HOUR);
    expect(watched.doubt()).toBeNull();
    answer('a', -HOUR);
    expect(watched.doubt()).not.toBeNull();
  });

  test('is believed where another cloud agrees with it: that one is wrong', () => {
    const { watched, answer } = watch();
    answer('a', 0);
    for (let i = 0; i < 5; i += 1) answer('b', HOUR);
    expect(watched.doubt()).toBeNull();
  });

  test('but not for ever: who agreed long ago vouches for nothing', () => {
    const { watched, pass, answer } = watch();
    answer('a', 0);
    pass(11 * MINUTE);
    answer('b', HOUR);
    expect(watched.doubt()).not.toBeNull();
  });

  test.each([0, 55 * SECOND, -55 * SECOND])('within a minute it agrees (%i ms)', (laterMs) => {
    const { watched, answer } = watch();
    answer('a', laterMs);
    answer('a', laterMs);
    expect(watched.doubt()).toBeNull();
  });

  test('an answer that took long is held against all of its time', () => {
    const { watched, answer } = watch();
    expect(answer('a', 0, 10 * MINUTE)).toBe(0);
    expect(watched.doubt()).toBeNull();
  });
});

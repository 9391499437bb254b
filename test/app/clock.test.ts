import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fasterClock, systemClock } from '../../src/app/clock.ts';

const START = Date.UTC(2026, 10, 21);

describe.each([
  ['the system’s', () => systemClock],
  ['a faster', () => fasterClock(START, 1_000)],
] as const)('%s clock', (_name, make) => {
  test('rejects a wait with the reason of whoever ended it', async () => {
    const clock = make();
    const reason = new Error('shutting down');
    const controller = new AbortController();
    const waiting = clock.sleep(3_600_000_000, controller.signal);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(clock.sleep(1, controller.signal)).rejects.toBe(reason);
  });

  test('waits as long as it is told, by itself', async () => {
    const clock = make();
    const from = clock.monotonic();
    await clock.sleep(20, new AbortController().signal);
    // A timer may fire a fraction of a millisecond of real time early.
    expect(clock.monotonic() - from).toBeGreaterThanOrEqual(clock === systemClock ? 19 : 10);
  });

  test('a wait of less than nothing is over at once', async () => {
    await make().sleep(-5, new AbortController().signal);
  });

  test('never steps back', () => {
    const clock = make();
    let [last, steady] = [clock.now(), clock.monotonic()];
    for (let i = 0; i < 1_000; i += 1) {
      expect(clock.monotonic()).toBeGreaterThanOrEqual(steady);
      expect(clock.now()).toBeGreaterThanOrEqual(last);
      [last, steady] = [clock.now(), clock.monotonic()];
    }
  });

  test('a wait longer than one timer can hold does not end at once', async () => {
    const controller = new AbortController();
    let over = false;
    const waiting = make()
      .sleep(2_147_483_648_000 * 2, controller.signal)
      .catch(() => {})
      .then(() => {
        over = true;
      });
    await systemClock.sleep(10, new AbortController().signal);
    expect(over).toBe(false);
    controller.abort();
    await waiting;
  });
});

test('a faster clock begins where it is told and tells how long its time is in ours', () => {
  const clock = fasterClock(START, 720);
  expect(clock.now()).toBeGreaterThanOrEqual(START);
  expect(clock.now()).toBeLessThan(START + 60_000 * 720);
  expect(Number.isInteger(clock.now())).toBe(true);
  fc.assert(fc.property(fc.integer({ min: 0, max: 1e12 }), (ms) => clock.toReal(ms) === ms / 720));
  expect(systemClock.toReal(5)).toBe(5);
});

test.each([0, -1, Number.NaN])('a factor of %s is refused', (factor) => {
  expect(() => fasterClock(START, factor)).toThrow(`clock factor ${factor} is not above 0`);
});

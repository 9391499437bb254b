import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DueQueue } from '../../src/simulator/due-queue.ts';
import { parseShanghaiText, toShanghaiRfc3339, toShanghaiText } from '../../src/simulator/shanghai-time.ts';
import { Wallet } from '../../src/simulator/wallet.ts';
import { alwaysBusy, busyCycle, busyOnce, isBusy, lastBusyAt, nextWorkAt } from '../../src/simulator/workload.ts';
import { Bed, DAY, HOUR, MINUTE, NOON } from './bed.ts';

test('the queue gives out ids in the order they fall due, each at its earliest time', () => {
  const entries = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 100 })));
  fc.assert(
    fc.property(entries, (added) => {
      const queue = new DueQueue();
      const earliest = new Map<string, number>();
      for (const [id, at] of added) {
        queue.add(String(id), at);
        earliest.set(String(id), Math.min(at, earliest.get(String(id)) ?? at));
      }
      const seen = new Map<string, number>();
      const times: number[] = [];
      while (queue.nextAt !== undefined) {
        const at = queue.nextAt;
        const id = queue.take() ?? '';
        times.push(at);
        if (!seen.has(id)) seen.set(id, at);
      }
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(seen).toEqual(earliest);
    }),
  );
});

test('money is exact however time is cut', () => {
  const cuts = fc.array(fc.integer({ min: 0, max: 3 * HOUR }), { maxLength: 30 });
  fc.assert(
    fc.property(cuts, fc.integer({ min: 1, max: 100_000 }), (steps, rateFen) => {
      const wallet = new Wallet({ balanceFen: 1_000_000_000, accruedFenMs: 0, accruedAt: 0 });
      wallet.changeRate(rateFen);
      let at = 0;
      for (const step of steps) {
        at += step;
        wallet.accrueTo(at);
      }
      expect(wallet.balanceFen).toBe(1_000_000_000 - Math.floor((at * rateFen) / HOUR));
      const emptyAt = wallet.reachesAt(0) ?? 0;
      wallet.accrueTo(emptyAt - 1);
      expect(wallet.balanceFen).toBeGreaterThan(0);
      wallet.accrueTo(emptyAt);
      expect(wallet.balanceFen).toBeLessThanOrEqual(0);
    }),
  );
});

describe('Shanghai time', () => {
  test('is written with and without its offset', () => {
    expect(toShanghaiRfc3339(NOON)).toBe('2025-12-01T12:00:00+08:00');
    expect(toShanghaiText(NOON)).toBe('2025-12-01 12:00:00');
    expect(parseShanghaiText('2025-12-01 12:00:00')).toBe(NOON);
  });

  test.each(['2025-02-30 12:00:00', '2025-12-01 24:00:00', '2025-12-01', '2025-12-01T12:00:00', 'soon'])(
    '%s is no time',
    (text) => {
      expect(parseShanghaiText(text)).toBeNull();
    },
  );
});

describe('workloads', () => {
  const cycle = busyCycle(NOON, HOUR, 2 * HOUR);
  test.each([
    [NOON - 1, false, null, NOON],
    [NOON, true, NOON, NOON + 3 * HOUR],
    [NOON + HOUR - 1, true, NOON + HOUR - 1, NOON + 3 * HOUR],
    [NOON + HOUR, false, NOON + HOUR, NOON + 3 * HOUR],
    [NOON + 3 * HOUR, true, NOON + 3 * HOUR, NOON + 6 * HOUR],
  ])('a cycle at %i', (at, busy, last, next) => {
    expect([isBusy(cycle, at), lastBusyAt(cycle, at), nextWorkAt(cycle, at)]).toEqual([busy, last, next]);
  });

  test('once and always', () => {
    const once = busyOnce(NOON, HOUR);
    expect([isBusy(once, NOON + DAY), lastBusyAt(once, NOON + DAY), nextWorkAt(once, NOON)]).toEqual([
      false,
      NOON + HOUR,
      null,
    ]);
    expect(isBusy(alwaysBusy(NOON), NOON + 1000 * DAY)).toBe(true);
  });
});

test('an owner starts the machine when work begins, and not in the middle of it', () => {
  const account = new Bed().sim.account('hxy');
  const clock = { pass: (ms: number) => account.settle(account.now() + ms) };
  const instance = account.instance('gpu-off');
  Object.assign(instance, { ownerStarts: true, workload: busyCycle(NOON - HOUR, 2 * HOUR, 4 * HOUR) });
  clock.pass(5 * HOUR - 1);
  expect(account.effects).toEqual([]);
  clock.pass(5 * HOUR);
  expect(account.effects).toMatchObject([{ kind: 'start', instanceId: 'gpu-off', at: NOON + 5 * HOUR, callSeq: null }]);
  clock.pass(5 * HOUR + MINUTE);
  expect(instance.status).toBe('running');
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  busyBetween,
  busyCycle,
  busyOnce,
  isBusy,
  lastBusyAt,
  lastMessageAt,
  nextChangeAt,
  nextWorkAt,
  type Workload,
} from '../../src/simulator/workload.ts';

const END = 60;

/** The same, minute by minute. */
function lookedAt(workload: Workload) {
  const busy = Array.from({ length: END + 1 }, (_, at) => isBusy(workload, at));
  const found = (from: number, is: (at: number) => boolean) => {
    for (let at = from; at <= END; at += 1) if (is(at)) return at;
    return null;
  };
  return {
    change: (after: number) => found(after + 1, (at) => busy[at] !== busy[at - 1]),
    begin: (after: number) => found(after + 1, (at) => busy[at] === true && busy[at - 1] === false),
  };
}

const edges = fc
  .uniqueArray(fc.integer({ min: 1, max: END }), { maxLength: 12 })
  .map((all) => all.toSorted((a, b) => a - b));

test('work that follows no cycle begins and ends where it says', () => {
  fc.assert(
    fc.property(edges, fc.integer({ min: 0, max: END - 1 }), (all, at) => {
      const workload = busyBetween(all);
      const passed = all.filter((edge) => edge <= at).length;
      const seen = lookedAt(workload);
      expect(isBusy(workload, at)).toBe(passed % 2 === 1);
      expect(nextChangeAt(workload, at)).toBe(seen.change(at));
      expect(nextWorkAt(workload, at)).toBe(seen.begin(at));
      const last = all.filter((edge, place) => place % 2 === 1 && edge <= at).at(-1) ?? null;
      expect(lastBusyAt(workload, at)).toBe(passed % 2 === 1 ? at : last);
      expect(lastMessageAt({ ...workload, silent: true }, at)).toBe(all[passed - 1] ?? null);
    }),
  );
});

test('a cycle changes next where a look at every minute finds it', () => {
  const cycles = fc.tuple(
    fc.integer({ min: 0, max: 9 }),
    fc.integer({ min: 1, max: 7 }),
    fc.integer({ min: 1, max: 7 }),
  );
  fc.assert(
    fc.property(cycles, fc.integer({ min: 0, max: 30 }), fc.boolean(), ([from, busyMs, idleMs], at, isOnce) => {
      const workload = isOnce ? busyOnce(from, busyMs) : busyCycle(from, busyMs, idleMs);
      expect(nextChangeAt(workload, at)).toBe(lookedAt(workload).change(at));
    }),
  );
});

import { expect, test } from 'vitest';
import { clampRetryAfter, retryAfterMs } from '../../src/providers/http/retry-after.ts';
import { account, daily, HOUR, KEEP_PAID, MINUTE, NOON, SECOND, useFaultBeds } from './harness.ts';

const beds = useFaultBeds();

/** What a cloud may ask for, and how long it is left alone then; `null`: as if it had not asked. */
const WAITS: readonly (readonly [name: string, header: string, waitMs: number | null])[] = [
  ['zero', '0', SECOND],
  ['minus', '-5', SECOND],
  ['few', '2', 2 * SECOND],
  ['float', '1e12', null],
  ['past', 'Sun, 06 Nov 1994 08:49:37 GMT', SECOND],
  ['garbage', 'soon; drop table', null],
  ['empty', '', null],
];

test('N6: whatever Retry-After says it is taken for 1 s to 1 h, or for nothing', () => {
  for (const [name, header, waitMs] of WAITS) expect(retryAfterMs(header, NOON), name).toBe(waitMs);
  expect(retryAfterMs('1000000000000', NOON)).toBe(HOUR);
  expect(retryAfterMs('Fri, 31 Dec 9999 23:59:59 GMT', NOON)).toBe(HOUR);
  for (const ms of [Number.NaN, Number.NEGATIVE_INFINITY, -1, 0]) expect(clampRetryAfter(ms)).toBe(SECOND);
  expect(clampRetryAfter(Number.POSITIVE_INFINITY)).toBe(HOUR);
});

for (const status of [429, 503] as const) {
  test(`N6: ${status} with any Retry-After to a payment is neither yes nor no: one request; and reads do not hammer`, async () => {
    const names = WAITS.map(([name]) => name);
    const bed = await beds.prepare({
      accounts: names.map((name) => account('huixingyun', [daily(`d-${name}`, 6)], { name })),
      policies: KEEP_PAID,
    });
    for (const [name, retryAfter] of WAITS) {
      bed.sim.faults.add({ kind: 'http-status', status, retryAfter, account: name, operation: 'renew' });
    }
    await bed.spawnFaulty();
    await bed.until('each was asked', () => bed.requests() === names.length);
    for (const [name, retryAfter] of WAITS) {
      bed.sim.faults.add({ kind: 'http-status', status, retryAfter, account: name, operation: 'list', times: 6 });
    }
    await bed.attend('each is before a person', MINUTE / 3, async () => {
      const all = await bed.operations();
      return all.filter(({ state }) => state === 'escalated').length === names.length;
    });
    for (const operation of await bed.operations()) {
      expect(
        operation.transitions.map(({ to }) => to),
        operation.instance,
      ).toContain('uncertain');
    }
    expect(bed.requests()).toBe(names.length);
    // A poll a minute and no more than two further tries of each: far from a hot loop.
    const ranFor = bed.clock.now() - NOON;
    for (const name of names) {
      const lists = bed.sim.calls.filter(({ account: of, operation }) => of === name && operation === 'list');
      expect(lists.length, name).toBeLessThan(40 + (3 * ranFor) / MINUTE);
    }
    await bed.expectSound();
  });
}

test('N6: who asks to be left alone for an age is left alone for an hour, and nobody else is', async () => {
  const bed = await beds.prepare({
    accounts: ['tired', 'well'].map((name) => account('huixingyun', [daily(`d-${name}`, 6)], { name })),
    policies: KEEP_PAID,
  });
  bed.sim.faults.add({
    kind: 'throttled',
    retryAfter: '99999999999',
    account: 'tired',
    operation: 'list',
    times: Number.POSITIVE_INFINITY,
  });
  await bed.spawnFaulty();
  const lists = (of: string) =>
    bed.sim.calls.filter(({ account: name, operation }) => name === of && operation === 'list').length;
  await bed.attend('the other is renewed and listed', SECOND, async () => {
    const [done] = await bed.operations({ instance: 'well/d-well' });
    return done?.state === 'confirmed' && lists('well') >= 15;
  });
  // Its timers go by a hundredth of the time: an hour is 36 s, and this took a few.
  expect(lists('tired')).toBe(1);
  expect(await bed.operations({ instance: 'tired/d-tired' })).toEqual([]);
  await bed.expectSound();
});

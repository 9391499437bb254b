import { expect, test } from 'vitest';
import { account, daily, KEEP_PAID, MINUTE, SECOND, useFaultBeds } from './harness.ts';

const beds = useFaultBeds();

/** Real ms. A cloud that says nothing is given up after 30 s; here sooner, for the cases take as long. */
const SOON = { headersTimeoutMs: 1_000, bodyTimeoutMs: 1_000, deadlineMs: 1_500 };

test('N3: a black hole that does it after 25 s, 5 min or 20 min is asked once; the last is before a person until it shows', async () => {
  const delays = { quick: 25 * SECOND, slow: 5 * MINUTE, late: 20 * MINUTE };
  const names = Object.keys(delays);
  const bed = await beds.prepare({
    accounts: names.map((name) => account('huixingyun', [daily(`d-${name}`, 6)], { name })),
    policies: KEEP_PAID,
  });
  for (const [name, afterMs] of Object.entries(delays)) {
    bed.sim.faults.add({ kind: 'hang', account: name, operation: 'renew', effect: { afterMs } });
  }
  await bed.spawnFaulty({ limits: SOON });
  const of = async (name: string) => (await bed.operations({ instance: `${name}/d-${name}` }))[0];
  await bed.until('all three are given up on', async () => {
    const all = await bed.operations();
    return all.length === 3 && all.every(({ state }) => state !== 'armed' && state !== 'sending');
  });
  const seen = await bed.attend('the late one is before a person', 20 * SECOND, async () => {
    const late = await of('late');
    return late?.state === 'escalated' && late;
  });
  expect(seen.reason).toBe('not-seen');
  expect(bed.clock.now() - (seen.sendingAt ?? 0)).toBeLessThan(20 * MINUTE);
  for (const name of ['quick', 'slow']) expect((await of(name))?.state, name).toBe('confirmed');
  await bed.until('a person is told', () => bed.receiver.told('operation.escalated').length === 1);
  const late = await bed.attend('the late one shows', MINUTE, async () => {
    const now = await of('late');
    return now?.state === 'confirmed' && now;
  });
  expect(late.reason).toBe('seen-late');
  expect(bed.requests()).toBe(3);
  expect(bed.commits()).toHaveLength(3);
  await bed.expectSound();
});

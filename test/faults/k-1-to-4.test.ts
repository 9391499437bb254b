import { expect, test } from 'vitest';
import { account, daily, type FaultBed, KEEP_PAID, MINUTE, type Point, SECOND, useFaultBeds } from './harness.ts';

const beds = useFaultBeds();

async function prepare(): Promise<FaultBed> {
  return await beds.prepare({ accounts: [account('huixingyun', [daily('d', 6)])], policies: KEEP_PAID });
}

/** One daemon dies at a point, another follows. */
async function dieAt(bed: FaultBed, point: Point): Promise<void> {
  const first = await bed.spawnFaulty({ strikes: [{ point, do: 'kill' }] });
  expect(await first.ended).toBe('SIGKILL');
  await bed.spawnFaulty();
}

for (const point of ['before-arm', 'after-arm'] as const) {
  test(`K1: killed ${point}, the next tick finishes it with exactly one request, and nobody is called`, async () => {
    const bed = await prepare();
    await dieAt(bed, point);
    const done = await bed.attend('it is renewed', 20 * SECOND, async () =>
      (await bed.operations()).find(({ state }) => state === 'confirmed'),
    );
    expect(done.transitions.map(({ to }) => to)).toEqual(['armed', 'sending', 'accepted', 'confirmed']);
    expect(bed.requests()).toBe(1);
    expect(bed.commits()).toHaveLength(1);
    expect(bed.receiver.told('operation.escalated')).toEqual([]);
    await bed.expectSound();
  });
}

test('K2: killed after SENDING and before the write, nothing is ever sent, and one person is called', async () => {
  const bed = await prepare();
  await dieAt(bed, 'after-sending');
  const lost = await bed.attend('it is escalated', MINUTE, async () =>
    (await bed.operations()).find(({ state }) => state === 'escalated'),
  );
  expect(lost.transitions.map(({ to, reason }) => `${to} ${reason}`)).toContain('uncertain orphan');
  const since = bed.clock.now();
  await bed.attend('an hour has passed', 5 * MINUTE, () => bed.clock.now() > since + 60 * MINUTE);
  expect(bed.requests()).toBe(0);
  await bed.until('a person is told', () => bed.receiver.told('operation.escalated').length === 1);
  expect(await bed.operations()).toHaveLength(1);
  await bed.expectSound();
});

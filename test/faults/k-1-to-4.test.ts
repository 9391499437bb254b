import { expect, test } from 'vitest';
import type { Operation } from '../../src/fleet/operation.ts';
import { account, daily, type FaultBed, KEEP_PAID, MINUTE, type Point, SECOND, useFaultBeds } from './harness.ts';

const beds = useFaultBeds();

async function prepare(): Promise<FaultBed> {
  return await beds.prepare({ accounts: [account('huixingyun', [daily('d', 11)])], policies: KEEP_PAID });
}

/** One daemon dies at a point, another follows. */
async function dieAt(bed: FaultBed, point: Point): Promise<void> {
  const first = await bed.spawnFaulty({ strikes: [{ point, do: 'kill' }] });
  expect(await first.ended).toBe('SIGKILL');
  await bed.spawnFaulty();
}

async function confirmed(bed: FaultBed): Promise<Operation> {
  return await bed.attend('it is renewed', 20 * SECOND, async () =>
    (await bed.operations()).find(({ state }) => state === 'confirmed'),
  );
}

/** Nothing more happens, whoever looks. */
async function anHourPasses(bed: FaultBed): Promise<void> {
  const since = bed.clock.now();
  await bed.attend('an hour has passed', 5 * MINUTE, () => bed.clock.now() > since + 60 * MINUTE);
}

for (const point of ['before-arm', 'after-arm', 'after-ring'] as const) {
  test(`K1: killed ${point}, the next tick finishes it with exactly one request, and nobody is called`, async () => {
    const bed = await prepare();
    await dieAt(bed, point);
    const done = await confirmed(bed);
    expect(done.transitions.map(({ to }) => to)).toEqual(['armed', 'sending', 'accepted', 'confirmed']);
    expect(bed.requests()).toBe(1);
    expect(bed.commits()).toHaveLength(1);
    expect(bed.receiver.told('operation.escalated')).toEqual([]);
    await bed.expectSound();
  });
}

for (const point of ['after-sending', 'gate-open'] as const) {
  test(`K2: killed after SENDING and before the write (${point}), nothing is ever sent, and one person is called`, async () => {
    const bed = await prepare();
    await dieAt(bed, point);
    const lost = await bed.attend('it is escalated', MINUTE, async () =>
      (await bed.operations()).find(({ state }) => state === 'escalated'),
    );
    expect(lost.transitions.map(({ to, reason }) => `${to} ${reason}`)).toContain('uncertain orphan');
    await anHourPasses(bed);
    expect(bed.requests()).toBe(0);
    await bed.until('a person is told', () => bed.receiver.told('operation.escalated').length === 1);
    expect(await bed.operations()).toHaveLength(1);
    await bed.expectSound();
  });
}

test('K3: killed when the request has left and the cloud does it, it is confirmed from the expiry, with one request', async () => {
  const bed = await prepare();
  await dieAt(bed, 'request-left');
  const done = await confirmed(bed);
  expect(done.transitions.map(({ reason }) => reason)).toContain('orphan');
  expect(bed.requests()).toBe(1);
  expect(bed.commits()).toHaveLength(1);
  await bed.expectSound();
});

for (const point of ['answer-received', 'after-accepted', 'before-confirmed'] as const) {
  test(`K4: killed ${point}, it is confirmed, with one request`, async () => {
    const bed = await prepare();
    await dieAt(bed, point);
    await confirmed(bed);
    expect(bed.requests()).toBe(1);
    expect(bed.commits()).toHaveLength(1);
    await bed.until('it is told', () => bed.receiver.told('operation.confirmed').length === 1);
    await bed.expectSound();
  });
}

test('K4: killed after CONFIRMED and before its job was done, the job runs again and does nothing, and it is told', async () => {
  const bed = await prepare();
  await dieAt(bed, 'after-confirmed');
  const done = await confirmed(bed);
  await anHourPasses(bed);
  expect(await bed.operations()).toEqual([done]);
  expect(bed.requests()).toBe(1);
  await bed.until('it is told', () => bed.receiver.told('operation.confirmed').length === 1);
  await bed.expectSound();
});

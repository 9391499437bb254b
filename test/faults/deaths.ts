import { expect, test } from 'vitest';
import type { Operation } from '../../src/fleet/operation.ts';
import { account, daily, type FaultBed, KEEP_PAID, MINUTE, type Point, SECOND, useFaultBeds } from './harness.ts';

const beds = useFaultBeds();

export async function prepare(): Promise<FaultBed> {
  return await beds.prepare({ accounts: [account('huixingyun', [daily('d', 11)])], policies: KEEP_PAID });
}

/** One daemon dies at a point, another follows. */
export async function dieAt(bed: FaultBed, point: Point): Promise<void> {
  const first = await bed.spawnFaulty({ strikes: [{ point, do: 'kill' }] });
  expect(await first.ended).toBe('SIGKILL');
  await bed.spawnFaulty();
}

export async function confirmed(bed: FaultBed): Promise<Operation> {
  return await bed.attend('it is renewed', 20 * SECOND, async () =>
    (await bed.operations()).find(({ state }) => state === 'confirmed'),
  );
}

/** Nothing more happens, whoever looks. */
export async function anHourPasses(bed: FaultBed): Promise<void> {
  const since = bed.clock.now();
  await bed.attend('an hour has passed', 5 * MINUTE, () => bed.clock.now() > since + 60 * MINUTE);
}

/** Killed before anything has left: whoever comes next finishes it. */
export function k1(point: Point): void {
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

/** Killed when the cloud had answered. */
export function k4(point: Point): void {
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

import { Queue } from 'bullmq';
import { expect } from 'vitest';
import { KEY_PREFIX, queuePrefix } from '../../src/app/key-prefix.ts';
import { QUEUE_NAMES } from '../../src/queue/payloads.ts';
import type { FaultBed } from './fault-bed.ts';
import { SECOND } from './harness.ts';

/** A queue of the daemons', as anybody with Redis' address can open it. */
export function openQueue(bed: FaultBed, name: string): Queue {
  return new Queue(name, { connection: { url: bed.redisUrl }, prefix: queuePrefix(KEY_PREFIX) });
}

/** The ids of all schedules, each as often as it is there. */
export async function schedules(bed: FaultBed): Promise<readonly string[]> {
  const all = await Promise.all(
    QUEUE_NAMES.map(async (name) => {
      const queue = openQueue(bed, name);
      try {
        return (await queue.getJobSchedulers()).map(({ key }) => key);
      } finally {
        await queue.close();
      }
    }),
  );
  return all.flat().toSorted((a, b) => a.localeCompare(b));
}

/** Two daemons begin at the same instant, on an empty Redis or after others. */
export async function startTogether(bed: FaultBed): Promise<void> {
  const pair = [bed.standby('debug'), bed.standby('debug')];
  await bed.until('both are loaded', () => pair.every(({ loaded }) => loaded));
  for (const child of pair) child.begin(bed.clock.now(), []);
  await Promise.all(pair.map((child) => bed.up(child)));
}

/** They made each schedule once, and renewed once what both saw due. */
export async function expectOne(bed: FaultBed): Promise<void> {
  await bed.attend('it is renewed', 20 * SECOND, async () =>
    (await bed.operations()).some(({ state }) => state === 'confirmed'),
  );
  expect(await schedules(bed)).toEqual(['evaluate.hxy', 'observe.hxy', 'poll.hxy', 'tick']);
  expect(bed.requests()).toBe(1);
  expect(bed.children.every(({ running }) => running)).toBe(true);
  await bed.expectSound();
}

import { expect, test } from 'vitest';
import { account, daily, type FaultBed, KEEP_PAID, SECOND, useFaultBeds } from './harness.ts';
import { ask } from './redis-commands.ts';
import { openQueue, schedules } from './replicas.ts';

const beds = useFaultBeds();
/** After this much real time a schedule that lost its next job is missed: two periods, a lock and a round of housekeeping. */
const REPAIRED_MS = 20_000;

async function prepare(): Promise<FaultBed> {
  return await beds.prepare({ accounts: [account('huixingyun', [daily('d', 11)])], policies: KEEP_PAID });
}

async function renewedOnce(bed: FaultBed): Promise<void> {
  await bed.attend('it is renewed', 20 * SECOND, async () =>
    (await bed.operations()).some(({ state }) => state === 'confirmed'),
  );
  expect(bed.requests()).toBe(1);
  await bed.expectSound();
}

test('R9: the next job of every schedule is deleted by hand: they come again, and the work is done', async () => {
  const bed = await prepare();
  await bed.writePolicy('keep-paid.yaml', KEEP_PAID['keep-paid.yaml'].replace('prod-*', 'nobody'));
  await bed.spawnFaulty();
  await bed.polling();
  for (const name of ['poll', 'tick', 'evaluate', 'observe']) {
    const queue = openQueue(bed, name);
    // As they stand in Redis: the library itself refuses to remove them.
    for (const list of ['delayed', 'wait', 'prioritized', 'active'])
      await ask(bed.redisUrl, 'DEL', `${queue.opts.prefix}:${name}:${list}`);
    await queue.close();
  }
  await bed.polling(REPAIRED_MS);
  expect(await schedules(bed)).toEqual(['evaluate.hxy', 'observe.hxy', 'poll.hxy', 'tick']);
  await bed.writePolicy('keep-paid.yaml', KEEP_PAID['keep-paid.yaml']);
  await renewedOnce(bed);
});

test('R9: a stray key of deduplication stands in the way of a pass that is asked for: the schedule makes up for it', async () => {
  const bed = await prepare();
  const queue = openQueue(bed, 'evaluate');
  await ask(bed.redisUrl, 'SET', `${queue.opts.prefix}:evaluate:de:hxy`, 'a-job-that-is-gone');
  await queue.close();
  await bed.spawnFaulty();
  await renewedOnce(bed);
});

test('R9: the job of an operation fails and is kept: it is rung for under another id, and done once', async () => {
  const bed = await prepare();
  await bed.spawnFaulty({ strikes: [{ point: 'before-read', do: 'throw' }] });
  await bed.until('its job has failed', async () => {
    const queue = openQueue(bed, 'act-paid');
    const failed = await queue.getFailedCount();
    await queue.close();
    return failed > 0;
  });
  await renewedOnce(bed);
});

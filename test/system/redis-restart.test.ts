import { expect, test } from 'vitest';
import { useBeds } from '../support/beds.ts';
import { MINUTE, SECOND } from '../support/clock.ts';
import { account, busy, daily } from '../support/cloud.ts';
import type { Bed } from '../support/daemon.ts';
import { away, POLICIES, ready } from './redis-away.ts';

const beds = useBeds();

/** Waits until something on a machine is confirmed, by the daemon's own schedules alone. */
async function onItsOwn(bed: Bed, what: string, instance: string): Promise<void> {
  await bed.attend(`${what} is confirmed`, 20 * SECOND, async () => {
    return (await bed.operations({ instance })).some(({ state }) => state === 'confirmed');
  });
}

test('Redis is away for 3 s while nothing goes on, and what is due afterwards is done', {
  timeout: 30_000,
}, async () => {
  const bed = await beds.start({ accounts: [account('huixingyun', [busy('a'), daily('d', 20)])], policies: POLICIES });
  await bed.until('it is ready', async () => (await ready(bed)).status === 200);
  await away(bed, beds.redis, 3 * SECOND);
  bed.clock.pass(40 * MINUTE);
  await onItsOwn(bed, 'the stop', 'hxy/a');
  bed.clock.pass(9 * 60 * MINUTE);
  await onItsOwn(bed, 'the renewal', 'hxy/d');
  expect(bed.sim.account('hxy').commits).toHaveLength(1);
});

import { expect, test } from 'vitest';
import { runCommand } from '../support/command.ts';
import { account, daily, type FaultBed, type FaultChild, KEEP_PAID, SECOND, useFaultBeds } from './harness.ts';

const beds = useFaultBeds();

/** Renewed once, after which Redis' host crashes and comes back as it was before SENDING. */
async function rolledBack(): Promise<{ readonly bed: FaultBed; readonly child: FaultChild }> {
  const bed = await beds.prepare({ accounts: [account('huixingyun', [daily('d', 6)])], policies: KEEP_PAID });
  const child = await bed.spawnFaulty({ strikes: [{ point: 'before-sending', do: 'wait' }] });
  await bed.until('it is about to send', () => child.struck);
  const copy = await bed.copyRedis(beds.redis);
  child.go();
  await bed.until('the cloud has done it', () => bed.commits().length === 1);
  await bed.until('it is written down', () => child.reached('after-accepted'));
  await bed.hostCrash(beds.redis, copy);
  return { bed, child };
}

async function isFrozen(bed: FaultBed, child: FaultChild): Promise<void> {
  await bed.until('paid work is frozen', async () => (await bed.metricOf(child, 'paid_work_frozen')) === 1);
  await bed.polling();
  // To this ledger the renewal is armed, and was never sent.
  expect(await bed.operations()).toMatchObject([{ state: 'armed' }]);
  const since = bed.clock.now();
  await bed.attend('minutes have passed', 60 * SECOND, () => bed.clock.now() > since + 600 * SECOND);
  expect(bed.requests()).toBe(1);
  expect(bed.receiver.told().filter(({ reason }) => reason === 'amnesia')).toHaveLength(1);
}

async function reconciled(bed: FaultBed): Promise<void> {
  expect(await runCommand(['reconcile', '--yes', '--by', 'li'], { cwd: bed.dir })).toMatchObject({ code: 0 });
  await bed.attend('what was lost is seen', 20 * SECOND, async () =>
    (await bed.operations()).every(({ state }) => state !== 'armed'),
  );
  expect(bed.commits()).toHaveLength(1);
  await bed.expectSound();
}

test('R2: an AOF from before SENDING is restored under a daemon: frozen, and nothing is sent again', async () => {
  const { bed, child } = await rolledBack();
  await isFrozen(bed, child);
  await reconciled(bed);
});

test('R2: the daemon dies with the host of Redis: the next one knows by its own file, and nothing is sent again', async () => {
  const { bed, child } = await rolledBack();
  await child.kill();
  await isFrozen(bed, await bed.spawnFaulty());
  await reconciled(bed);
});

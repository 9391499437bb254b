import { expect, test } from 'vitest';
import { runCommand } from '../support/command.ts';
import { account, canaryToken, daily, KEEP_PAID, MINUTE, SECOND, useFaultBeds } from './harness.ts';
import { mount, twoAccounts } from './two-accounts.ts';

const beds = useFaultBeds();

test('L4: a person who says that the new account is the right one is believed with the next listing', async () => {
  const bed = await beds.prepare({
    accounts: [
      account('huixingyun', [daily('ours', 300)]),
      account('huixingyun', [daily('theirs', 6)], { name: 'somebody' }),
    ],
    policies: KEEP_PAID,
  });
  const hxy = { provider: 'huixingyun', baseUrl: bed.sim.origin, tokenFile: 'secrets/hxy', requestsPerSecond: 100 };
  await bed.writeConfig({ accounts: { hxy: { ...hxy, spendLimit: { callsPerDay: 10 } } } });
  const child = await bed.spawnFaulty();
  await bed.attend('ours is listed', SECOND, async () => (await bed.metricOf(child, 'snapshot_instances')) === 1);
  await bed.secret('hxy', canaryToken('somebody'));
  expect((await bed.controlOf(child, '/-/reload')).status).toBe(200);
  await bed.attend('it is quarantined', SECOND, () => bed.receiver.told('snapshot.quarantined')[0]);
  expect(bed.requests()).toBe(0);

  const reconcile = ['--config', bed.configFile, 'reconcile', '--listing', 'hxy', '--by', 'li'];
  const unsure = await runCommand(reconcile, { cwd: bed.dir });
  expect(unsure.code).not.toBe(0);
  expect(unsure.err).toContain('hxy lists none of the 1 instances that were known');
  expect((await runCommand([...reconcile, '--yes'], { cwd: bed.dir })).code).toBe(0);
  await bed.attend('theirs is renewed', 20 * SECOND, async () =>
    (await bed.operations({ instance: 'hxy/theirs' })).find(({ state }) => state === 'confirmed'),
  );
  // What was known before is missing, and then gone.
  await bed.attend('ours is gone', SECOND, async () => {
    const ids = (await bed.listOf(child, 'instances')).map(({ id }) => id);
    return ids.length === 1 && ids[0] === 'theirs';
  });
  await bed.expectSound();
});

test('L4: an operation that is not settled waits for the right token: the other account’s listing does not make it gone', async () => {
  const bed = await twoAccounts(beds);
  bed.sim.faults.add({ kind: 'http-status', status: 502, operation: 'renew', effect: { afterMs: 10 * MINUTE } });
  const child = await bed.spawnFaulty();
  await bed.attend('ours is listed', SECOND, async () => (await bed.metricOf(child, 'snapshot_instances')) === 2);
  await bed.pass(7 * MINUTE);
  await bed.attend('it is unclear', SECOND, async () =>
    (await bed.operations()).some(({ state }) => state === 'uncertain' || state === 'verifying'),
  );
  await mount(bed, 'somebody', child);
  const from = bed.clock.now();
  await bed.attend('half an hour passed', 5 * MINUTE, () => bed.clock.now() > from + 30 * MINUTE);
  const [waiting] = await bed.operations();
  expect(['uncertain', 'verifying']).toContain(waiting?.state);
  await mount(bed, 'hxy', child);
  await bed.attend('it is confirmed', 20 * SECOND, async () =>
    (await bed.operations()).find(({ state }) => state === 'confirmed'),
  );
  expect(bed.requests()).toBe(1);
  await bed.expectSound();
});

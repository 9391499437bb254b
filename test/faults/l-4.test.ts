import { expect, test } from 'vitest';
import { type FaultBed, type FaultChild, MINUTE, SECOND, useFaultBeds } from './harness.ts';
import { mount, twoAccounts } from './two-accounts.ts';

const beds = useFaultBeds();

async function readyText(child: FaultChild): Promise<string> {
  return await (await fetch(`${child.origin}/readyz`)).text();
}

function calls(bed: FaultBed, owner: string): readonly string[] {
  return bed.sim.calls.filter((call) => call.account === owner).map(({ operation }) => operation);
}

test('L4: another account’s token is mounted: the account is frozen, and goes on when the old token is back', async () => {
  const bed = await twoAccounts(beds);
  const child = await bed.spawnFaulty();
  await bed.attend('ours is listed', SECOND, async () => (await bed.metricOf(child, 'snapshot_instances')) === 2);
  await mount(bed, 'somebody', child);
  const told = await bed.attend('it is quarantined', SECOND, () => bed.receiver.told('snapshot.quarantined')[0]);
  expect(told).toMatchObject({ account: 'hxy', severity: 'critical', reason: 'frozen' });
  expect(await readyText(child)).toContain('its token seems to be another account');

  // Ours comes due, and theirs has been due all the time.
  await bed.pass(8 * MINUTE);
  await bed.attend('it is refused', 20 * SECOND, async () => {
    const frozen = await bed.metricOf(child, 'decisions_total', { action: 'renew', reason: 'frozen' });
    return (frozen ?? 0) > 0;
  });
  const rows = await bed.listOf(child, 'plan');
  expect(rows.find(({ instance }) => instance === 'hxy/ours')).toMatchObject({ reason: 'frozen' });
  expect((await bed.listOf(child, 'instances')).map(({ id }) => id)).toEqual(['calm', 'ours']);
  expect(new Set(calls(bed, 'somebody'))).toEqual(new Set(['list']));
  expect(bed.requests()).toBe(0);

  await mount(bed, 'hxy', child);
  await bed.attend('ours is renewed', 20 * SECOND, async () =>
    (await bed.operations({ instance: 'hxy/ours' })).find(({ state }) => state === 'confirmed'),
  );
  expect(bed.sent.map(({ instance }) => instance)).toEqual(['hxy/ours']);
  expect(bed.receiver.told('snapshot.quarantined')).toHaveLength(1);
  await bed.expectSound();
});

test('L4: it is changed between deciding and acting, and over a restart: nothing is sent with it', async () => {
  const bed = await twoAccounts(beds);
  const first = await bed.spawnFaulty({ strikes: [{ point: 'after-arm', do: 'wait' }] });
  await bed.attend('ours is listed', SECOND, async () => (await bed.metricOf(first, 'snapshot_instances')) === 2);
  await bed.pass(8 * MINUTE);
  await bed.attend('it is armed', SECOND, () => first.reached('after-arm'));
  await mount(bed, 'somebody', first);
  first.go();
  const off = await bed.until('it is called off', async () =>
    (await bed.operations()).find(({ state }) => state === 'cancelled'),
  );
  expect(off.reason).toBe('frozen');
  await first.kill();

  const second = await bed.spawnFaulty();
  await bed.attend('it is frozen', SECOND, async () => (await readyText(second)).includes('another account'));
  await bed.pass(10 * MINUTE);
  await bed.attend('it was refused', 20 * SECOND, async () => {
    const frozen = await bed.metricOf(second, 'decisions_total', { action: 'renew', reason: 'frozen' });
    return (frozen ?? 0) > 1;
  });
  expect(bed.requests()).toBe(0);
  await bed.expectSound();
});

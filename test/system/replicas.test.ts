import { expect, test } from 'vitest';
import { useBeds } from '../support/beds.ts';
import { MINUTE, SECOND } from '../support/clock.ts';
import { account, busy, daily, idle } from '../support/cloud.ts';

const POLICIES = {
  'all.yaml': `
policies:
  - name: keep-paid
    match: { name: "prod-*" }
    when: { expiresWithin: 12h }
    do: { renew: { periods: 1 } }
  - name: dark
    match: { name: "dev-*" }
    when: { during: "Mon-Sun 00:00-24:00" }
    do: cardless-stop
    notice: 5m
    limits: { percent: "100%" }
  - name: low-balance
    match: { account: cy }
    when: { balanceBelow: 200 }
    do: notify
`,
};
const beds = useBeds();

test('two daemons on one Redis do each thing once and tell of it once, and both can be asked', async () => {
  const machines = 8;
  const bed = await beds.start({
    accounts: [
      account('huixingyun', [
        ...Array.from({ length: machines }, (_, index) => daily(`d${index}`, 2 + index / 2)),
        ...Array.from({ length: machines }, (_, index) => busy(`h${index}`)),
      ]),
      account('chenyu', [idle('inst_a', { name: 'lab' })], { balanceFen: 5_000 }),
    ],
    policies: POLICIES,
    accountConfig: { hxy: { spendLimit: { callsPerDay: 100 } } },
  });
  const second = await bed.start();
  const everywhere = async () => {
    await Promise.all(bed.daemons.map((daemon) => bed.round(daemon)));
  };
  await everywhere();
  await bed.until('every stop is announced', () => bed.receiver.told('decision.announced').length >= machines);
  // Time stands while requests are under way: a minute at once would look like a process that was paused.
  await bed.until('the renewals are through', async () => {
    const all = await bed.operations({ policy: 'keep-paid' });
    return all.length === machines && all.every(({ state }) => state === 'accepted' || state === 'confirmed');
  });
  for (let minute = 0; minute < 8; minute += 1) {
    bed.clock.pass(MINUTE);
    await everywhere();
  }
  await bed.attend('everything is confirmed', 10 * SECOND, async () => {
    const confirmed = (await bed.operations()).filter(({ state }) => state === 'confirmed');
    return confirmed.length >= 2 * machines;
  });
  await everywhere();

  const { commits, effects } = bed.sim.account('hxy');
  expect(commits.map(({ instanceId }) => instanceId).toSorted((a, b) => (a ?? '').localeCompare(b ?? ''))).toEqual(
    Array.from({ length: machines }, (_, index) => `d${index}`),
  );
  expect(effects.filter(({ kind }) => kind === 'stop')).toHaveLength(machines);
  const sent = (operation: string) => bed.sim.calls.filter((call) => call.operation === operation).length;
  expect([sent('renew'), sent('stop')]).toEqual([machines, machines]);

  await bed.until('all is told', () => bed.receiver.told('operation.confirmed').length === 2 * machines);
  expect(bed.receiver.told('decision.announced')).toHaveLength(machines);
  expect(bed.receiver.told('balance.low')).toHaveLength(1);
  expect(bed.receiver.deliveries).toHaveLength(bed.receiver.told().length);

  for (const daemon of bed.daemons) {
    expect(await bed.metric('policies_loaded', {}, daemon)).toBe(3);
    expect(await bed.metric('snapshot_instances', { account: 'hxy' }, daemon)).toBe(2 * machines);
    expect((await bed.http('/readyz', {}, daemon)).status).toBe(200);
    expect(await bed.list('operations', daemon)).toHaveLength(2 * machines);
  }
  const done = await Promise.all(
    bed.daemons.map((daemon) => bed.metric('operations_total', { outcome: 'confirmed' }, daemon)),
  );
  expect(done.reduce<number>((sum, value) => sum + (value ?? 0), 0)).toBe(2 * machines);

  // One goes, the other goes on.
  await bed.stopDaemon(bed.daemons[0]);
  bed.sim.account('hxy').instance('h0').status = 'running';
  bed.clock.pass(24 * 60 * MINUTE);
  await bed.operation('hxy/h0', 'confirmed');
  expect((await bed.http('/healthz', {}, second)).status).toBe(200);
});

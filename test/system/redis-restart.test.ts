import { expect, test } from 'vitest';
import { useBeds } from '../support/beds.ts';
import { MINUTE, SECOND } from '../support/clock.ts';
import { account, busy, daily } from '../support/cloud.ts';
import type { Bed } from '../support/daemon.ts';

const POLICIES = {
  'all.yaml': `
policies:
  - name: keep-paid
    match: { name: "prod-*" }
    when: { expiresWithin: 12h }
    do: { renew: { periods: 1 } }
  - name: dark
    match: { name: "dev-*" }
    when: { during: "Mon-Sun 12:30-24:00" }
    do: stop
    limits: { percent: "100%" }
`,
};
const beds = useBeds();

async function ready(bed: Bed): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await bed.http('/readyz');
  return { status: response.status, body: await response.json() };
}

async function away(bed: Bed, ms: number): Promise<void> {
  const back = beds.redis.outage(ms);
  await bed.until('/readyz says so', async () => (await ready(bed)).status === 503);
  expect((await ready(bed)).body).toMatchObject({ ready: false, checks: { redis: { ok: false } } });
  expect((await bed.http('/healthz')).status).toBe(200);
  const metrics = await bed.http('/metrics');
  expect(metrics.status).toBe(200);
  await metrics.body?.cancel();
  await back;
  await bed.until('/readyz says that it is back', async () => (await ready(bed)).status === 200);
}

/** Waits until something on a machine is confirmed, by the daemon's own schedules alone. */
async function onItsOwn(bed: Bed, what: string, instance: string): Promise<void> {
  await bed.attend(`${what} is confirmed`, 5 * SECOND, async () => {
    return (await bed.operations({ instance })).some(({ state }) => state === 'confirmed');
  });
}

test('Redis is away for 3 s while nothing goes on, and what is due afterwards is done', {
  timeout: 30_000,
}, async () => {
  const bed = await beds.start({ accounts: [account('huixingyun', [busy('a'), daily('d', 20)])], policies: POLICIES });
  await bed.until('it is ready', async () => (await ready(bed)).status === 200);
  await away(bed, 3 * SECOND);
  bed.clock.pass(40 * MINUTE);
  await onItsOwn(bed, 'the stop', 'hxy/a');
  bed.clock.pass(9 * 60 * MINUTE);
  await onItsOwn(bed, 'the renewal', 'hxy/d');
  expect(bed.sim.account('hxy').commits).toHaveLength(1);
});

test('Redis is away for 15 s in the middle of stops and renewals: all of them end, each done once', {
  timeout: 60_000,
}, async () => {
  const machines = 8;
  const bed = await beds.start({
    accounts: [
      account('huixingyun', [
        ...Array.from({ length: machines }, (_, index) => daily(`d${index}`, 2 + index / 2)),
        ...Array.from({ length: machines }, (_, index) => busy(`h${index}`)),
      ]),
    ],
    policies: POLICIES,
    accountConfig: { hxy: { spendLimit: { callsPerDay: 100 } } },
  });
  bed.clock.pass(40 * MINUTE);
  await bed.until('it is in the middle of it', () => bed.sim.account('hxy').commits.length >= 2);
  await away(bed, 15 * SECOND);
  await bed.attend(
    'everything has ended',
    30 * SECOND,
    async () => {
      const ends = (await bed.operations()).filter(({ state }) => state === 'confirmed' || state === 'escalated');
      return ends.length >= 2 * machines;
    },
    20_000,
  );
  const all = await bed.operations();
  const confirmed = all.filter(({ state }) => state === 'confirmed');
  const { commits } = bed.sim.account('hxy');
  expect(new Set(commits.map(({ instanceId }) => instanceId)).size).toBe(commits.length);
  expect(commits).toHaveLength(confirmed.filter(({ action }) => action === 'renew').length);
  expect(
    bed.sim.account('hxy').instances.filter(({ id, status }) => id.startsWith('h') && status !== 'stopped'),
  ).toEqual([]);
});

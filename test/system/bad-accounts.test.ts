import { expect, test } from 'vitest';
import { z } from 'zod';
import { useBeds } from '../support/beds.ts';
import { MINUTE, NOON } from '../support/clock.ts';
import { account, busy } from '../support/cloud.ts';
import type { Bed } from '../support/daemon.ts';

const DARK = {
  'dark.yaml': `
policies:
  - name: dark
    match: { name: "dev-*" }
    when: { during: "Mon-Sun 12:30-24:00" }
    do: stop
    limits: { percent: "100%" }
`,
};
const READY = z.object({
  ready: z.boolean(),
  accounts: z.array(z.object({ account: z.string(), ok: z.boolean(), detail: z.string() })),
});
const beds = useBeds();

async function accounts(bed: Bed): Promise<z.infer<typeof READY>> {
  return READY.parse(await (await bed.http('/readyz')).json());
}

for (const [provider, name] of [
  ['huixingyun', 'hxy'],
  ['chenyu', 'cy'],
  ['chenyu-v1', 'cy1'],
] as const) {
  test(`a wrong token at ${provider}: the daemon runs, says so everywhere, and acts again when it is mended`, async () => {
    const bed = await beds.prepare({ accounts: [account(provider, [busy('a')])], policies: DARK });
    await bed.secret(name, 'a-token-that-is-wrong');
    await bed.start();
    const told = await bed.until('it is told', () => bed.receiver.told('account.unreachable')[0]);
    expect(told).toMatchObject({ severity: 'critical', account: name, provider, reason: 'unauthorised' });
    expect(JSON.stringify(told)).not.toContain('a-token-that-is-wrong');
    const { ready, accounts: all } = await accounts(bed);
    expect(ready).toBe(true);
    expect(all).toMatchObject([{ account: name, ok: false }]);
    expect(await bed.metric('provider_requests_total', { account: name, outcome: 'unauthorised' })).toBeGreaterThan(0);
    expect(await bed.metric('poll_last_success_timestamp_seconds', { account: name })).toBeNull();
    expect(await bed.list('accounts')).toMatchObject([{ account: name, ok: false, lastReadAt: null }]);
    await bed.roll(40 * MINUTE, 1);
    expect(await bed.operations()).toEqual([]);
    expect(bed.receiver.told('account.unreachable')).toHaveLength(1);

    await bed.secret(name, `${name}-token-of-test`);
    await bed.control('/-/reload');
    bed.clock.pass(15 * MINUTE);
    await bed.operationInTime(`${name}/a`, 'confirmed', 'stop', MINUTE);
    expect((await accounts(bed)).accounts).toMatchObject([{ account: name, ok: true }]);
  });
}

test('an account that is down is told at its third failure, named in /readyz, and keeps nothing back elsewhere', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [busy('a')]), account('chenyu', [busy('inst_a')])],
    policies: DARK,
  });
  await bed.round();
  bed.sim.account('hxy').down = true;
  const told = await bed.until('it is told', () => bed.receiver.told('account.unreachable')[0]);
  expect(told).toMatchObject({ account: 'hxy', details: { failures: 3 } });
  expect((await bed.http('/readyz')).status).toBe(200);
  expect((await accounts(bed)).accounts).toMatchObject([
    { account: 'hxy', ok: false },
    { account: 'cy', ok: true },
  ]);
  bed.clock.pass(40 * MINUTE);
  await bed.operationInTime('cy/inst_a', 'confirmed', 'stop');
  expect(await bed.operations({ instance: 'hxy/a' })).toEqual([]);
  const plan = await bed.list('plan');
  expect(plan).toMatchObject([{ instance: 'hxy/a', reason: 'stale-snapshot' }]);

  bed.sim.account('hxy').down = false;
  await bed.operationInTime('hxy/a', 'confirmed', 'stop');
});

test('an account that hangs takes nothing from the pace of another', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [busy('a')]), account('chenyu', [busy('inst_a')])],
    policies: DARK,
  });
  await bed.round();
  bed.sim.account('hxy').down = 'hang';
  const polls = (name: string) =>
    bed.sim.calls.filter((call) => call.account === name && call.operation === 'list').length;
  const before = polls('hxy');
  await bed.until('the one hangs', () => polls('hxy') > before);
  const hanging = polls('hxy');
  const began = polls('cy');
  await bed.until('the other is polled on', () => polls('cy') >= began + 6);
  // It hung all the while, with one request and no second behind it.
  expect(polls('hxy')).toBe(hanging);
  bed.clock.pass(40 * MINUTE);
  await bed.until(
    'the other is acted on',
    async () =>
      (await bed.operations({ instance: 'cy/inst_a' }))[0]?.state === 'accepted' ||
      bed.sim.account('cy').effects.some(({ kind }) => kind === 'stop'),
  );
  bed.sim.account('hxy').down = false;
});

test('an account hangs at a renewal: the renewals of another are not kept waiting', async () => {
  const bed = await beds.start({
    accounts: [
      account('huixingyun', [busy('d', { name: 'prod', billing: 'daily', expiresAt: NOON + 300 * MINUTE })]),
      account('huixingyun', [busy('e', { name: 'prod', billing: 'daily', expiresAt: NOON + 300 * MINUTE })], {
        name: 'hxy-b',
      }),
    ],
    policies: {
      'renew.yaml': `
policies:
  - name: keep-paid
    match: { name: prod }
    when: { expiresWithin: 12h }
    do: { renew: { periods: 1 } }
`,
    },
  });
  const hang = bed.sim.faults.add({ kind: 'hang', operation: 'renew', account: 'hxy' });
  await bed.until('the one hangs', () => hang.hits === 1);
  await bed.operationInTime('hxy-b/e', 'confirmed', 'renew');
  expect(bed.sim.account('hxy-b').commits).toHaveLength(1);
});

test('without a folder of policies the last good ones of Redis are used, and that is said', async () => {
  const bed = await beds.start({ accounts: [account('huixingyun', [busy('a')])], policies: DARK });
  await bed.stopDaemon();
  await bed.removePolicy('dark.yaml');
  await bed.start();
  await bed.until('it is told', () => bed.receiver.told('policy.invalid')[0]);
  expect(await bed.metric('policy_last_reload_successful')).toBe(0);
  expect(await (await bed.http('/readyz')).json()).toMatchObject({
    checks: { policies: { detail: expect.stringContaining('last good') } },
  });
  bed.clock.pass(40 * MINUTE);
  await bed.operationInTime('hxy/a', 'confirmed', 'stop');
  await bed.writePolicy('dark.yaml', DARK['dark.yaml']);
  await bed.until('it is mended', () => bed.receiver.told('policy.recovered')[0]);

  // Broken while it runs, mended while it does not.
  bed.clock.pass(MINUTE);
  await bed.writePolicy('dark.yaml', 'policies: [');
  await bed.until('it is told again', () => bed.receiver.told('policy.invalid')[1]);
  await bed.stopDaemon();
  await bed.writePolicy('dark.yaml', DARK['dark.yaml']);
  await bed.start();
  await bed.until('it is mended again', () => bed.receiver.told('policy.recovered')[1]);
});

import { expect, test } from 'vitest';
import { useBeds } from '../support/beds.ts';
import { HOUR, MINUTE, NOON, SECOND, TestClock } from '../support/clock.ts';
import { account, busy, idle } from '../support/cloud.ts';
import type { Bed } from '../support/daemon.ts';

const STOP_IDLE = `
policies:
  - name: stop-idle
    match: { name: "dev-*", status: running }
    when: { idleFor: 30m }
    do: stop
    notice: 10m
`;
const NIGHT = `
policies:
  - name: night
    match: { name: "dev-*" }
    when: { during: "Mon-Sun 23:00-08:00" }
    do: cardless-stop
    afterwards: start
`;
const WATCH = `
policies:
  - name: watch
    match: all
    when: { statusFor: { status: [starting], for: 20m } }
    do: notify
`;
const beds = useBeds();

async function names(bed: Bed): Promise<readonly unknown[]> {
  return (await bed.list('policies')).map(({ name }) => name);
}

async function reloaded(bed: Bed): Promise<void> {
  expect((await bed.control('/-/reload')).status).toBe(200);
}

test('files that are added, edited, broken, mended and removed take effect by themselves', {
  timeout: 30_000,
}, async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [busy('a')])],
    policies: { 'idle.yaml': STOP_IDLE },
  });
  expect(await names(bed)).toEqual(['stop-idle']);
  await bed.writePolicy('night.yaml', NIGHT);
  await bed.until('the second file is in force', async () => (await names(bed)).join() === 'stop-idle,night');
  await bed.writePolicy('idle.yaml', STOP_IDLE.replace('stop-idle', 'stop-resting'));
  await bed.until('the edit is in force', async () => (await names(bed)).join() === 'stop-resting,night');

  await bed.writePolicy('idle.yaml', STOP_IDLE.replace('idleFor', 'idelFor'));
  const invalid = await bed.until('it is told', () => bed.receiver.told('policy.invalid')[0]);
  expect(invalid.text).toContain('idle.yaml');
  expect(invalid.text).toContain('idelFor');
  expect(await names(bed)).toEqual(['stop-resting', 'night']);
  expect(await bed.metric('policy_last_reload_successful')).toBe(0);
  const refused = await bed.control('/-/reload');
  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({
    error: { code: 'invalid', message: expect.stringContaining('idelFor') },
  });

  await bed.writePolicy('idle.yaml', STOP_IDLE);
  await bed.until('its mending is told', () => bed.receiver.told('policy.recovered')[0]);
  expect(await bed.metric('policy_last_reload_successful')).toBe(1);
  expect(bed.receiver.told('policy.invalid')).toHaveLength(1);
  await bed.removePolicy('night.yaml');
  await bed.until('the removal is in force', async () => (await names(bed)).join() === 'stop-idle');
  expect(await bed.metric('policies_loaded')).toBe(1);
  expect(await bed.metric('policy_enabled', { policy: 'night' })).toBeNull();
});

test('a reload does nothing a second time that was done for the same occasion', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [busy('a')])],
    policies: { 'night.yaml': NIGHT },
    clock: new TestClock(NOON + 11 * HOUR),
  });
  await bed.round();
  await bed.operationInTime('hxy/a', 'confirmed', 'cardless-stop');
  const machine = bed.sim.account('hxy').instance('a');
  machine.status = 'running';
  await bed.roll(MINUTE, 1);
  await bed.writePolicy('night.yaml', NIGHT.replace('do: cardless-stop', 'description: edited\n    do: cardless-stop'));
  await reloaded(bed);
  await bed.roll(10 * MINUTE, 3);
  expect(await bed.operations()).toHaveLength(1);
  expect(machine.status).toBe('running');
});

test('with its policy an announced stop goes, and a waiting one is cancelled; what it owes stays', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [idle('a'), busy('n', { name: 'night-n' })])],
    policies: { 'idle.yaml': STOP_IDLE, 'watch.yaml': WATCH, 'night.yaml': NIGHT.replace('dev-*', 'night-*') },
    clock: new TestClock(NOON + 11 * HOUR),
  });
  await bed.round();
  await bed.operationInTime('hxy/n', 'confirmed', 'cardless-stop');
  await bed.roll(10 * MINUTE, 3);
  await bed.rollUntil('the idle stop is announced', MINUTE, () => bed.receiver.told('decision.announced')[0]);
  await bed.removePolicy('idle.yaml');
  await bed.removePolicy('night.yaml');
  await reloaded(bed);
  await bed.roll(5 * MINUTE, 4);
  expect(await bed.operations({ instance: 'hxy/a' })).toEqual([]);
  const why = await bed.why('hxy/a');
  expect(why).toMatchObject({ notices: [] });

  bed.clock.pass(NOON + 20 * HOUR - bed.clock.now());
  const on = await bed.operationInTime('hxy/n', 'confirmed', 'start');
  expect(on).toMatchObject({ policy: 'night' });
});

test('an operation that waits to be sent is cancelled when its policy is gone', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [busy('a')])],
    policies: { 'night.yaml': NIGHT, 'watch.yaml': WATCH },
    clock: new TestClock(NOON + 11 * HOUR - 5 * SECOND),
  });
  await bed.round();
  // What was listed ten seconds ago will do for the pass, and not for the act: it waits.
  const fault = bed.sim.faults.add({
    kind: 'http-status',
    status: 500,
    operation: 'list',
    times: Number.POSITIVE_INFINITY,
  });
  bed.clock.pass(10 * SECOND);
  await bed.round();
  await bed.until('it waits', async () => fault.hits > 0 && (await bed.operations())[0]?.state === 'armed');
  await bed.removePolicy('night.yaml');
  await reloaded(bed);
  fault.remove();
  const off = await bed.operationInTime('hxy/a', 'cancelled', 'cardless-stop');
  expect(off.reason).toBe('policy-removed');
  expect(bed.sim.calls.filter(({ operation }) => operation === 'stop')).toEqual([]);
});

test('a new token is taken from its file at a reload, and accounts come and go', async () => {
  const bed = await beds.start({ accounts: [account('huixingyun', [busy('a')])], policies: { 'watch.yaml': WATCH } });
  await bed.round();
  const cloud = bed.sim.account('hxy');
  cloud.tokens = [{ name: 'new', token: 'another-token-of-hxy', createdAt: bed.clock.now() }];
  await bed.until('the old token is refused', async () => (await bed.list('accounts'))[0]?.ok === false);
  await bed.secret('hxy', 'another-token-of-hxy');
  await reloaded(bed);
  await bed.until('the new one is taken', async () => (await bed.list('accounts'))[0]?.ok === true);
});

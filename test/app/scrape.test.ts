import { expect, test } from 'vitest';
import { ask } from '../faults/redis-commands.ts';
import { armed, draft, to, walk } from '../store/support/ledger.ts';
import { useBeds } from '../support/beds.ts';
import { HOUR } from '../support/clock.ts';
import { account, busy, GPU_4090 } from '../support/cloud.ts';

const NOTHING = {
  'none.yaml': 'policies: [{ name: none, match: { name: nobody }, when: { idleFor: 1h }, do: stop }]\n',
};
const beds = useBeds();

test('a state that no operation is in any more is told as 0', async () => {
  const bed = await beds.start({ accounts: [account('huixingyun', [busy('a')])], policies: NOTHING });
  await bed.control('/api/v1/pause');
  const { ledger } = bed.daemon.store;
  const waits = await walk(ledger, await armed(ledger, draft()), 'escalated');
  expect(await bed.metric('operations_open', { state: 'escalated' })).toBe(1);
  await ledger.transition(waits.id, to(waits, 'cancelled'));
  expect(await bed.metric('operations_open', { state: 'escalated' })).toBe(0);
  expect(await bed.metric('operations_open', { state: 'confirmed' })).toBeNull();
});

test('an account that a reload removes has no series any more', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [busy('a')]), account('huixingyun', [busy('b')], { name: 'second' })],
    policies: NOTHING,
  });
  await bed.round();
  expect(await bed.metric('poll_last_success_timestamp_seconds', { account: 'second' })).not.toBeNull();
  expect(await bed.metric('account_breaker_open', { account: 'second' })).toBe(0);
  expect(await bed.metric('clock_ahead_seconds', { account: 'second' })).toBe(0);
  expect(await bed.metric('probe_last_success_timestamp_seconds', { account: 'second' })).not.toBeNull();
  const { config } = bed.daemon;
  await bed.writeConfig({ accounts: { hxy: accountAt(bed.sim.origin) } });
  expect(await bed.daemon.reload()).toMatchObject({ kind: 'done' });
  expect(config.accounts).toHaveLength(2);
  for (const name of [
    'poll_last_success_timestamp_seconds',
    'account_breaker_open',
    'snapshot_instances',
    'clock_ahead_seconds',
    'probe_last_success_timestamp_seconds',
  ]) {
    expect(await bed.metric(name, { account: 'second' })).toBeNull();
    expect(await bed.metric(name, { account: 'hxy' })).not.toBeNull();
  }
});

test('what a reload, an hour and a listing bring is in the next scrape', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [busy('a'), busy('b')])],
    policies: NOTHING,
    accountConfig: { hxy: { prices: { [GPU_4090]: { hourly: 2, daily: 40, monthly: 900 } } } },
  });
  await bed.round();
  const told = async () =>
    (await bed.metrics())
      .split('\n')
      .filter((line) => /^lamplighter_instance_(status|cost\w+|activity)\{/.test(line) && line.includes('instance="a"'))
      .map((line) => line.replace(/^lamplighter_instance_(\w+)\{account="hxy",instance="a",?(.*)\}/, '$1 $2'));
  const before = ['status status="running" 1', 'cost_yuan_per_hour  2', 'activity verdict="active" 1'];
  expect(await told()).toEqual(before);
  expect(await told()).toEqual(before);
  const dearer = { prices: { [GPU_4090]: { hourly: 3, daily: 40, monthly: 900 } } };
  await bed.writeConfig({ accounts: { hxy: { ...accountAt(bed.sim.origin), ...dearer } } });
  expect(await bed.daemon.reload()).toMatchObject({ kind: 'done' });
  expect(await told()).toEqual([before[0], 'cost_yuan_per_hour  3', before[2]]);
  // Nobody looks again, so that soon nobody can tell.
  await bed.pass(HOUR);
  expect(await told()).toEqual([before[0], 'cost_yuan_per_hour  3', 'activity verdict="unknown" 1']);
  bed.sim.account('hxy').removeInstance('b');
  bed.sim.account('hxy').instance('a').status = 'stopped';
  await bed.round();
  expect(await told()).toEqual([
    'status status="stopped" 1',
    'cost_yuan_per_hour  0',
    'activity verdict="not-applicable" 1',
  ]);
});

test('a Redis that is full is there and takes nothing, which the metrics and the page of readiness say', async () => {
  const bed = await beds.start({ accounts: [account('huixingyun', [busy('a')])], policies: NOTHING });
  await bed.round();
  const ready = async () => await (await fetch(`${bed.daemon.origin}/readyz`)).text();
  expect(await bed.metric('redis_writable')).toBe(1);
  expect(await bed.metric('redis_limit_bytes')).toBe(0);
  expect(await ready()).toContain('"ready":true');
  await ask(beds.redis.url, 'CONFIG', 'SET', 'maxmemory', '1mb');
  try {
    expect(await bed.metric('redis_writable')).toBe(0);
    expect(await bed.metric('redis_up')).toBe(1);
    expect(await bed.metric('redis_used_bytes')).toBeGreaterThan(2 ** 20);
    expect(await bed.metric('redis_limit_bytes')).toBe(2 ** 20);
    expect(await ready()).toMatch(/"ready":false.*takes no writes: it uses \d+ of 1 MB/);
  } finally {
    await ask(beds.redis.url, 'CONFIG', 'SET', 'maxmemory', '0');
  }
  expect(await bed.metric('redis_writable')).toBe(1);
});

function accountAt(origin: string): object {
  return { provider: 'huixingyun', baseUrl: origin, tokenFile: 'secrets/hxy', requestsPerSecond: 100 };
}

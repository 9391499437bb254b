import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { account, busy, daily, type FaultBed, type FaultChild, MINUTE, SECOND, useFaultBeds } from './harness.ts';
import { ask } from './redis-commands.ts';

const POLICIES = {
  'all.yaml': `
policies:
  - name: keep-paid
    match: { name: "prod-*" }
    when: { expiresWithin: 12h }
    do: { renew: { periods: 1 } }
  - name: dark
    match: { name: "dev-*" }
    when: { during: "Mon-Sun 13:00-24:00" }
    do: cardless-stop
`,
};
const beds = useFaultBeds();

/** One machine is renewed and confirmed; the other is not due for an hour. */
async function prepare(options: { readonly proxyRedis?: boolean } = {}): Promise<{
  readonly bed: FaultBed;
  readonly child: FaultChild;
}> {
  const bed = await beds.prepare({
    accounts: [account('huixingyun', [daily('d', 6), daily('later', 12.5), busy('h')])],
    policies: POLICIES,
    ...options,
  });
  const child = await bed.spawnFaulty();
  await bed.attend('the first is renewed', 20 * SECOND, async () =>
    (await bed.operations()).some(({ state }) => state === 'confirmed'),
  );
  return { bed, child };
}

/** Schedules are there again and nothing is paid, while what can be undone goes on. */
async function frozenButAlive(bed: FaultBed, child: FaultChild): Promise<void> {
  await bed.until('paid work is frozen', async () => (await bed.metricOf(child, 'paid_work_frozen')) === 1);
  await bed.polling();
  await bed.until('people are told', () => bed.receiver.told().some(({ reason }) => reason === 'amnesia'));
  await bed.pass(70 * MINUTE);
  await bed.refused(child, 'hxy/later', 'renew', 'frozen');
  await bed.attend('what can be undone is done', 20 * SECOND, () =>
    bed.sim.account('hxy').instances.some(({ id, status }) => id === 'h' && status === 'stopped'),
  );
  expect(bed.requests()).toBe(1);
  expect(bed.receiver.told().filter(({ reason }) => reason === 'amnesia')).toHaveLength(1);
  await bed.expectSound({ ledger: 'lost' });
}

test('R3: FLUSHALL under a daemon', async () => {
  const { bed, child } = await prepare();
  await ask(beds.redis.url, 'FLUSHALL');
  await frozenButAlive(bed, child);
});

test('R3: an empty Redis, found by a daemon that starts and has its file', async () => {
  const { bed, child } = await prepare();
  await child.kill();
  await beds.redis.kill();
  await rm(join(beds.redis.dir, 'appendonlydir'), { recursive: true });
  await beds.redis.start();
  await frozenButAlive(bed, await bed.spawnFaulty());
});

test('R3: a failover to a replica that misses the tail', async () => {
  const replica = await startRedis({ extra: ['--databases', '64', '--replicaof', '127.0.0.1', `${beds.redis.port}`] });
  try {
    const bed = await beds.prepare({
      accounts: [account('huixingyun', [daily('d', 6), daily('later', 12.5), busy('h')])],
      policies: POLICIES,
      proxyRedis: true,
    });
    const child = await bed.spawnFaulty({ strikes: [{ point: 'before-sending', do: 'wait', instance: 'hxy/d' }] });
    await bed.until('it is about to send', () => child.struck);
    await bed.until('the replica follows', async () =>
      String(await ask(replica.url, 'INFO', 'replication')).includes('master_link_status:up'),
    );
    await ask(replica.url, 'REPLICAOF', 'NO', 'ONE');
    child.go();
    await bed.until('the cloud has done it', () => bed.commits().length === 1);
    await bed.until('it is written down', () => child.reached('after-accepted'));
    bed.redisProxy.redirect(replica.port);
    await frozenButAlive(bed, child);
  } finally {
    await replica.stop();
  }
});

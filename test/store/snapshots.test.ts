import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { NOON } from './support/ledger.ts';
import { instance, openStore, snapshot, tracked } from './support/store.ts';

let redis: TestRedis;
let store: Store;
let other: Store;

beforeAll(async () => {
  redis = await startRedis();
  store = await openStore(redis.url);
  other = await openStore(redis.url);
});

afterAll(async () => {
  await store.close();
  await other.close();
  await redis.stop();
});

test('a snapshot reads back as it was, in this replica and in another', async () => {
  const balance = { cashFen: 12_345, cardsFen: 600, at: NOON - 5 };
  const saved = snapshot({
    account: 'a1',
    balance,
    complete: false,
    incomplete: 'page-failed',
    shrunken: true,
    instances: [
      tracked({ id: 'x' }, { stopMode: 'cardless', personStartAt: 5 }),
      tracked({ id: 'y', gpuCount: null }, { missing: 2 }),
    ],
  });
  expect(await store.snapshots.save(saved, NOON)).toEqual({ kind: 'stored', generation: 1 });
  const loaded = await store.loadSnapshot('a1');
  expect(loaded).toEqual(saved);
  // What was made of these rows need not be made again.
  expect(loaded?.instances).toBe(saved.instances);
  expect(await other.loadSnapshot('a1')).toEqual(saved);
  expect(await other.loadSnapshot('nobody')).toBeNull();
});

test('an empty account is a snapshot too', async () => {
  await store.saveSnapshot(snapshot({ account: 'empty', instances: [] }), NOON);
  expect(await other.loadSnapshot('empty')).toEqual(snapshot({ account: 'empty', instances: [] }));
});

test('an older one never replaces a newer one, whoever comes last', async () => {
  const newer = snapshot({ account: 'a2', takenAt: NOON + 10, instances: [tracked({ name: 'newer' })] });
  await store.snapshots.save(newer, NOON);
  const late = snapshot({ account: 'a2', takenAt: NOON + 9, instances: [tracked({ name: 'older' })] });
  expect(await other.snapshots.save(late, NOON)).toEqual({ kind: 'older', generation: 1 });
  expect(await other.loadSnapshot('a2')).toEqual(newer);
});

test('one that was taken before the clock was set back is replaced at once', async () => {
  const ahead = snapshot({ account: 'a6', takenAt: NOON + 3_600_000, instances: [tracked({ name: 'ahead' })] });
  await store.snapshots.save(ahead, NOON + 3_600_000);
  const now = snapshot({ account: 'a6', takenAt: NOON, instances: [tracked({ name: 'now' })] });
  expect(await other.snapshots.save(now, NOON)).toEqual({ kind: 'stored', generation: 2 });
  expect((await store.loadSnapshot('a6'))?.instances[0]?.instance.name).toBe('now');
});

test('of many savers at once the newest stays, and the generation counts those that were stored', async () => {
  const taken = Array.from({ length: 20 }, (_, i) => NOON + ((i * 7) % 20));
  const results = await Promise.all(
    taken.map((takenAt, i) =>
      (i % 2 ? store : other).snapshots.save(snapshot({ account: 'a3', takenAt, generation: 0 }), NOON),
    ),
  );
  const last = await store.loadSnapshot('a3');
  expect(last?.takenAt).toBe(NOON + 19);
  expect(last?.generation).toBe(results.filter(({ kind }) => kind === 'stored').length);
});

test('rows that did not change are not written again, and the time still moves', async () => {
  const rows = Array.from({ length: 3_000 }, (_, i) => tracked({ id: `gpu-${i}` }));
  const written = async (takenAt: number, instances = rows) => {
    const before = await commandBytes();
    await store.saveSnapshot(snapshot({ account: 'a4', takenAt, instances, generation: 0 }), NOON);
    return (await commandBytes()) - before;
  };
  const commandBytes = async () => {
    const info = await probe.general.info('stats');
    return Number(/total_net_input_bytes:(\d+)/.exec(info)?.[1]);
  };
  const { Connection } = await import('../../src/store/connection.ts');
  const probe = new Connection({ url: redis.url, clock: () => NOON, random: () => 0 });
  probe.start();
  await probe.waitReady(5_000);
  try {
    const first = await written(NOON);
    const again = await written(NOON + 1);
    const changed = await written(
      NOON + 2,
      rows.map((row, i) => (i === 1_500 ? { ...row, stopMode: 'normal' as const } : row)),
    );
    expect(again).toBeLessThan(first / 5);
    expect(changed).toBeGreaterThan(first / 2);
    const read = await other.loadSnapshot('a4');
    expect(read).toMatchObject({ takenAt: NOON + 2, generation: 3 });
    expect(read?.instances[1_500]?.stopMode).toBe('normal');
    expect(read?.instances).toHaveLength(3_000);
  } finally {
    await probe.close();
  }
});

test('what hangs on a row beside the known fields stays out of Redis', async () => {
  const leaky = { ...instance({ id: 'leaky' }), password: 'hunter2-root', token: 'tok-secret' };
  await store.saveSnapshot(snapshot({ account: 'a5', instances: [{ ...tracked(), instance: leaky }] }), NOON);
  expect(JSON.stringify(await other.loadSnapshot('a5'))).not.toMatch(/hunter2|tok-secret/);
});

import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MONEY_GRAINS, MONEY_RANGES, type MoneyPoint } from '../../src/store/money-history.ts';
import type { Store } from '../../src/store/store.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { NOON } from './support/ledger.ts';
import { openStore } from './support/store.ts';

let redis: TestRedis;
let client: Redis;
let store: Store;
beforeAll(async () => {
  redis = await startRedis();
  client = new Redis(redis.url);
  store = await openStore(redis.url);
});
afterAll(async () => {
  await store.close();
  client.disconnect();
  await redis.stop();
});

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function point(at: number, balanceFen: number | null, more: Partial<MoneyPoint> = {}): MoneyPoint {
  return { at, balanceFen, burnFenPerHour: 198, runwayMs: 3_600_000, ...more };
}

test('what was added comes back, oldest first, with what is not known', async () => {
  await store.moneyHistory.add('a', point(NOON, 12_345));
  await store.moneyHistory.add('a', point(NOON + MINUTE, null, { burnFenPerHour: null, runwayMs: null }));
  await store.moneyHistory.add('a', point(NOON + 2 * MINUTE, -50, { burnFenPerHour: 12.6 }));
  expect(await store.moneyHistory.list('a', '6h', NOON + 3 * MINUTE)).toEqual([
    { at: NOON, balanceFen: 12_345, burnFenPerHour: 198, runwayMs: HOUR },
    { at: NOON + MINUTE, balanceFen: null, burnFenPerHour: null, runwayMs: null },
    { at: NOON + 2 * MINUTE, balanceFen: -50, burnFenPerHour: 13, runwayMs: HOUR },
  ]);
  expect(await store.moneyHistory.list('nobody', '6h', NOON)).toEqual([]);
});

test('within a step the latest counts, and a late one is left out', async () => {
  for (const [seconds, fen] of [
    [0, 100],
    [20, 90],
    [50, 80],
    [40, 70],
    [60, 60],
  ] as const) {
    await store.moneyHistory.add('b', point(NOON + seconds * 1000, fen));
  }
  const fine = await store.moneyHistory.list('b', '6h', NOON + HOUR);
  expect(fine.map(({ at, balanceFen }) => [at - NOON, balanceFen])).toEqual([
    [50_000, 80],
    [60_000, 60],
  ]);
  for (const range of ['3d', '90d'] as const) {
    const coarse = await store.moneyHistory.list('b', range, NOON + HOUR);
    expect(coarse.map(({ balanceFen }) => balanceFen)).toEqual([60]);
  }
});

test('what is older than the range is not shown, however few points there are', async () => {
  await store.moneyHistory.add('c', point(NOON, 1));
  await store.moneyHistory.add('c', point(NOON + 7 * HOUR, 2));
  expect(await store.moneyHistory.list('c', '6h', NOON + 7 * HOUR)).toHaveLength(1);
  expect(await store.moneyHistory.list('c', '3d', NOON + 7 * HOUR)).toHaveLength(2);
  expect(await store.moneyHistory.list('c', '90d', NOON + 91 * DAY)).toEqual([]);
});

test('it never grows beyond its bounds, which are small, and ends with its account', { timeout: 30_000 }, async () => {
  // Ten minutes apart: the coarser two are filled to the brim, the fine one as far as it reaches.
  const steps = (95 * DAY) / (10 * MINUTE);
  for (let from = 0; from < steps; from += 1_000) {
    await Promise.all(
      Array.from({ length: Math.min(1_000, steps - from) }, (_, i) =>
        store.moneyHistory.add('d', point(NOON + (from + i) * 10 * MINUTE, 9_999_999 - i, { runwayMs: 90 * DAY })),
      ),
    );
  }
  let bytes = 0;
  for (const range of MONEY_RANGES) {
    const { stepMs, spanMs } = MONEY_GRAINS[range];
    const key = `test:money:${range}:d`;
    expect(await client.llen(key)).toBeLessThanOrEqual(spanMs / stepMs);
    const ttl = await client.ttl(key);
    expect(ttl).toBeGreaterThan(0);
    expect(ttl).toBeLessThanOrEqual(spanMs / 1000);
    bytes += Number(await client.memory('USAGE', key));
  }
  expect(await client.llen('test:money:90d:d')).toBe(2_160);
  expect(bytes).toBeLessThan(160_000);
});

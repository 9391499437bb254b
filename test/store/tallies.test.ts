import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { NOON } from './support/ledger.ts';
import { openStore } from './support/store.ts';

let redis: TestRedis;
let client: Redis;
let store: Store;
let other: Store;
beforeAll(async () => {
  redis = await startRedis();
  client = new Redis(redis.url);
  store = await openStore(redis.url);
  other = await openStore(redis.url);
});
afterAll(async () => {
  await store.close();
  await other.close();
  client.disconnect();
  await redis.stop();
});

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

test('outcomes and savings are counted by the hour and policy', async () => {
  const { tallies } = store;
  await Promise.all([
    ...Array.from({ length: 20 }, () => tallies.outcome('night', 'confirmed', NOON)),
    tallies.outcome('night', 'escalated', NOON - 23 * HOUR),
    tallies.outcome('night', 'confirmed', NOON - 25 * HOUR),
    tallies.outcome('other', 'rejected', NOON),
    tallies.told('other', NOON),
    tallies.told('other', NOON - 2 * HOUR),
    tallies.saved('night', { gpuSeconds: 60, fen: 3.3 }, NOON),
    tallies.saved('night', { gpuSeconds: 60, fen: 3.3 }, NOON - HOUR),
    tallies.saved('night', { gpuSeconds: 1_000, fen: 100 }, NOON - 3 * DAY),
  ]);
  const day = (await tallies.lately(NOON))('night').day;
  expect(Object.fromEntries(day.outcomes)).toEqual({
    confirmed: 20,
    rejected: 0,
    escalated: 1,
    superseded: 0,
    cancelled: 0,
  });
  expect([day.savedGpuSeconds, day.savedFen]).toEqual([120, 7]);
  const week = (await tallies.lately(NOON))('night').week;
  expect([week.outcomes.get('confirmed'), week.savedGpuSeconds, week.savedFen]).toEqual([21, 1_120, 107]);
  expect((await tallies.lately(NOON))('other').day.outcomes.get('rejected')).toBe(1);
  expect((await tallies.lately(NOON))('other').day.told).toBe(2);
  expect((await tallies.lately(NOON))('nobody').day).toEqual({
    outcomes: new Map([
      ['confirmed', 0],
      ['rejected', 0],
      ['escalated', 0],
      ['superseded', 0],
      ['cancelled', 0],
    ]),
    told: 0,
    refusals: new Map(),
    savedGpuSeconds: 0,
    savedFen: 0,
  });
});

test('a refusal that another replica sees too, or that is seen again after a restart, is the same', async () => {
  const one = { policy: 'idle', reason: 'hold', target: 'hxy/a', occurrence: 'o1' } as const;
  await store.tallies.refused([one, { ...one, target: 'hxy/b' }, { ...one, reason: 'protected' }], NOON);
  await other.tallies.refused([one, { ...one, target: 'hxy/b' }], NOON + HOUR);
  await other.tallies.refused([{ ...one, occurrence: 'o2' }], NOON + HOUR);
  await other.tallies.refused([], NOON + HOUR);
  expect(Object.fromEntries((await store.tallies.lately(NOON + HOUR))('idle').day.refusals)).toEqual({
    hold: 3,
    protected: 1,
  });
  expect(Object.fromEntries((await store.tallies.lately(NOON + 24 * HOUR))('idle').day.refusals)).toEqual({
    hold: 3,
  });
  expect((await store.tallies.lately(NOON + 30 * HOUR))('idle').day.refusals.size).toBe(0);
});

test('every key ends by itself', async () => {
  const keys = await client.keys('test:tally*');
  expect(keys.length).toBeGreaterThan(4);
  for (const key of keys) expect(await client.ttl(key)).toBeGreaterThan(7 * 86_400);
});

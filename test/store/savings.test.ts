import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ShadowStop } from '../../src/decide/shadow.ts';
import type { LedgerEntry, SavedTime } from '../../src/fleet/saved-time.ts';
import { LEDGER_DAYS } from '../../src/store/savings.ts';
import type { Store } from '../../src/store/store.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { openStore } from './support/store.ts';

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

const DAY = '2026-10-08';

function saved(fields: Partial<SavedTime> = {}): SavedTime {
  return {
    day: DAY,
    policy: 'night',
    instance: 'gpu-1',
    ms: 60_000,
    gpuMs: 120_000,
    grossFen: 3.3,
    keptFen: 0.1,
    unpricedMs: 0,
    unkeptMs: 0,
    stops: 0,
    wrong: 0,
    ...fields,
  };
}

function entry(from: number | null, to: number, fields: Partial<LedgerEntry> = {}): LedgerEntry {
  return { from, to, saved: [saved()], unwatched: [], ...fields };
}

const NOBODY = new Map();

test('an entry is counted once, whoever writes it and however often', async () => {
  expect(await store.savingsCountedTo('a')).toBeNull();
  const begin = entry(null, 1_000, { saved: [] });
  expect(await store.countSavings('a', begin, NOBODY)).toEqual({ isCounted: true, countedTo: 1_000 });
  const first = entry(1_000, 61_000, { saved: [saved({ stops: 1 })] });
  // Two replicas with the same listing, and one that died right after and does not know that it had counted.
  const answers = await Promise.all([store, other, store].map((each) => each.countSavings('a', first, NOBODY)));
  expect(answers.map(({ isCounted }) => isCounted)).toEqual([true, false, false]);
  expect(answers.map(({ countedTo }) => countedTo)).toEqual([61_000, 61_000, 61_000]);
  expect((await other.countSavings('a', entry(61_000, 121_000), NOBODY)).isCounted).toBe(true);
  expect(await other.savingsCountedTo('a')).toBe(121_000);
  const [day] = await store.savings.days('a', [DAY]);
  expect(day).toEqual({
    day: DAY,
    saved: [saved({ ms: 120_000, gpuMs: 240_000, grossFen: 6.6, keptFen: 0.2, stops: 1 })],
    would: [],
    unwatchedMs: 0,
  });
});

test('days, policies and instances are kept apart; what nobody watched is beside them', async () => {
  await store.countSavings('b', entry(null, 1, { saved: [] }), NOBODY);
  const two = [saved({ day: '2026-10-07' }), saved({ instance: 'gpu-2', grossFen: 0, unpricedMs: 60_000 })];
  await store.countSavings('b', entry(1, 2, { saved: [...two, saved({ policy: 'idle', wrong: 1 })] }), NOBODY);
  await store.countSavings('b', entry(2, 3, { saved: [], unwatched: [{ day: DAY, ms: 7_200_000 }] }), NOBODY);
  const days = await store.savings.days('b', ['2026-10-06', '2026-10-07', DAY]);
  expect(days.map(({ saved, unwatchedMs }) => [saved.length, unwatchedMs])).toEqual([
    [0, 0],
    [1, 0],
    [2, 7_200_000],
  ]);
  expect(days[2]?.saved).toContainEqual(saved({ instance: 'gpu-2', grossFen: 0, unpricedMs: 60_000 }));
  expect(days[2]?.saved).toContainEqual(saved({ policy: 'idle', wrong: 1 }));
  expect(await store.savings.accounts()).toEqual(['a', 'b']);
});

test('each policy has its sum since the beginning, less what the stopped machines cost', async () => {
  const raw = new Redis(redis.url);
  // As it was kept before there was a ledger.
  await raw.hset('test:savings', 'old\nmilliGpuSeconds', 5_000, 'old\nmilliFen', 7_000);
  await raw.quit();
  await store.countSavings('c', entry(null, 1, { saved: [] }), NOBODY);
  const big = { policy: 'old', ms: 3_600_000, gpuMs: 3_600_000, grossFen: 198, keptFen: 20 };
  await store.countSavings('c', entry(1, 2, { saved: [saved({ ...big, stops: 2, wrong: 1 })] }), NOBODY);
  expect((await store.savings.list()).find(({ policy }) => policy === 'old')).toEqual({
    policy: 'old',
    gpuSeconds: 3_605,
    fen: 185,
    unpricedSeconds: 0,
    stops: 2,
    wrong: 1,
  });
});

test('an instance that is gone keeps its name and labels, for as long as its days are kept', async () => {
  const named = { name: 'dev-1', labels: { env: 'dev' } };
  await store.countSavings('d', entry(null, 1, { saved: [] }), NOBODY);
  await store.countSavings('d', entry(1, 2), new Map([['gpu-1', named]]));
  expect(await store.savings.names('d')).toEqual(new Map([['gpu-1', named]]));
  const day = Date.parse(`${DAY}T12:00:00Z`);
  expect(await store.savings.trim('d', day + LEDGER_DAYS * 86_400_000)).toBe(0);
  expect(await store.savings.trim('d', day + (LEDGER_DAYS + 2) * 86_400_000)).toBe(1);
  expect((await store.savings.names('d')).size).toBe(0);
});

test('a day ends by itself, and counting in it does not put that off', async () => {
  const raw = new Redis(redis.url);
  const key = `test:savings-day:${DAY}:e`;
  await store.countSavings('e', entry(null, 1, { saved: [] }), NOBODY);
  await store.countSavings('e', entry(1, 2), NOBODY);
  expect(await raw.ttl(key)).toBeGreaterThan((LEDGER_DAYS - 1) * 86_400);
  await raw.expire(key, 1_000);
  await store.countSavings('e', entry(2, 3), NOBODY);
  expect(await raw.ttl(key)).toBeLessThanOrEqual(1_000);
  await raw.quit();
});

test('what an observing policy would have saved is in the days too, once', async () => {
  const stop: ShadowStop = {
    policy: 'watching',
    instance: 'f/gpu-1',
    name: 'dev-1',
    action: 'stop',
    stretch: 'x',
    seenAt: 1,
    at: 1,
    hourlyFen: 198,
    stoppedFen: 10,
    gpuCount: 1,
    outcome: null,
    endedAt: null,
  };
  const none = { gpuSeconds: 0, fen: 0 };
  const would = saved({ policy: 'watching' });
  const judged = saved({ policy: 'watching', ms: 0, gpuMs: 0, grossFen: 0, keptFen: 0, stops: 1, wrong: 1 });
  const counted = { gpuSeconds: 120, fen: 3.2, ended: [would], judged };
  await store.shadows.replace('f', null, stop, none, 1);
  const ended = { ...stop, endedAt: 60_001 };
  const over: ShadowStop = { ...ended, outcome: 'wrong' };
  const both = await Promise.all([store, other].map((each) => each.shadows.replace('f', stop, ended, counted, 2)));
  expect(both.filter(Boolean)).toEqual([true]);
  await store.shadows.replace('f', ended, over, counted, 3);
  const [day] = await store.savings.days('f', [DAY]);
  expect(day?.would).toEqual([{ ...would, stops: 1, wrong: 1 }]);
  expect(day?.saved).toEqual([]);
  expect(await store.shadows.load('f')).toEqual([over]);
});

import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Activity, Watched } from '../../src/fleet/activity.ts';
import { verbatim } from '../../src/fleet/detail/detail.ts';
import type { StoredShadow } from '../../src/store/shadows.ts';
import type { Store } from '../../src/store/store.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { NOON } from './support/ledger.ts';
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

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('watches', () => {
  const watched: Watched = { from: NOON, to: NOON + HOUR, holes: [{ at: NOON + MINUTE, ms: 90_000 }] };

  test('are shared, by instance', async () => {
    await store.watches.save(
      'w',
      new Map([
        ['a', watched],
        ['b', { from: 1, to: 2, holes: [] }],
      ]),
    );
    expect(await other.watches.loadOne('w', 'a')).toEqual(watched);
    expect([...(await other.watches.load('w')).keys()].sort()).toEqual(['a', 'b']);
    expect(await other.watches.loadOne('w', 'c')).toBeNull();
  });

  test('end a week after nobody went on with them', async () => {
    await store.watches.trim('w', NOON + 7 * DAY);
    expect([...(await store.watches.load('w')).keys()]).toEqual(['a']);
    await store.watches.trim('w', NOON + HOUR + 7 * DAY + 1);
    expect((await store.watches.load('w')).size).toBe(0);
  });
});

describe('the book of what would have been stopped', () => {
  const begun: StoredShadow = {
    policy: 'p',
    instance: 's/i',
    name: 'dev',
    action: 'stop',
    stretch: 'idle=x',
    seenAt: NOON,
    at: NOON,
    hourlyFen: 198,
    gpuCount: 1,
    outcome: null,
    endedAt: null,
  };
  const nothing = { gpuSeconds: 0, fen: 0 };

  test('two replicas that see the same change count it once', async () => {
    const both = await Promise.all([store, other].map((one) => one.shadows.replace('s', null, begun, nothing, NOON)));
    expect(both.filter(Boolean)).toHaveLength(1);
    const unseen = [[NOON + 1, NOON + 2]] as const;
    const right = { ...begun, outcome: 'right', endedAt: NOON + 2 * HOUR, unseen } as const;
    const saved = { gpuSeconds: 7200, fen: 396 };
    const ends = await Promise.all(
      [store, other].map((one) => one.shadows.replace('s', begun, right, saved, NOON + 2 * HOUR)),
    );
    expect(ends.filter(Boolean)).toHaveLength(1);
    expect(await store.shadows.totals()).toEqual([{ policy: 'p', right: 1, wrong: 0, unknown: 0, ...saved }]);
    expect(await store.shadows.load('s')).toEqual([right]);
    expect(await store.shadows.log(NOON - DAY, 10)).toEqual([right]);
  });

  test('what is called off leaves nothing behind, and what is old is forgotten', async () => {
    const [last] = await store.shadows.load('s');
    const next = { ...begun, stretch: 'idle=y', at: NOON + 3 * HOUR };
    expect(await store.shadows.replace('s', last ?? null, next, nothing, NOON + 3 * HOUR)).toBe(true);
    expect(await store.shadows.replace('s', next, null, nothing, NOON + 3 * HOUR)).toBe(true);
    expect(await store.shadows.load('s')).toEqual([]);
    await store.shadows.replace('s', null, begun, nothing, NOON);
    const late = NOON + 36 * DAY;
    const wrong = { ...begun, outcome: 'wrong', endedAt: late, at: late } as const;
    await store.shadows.replace('s', begun, wrong, nothing, late);
    expect(await store.shadows.log(0, 10)).toEqual([wrong]);
    await store.shadows.trim('s', late + 36 * DAY);
    expect(await store.shadows.load('s')).toEqual([]);
  });
});

describe('what idleness is counted from', () => {
  const hold = (id: string, until: number) =>
    ({ id, instance: 'h/i', owner: 'wang', reason: 'demo', createdAt: NOON, until }) as const;
  const heldUntil = async () => (await other.history('h', NOON)).heldUntil('h/i');

  test('the end of the longest hold, or its release', async () => {
    expect(await heldUntil()).toBeNull();
    await store.holdBook.add(hold('long', NOON + 2 * HOUR));
    await store.holdBook.add(hold('short', NOON + HOUR));
    expect(await heldUntil()).toBe(NOON + 2 * HOUR);
    await store.holdBook.remove('short');
    expect(await heldUntil()).toBe(NOON + 2 * HOUR);
    await store.holdBook.remove('long');
    expect(await heldUntil()).toBe(NOON);
  });

  test('the last change of what a policy means', async () => {
    const edited = async (name: string) => (await other.history('h', NOON)).policyEditedAt(name);
    await store.settings.sawMeanings([{ name: 'p', hash: 'one' }], NOON);
    await store.settings.sawMeanings([{ name: 'p', hash: 'one' }], NOON + 1);
    expect(await edited('p')).toBe(NOON);
    await store.settings.sawMeanings([{ name: 'p', hash: 'two' }], NOON + 2);
    expect(await edited('p')).toBe(NOON + 2);
    await store.settings.sawMeanings([], NOON + 3);
    expect(await edited('p')).toBeNull();
  });

  test('how often people have started it soon after a stop', async () => {
    const add = (at: number) => store.leashes.add('h/i', at, 7 * DAY);
    expect(await add(NOON)).toBe(1);
    expect(await add(NOON)).toBe(0);
    expect(await add(NOON + DAY)).toBe(2);
    expect((await other.history('h', NOON)).restarts('h/i')).toEqual({ count: 2, lastAt: NOON + DAY });
    expect(await add(NOON + 9 * DAY)).toBe(1);
  });
});

test('what a stop rests on is kept without what only the probe can read', async () => {
  const activity: Activity = {
    kind: 'idle',
    at: NOON,
    since: NOON - HOUR,
    watched: { from: NOON - HOUR, to: NOON, holes: [] },
    readings: [
      {
        probe: 'ssh',
        at: NOON,
        verdict: 'idle',
        reason: null,
        lastActiveAt: NOON - HOUR,
        judges: 'work',
        evidence: verbatim('gpu: 0 %'),
        presence: { at: NOON - HOUR, count: 0 },
        marks: { secret: 1 },
      },
    ],
  };
  await store.evidence.save('op-1', activity);
  const [reading] = activity.readings;
  const { marks: _marks, ...kept } = reading ?? {};
  expect(await other.evidence.load('op-1')).toEqual({
    at: NOON,
    verdict: 'idle',
    since: NOON - HOUR,
    watchedFrom: NOON - HOUR,
    holes: 0,
    readings: [kept],
  });
  expect(await other.evidence.load('op-2')).toBeNull();
  const raw = new Redis(redis.url);
  const [key = ''] = await raw.keys('*evidence*op-1*');
  const left = await raw.ttl(key);
  raw.disconnect();
  expect(left).toBeGreaterThan((30 * DAY) / 1_000 - 60);
});

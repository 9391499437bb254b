import { expect, test } from 'vitest';
import { watchedShadows } from '../../src/app/open-shadows.ts';
import { type ShadowStop, shadowSaving } from '../../src/decide/shadow.ts';
import { openStore } from '../store/support/store.ts';
import { DAY, HOUR, NOON } from '../support/clock.ts';
import { startRedis } from '../support/redis.ts';

const STOP: ShadowStop = {
  policy: 'watching',
  instance: 'hxy/gpu-1',
  name: 'dev-1',
  action: 'stop',
  stretch: 'idle=x',
  seenAt: NOON,
  at: NOON,
  hourlyFen: 100,
  gpuCount: 1,
  outcome: null,
  endedAt: null,
};

test('of an account that nobody watches any more, or that is not configured, nothing more is counted', async () => {
  const redis = await startRedis();
  const store = await openStore(redis.url);
  await store.shadows.replace('hxy', null, STOP, { gpuSeconds: 0, fen: 0 }, NOON);
  const saved = async (now: number) =>
    (await watchedShadows(store, 'hxy', now)).map(({ stop, watchedTo }) => shadowSaving(stop, watchedTo).fen);
  // An account whose ledger has not begun.
  expect(await saved(NOON + HOUR)).toEqual([100]);
  await store.countSavings('hxy', { from: null, to: NOON + 2 * HOUR, saved: [], unwatched: [] }, new Map());
  expect(await saved(NOON + HOUR)).toEqual([100]);
  expect(await saved(NOON + 3 * DAY)).toEqual([200]);
  await store.close();
  await redis.stop();
});

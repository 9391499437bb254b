import { expect, test } from 'vitest';
import { unseenBetween } from '../../src/decide/unseen.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { cron, DAY, during, HOUR, MINUTE, NOON, policy } from './kit.ts';

const HXY = { name: 'hxy', provider: 'huixingyun' } as const;
/** Every hour, and at night; noon is Shanghai's. */
const HOURLY = policy({ name: 'hourly', conditions: [cron('0 * * * *')] });
const NIGHT = policy({ name: 'night', conditions: [during('Mon-Sun 23:00-08:00')] });

function unseen(policies: readonly Policy[], from: number, to: number, since: number | null = 0) {
  return unseenBetween(policies, HXY, { from, to, since: () => since });
}

test('between two passes in time nothing is unseen', () => {
  expect(unseen([HOURLY, NIGHT], NOON - 10_000, NOON + 20_000)).toEqual([]);
  expect(unseen([HOURLY], NOON - 30 * MINUTE, NOON + 29 * MINUTE)).toEqual([]);
});

test('the last tick is left to the pass; those before it are unseen', () => {
  const [found] = unseen([HOURLY], NOON - HOUR, NOON + 2 * HOUR + MINUTE);
  expect(found).toEqual({
    policy: 'hourly',
    count: 2,
    occurrences: ['cron=2026-10-08T04:00:00Z', 'cron=2026-10-08T05:00:00Z'],
  });
});

test('an opening that began and ended in between is unseen; one that is open at either end is not', () => {
  const [found] = unseen([NIGHT], NOON, NOON + 2 * DAY);
  expect(found).toEqual({
    policy: 'night',
    count: 2,
    occurrences: ['during=2026-10-08T23:00:00+08:00', 'during=2026-10-09T23:00:00+08:00'],
  });
  expect(unseen([NIGHT], NOON, NOON + 18 * HOUR)).toEqual([]);
  expect(unseen([NIGHT], NOON + 12 * HOUR, NOON + 24 * HOUR)).toEqual([]);
});

test('of many the latest are named and all are counted', () => {
  const [found] = unseen([HOURLY], NOON, NOON + 30 * DAY + MINUTE);
  expect(found?.count).toBe(30 * 24 - 1);
  expect(found?.occurrences).toHaveLength(24);
  expect(found?.occurrences.at(-1)).toBe('cron=2026-11-07T03:00:00Z');
});

test('a tick outside the window of the policy is none', () => {
  const both = policy({ name: 'both', conditions: [cron('0 * * * *'), during('Mon-Sun 23:00-08:00')] });
  const [found] = unseen([both], NOON, NOON + DAY);
  expect(found?.count).toBe(9);
});

test('who only observes, is disabled, is for another account, or is new has missed nothing', () => {
  const quiet = [
    policy({ ...HOURLY, mode: 'observe' }),
    policy({ ...HOURLY, enabled: false }),
    policy({ ...HOURLY, match: { ...HOURLY.match, account: () => false } }),
  ];
  expect(unseen(quiet, NOON, NOON + DAY)).toEqual([]);
  expect(unseen([HOURLY], NOON, NOON + DAY, null)).toEqual([]);
  expect(unseen([HOURLY], NOON, NOON + DAY, NOON + DAY - 90 * MINUTE)[0]?.count).toBe(1);
});

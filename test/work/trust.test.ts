import { expect, test } from 'vitest';
import { trustOf } from '../../src/work/facts.ts';

const NOON = Date.UTC(2026, 10, 24, 4);
const MINUTE_MS = 60_000;

const good = {
  account: 'hxy',
  provider: 'huixingyun' as const,
  takenAt: NOON,
  finishedAt: NOON,
  generation: 1,
  complete: true,
  incomplete: null,
  shrunken: false,
  instances: [],
  balance: null,
};

test.each([
  ['fresh', {}, NOON, 'good'],
  ['two polls and a slow one old', {}, NOON + 2.5 * MINUTE_MS, 'good'],
  ['older than that', {}, NOON + 2.5 * MINUTE_MS + 1, 'stale-snapshot'],
  ['by a replica whose clock is a little ahead', {}, NOON - MINUTE_MS, 'good'],
  ['from before the clock was set back', {}, NOON - MINUTE_MS - 1, 'stale-snapshot'],
  ['shrunken', { shrunken: true }, NOON, 'shrunken-snapshot'],
  ['incomplete', { complete: false }, NOON, 'incomplete-snapshot'],
  ['shrunken and stale', { shrunken: true }, NOON + 3_600_000, 'stale-snapshot'],
])('a listing that is %s', (_, facts, now, trust) => {
  expect(trustOf({ ...good, ...facts }, MINUTE_MS, now)).toBe(trust);
});

import { describe, expect, test } from 'vitest';
import { savingsOf } from '../../src/decide/savings.ts';
import type { Price } from '../../src/fleet/account.ts';
import type { Instance } from '../../src/fleet/instance.ts';
import type { Snapshot, Tracked } from '../../src/fleet/snapshot.ts';
import { DAY, HOUR, MINUTE, NOON, view } from './kit.ts';

const PRICES = new Map<string, Price>([['geforce_rtx_4090', { hourlyFen: 198, dailyFen: null, monthlyFen: null }]]);

function snapshot(takenAt: number, instances: readonly Tracked[]): Snapshot {
  return {
    account: 'hxy',
    provider: 'huixingyun',
    takenAt,
    finishedAt: takenAt,
    generation: 1,
    complete: true,
    incomplete: null,
    shrunken: false,
    instances,
    balance: null,
  };
}

function stopped(fields: Partial<Instance> = {}, tracked: Partial<Tracked> = {}): Tracked {
  const base = view(
    { status: 'stopped', ...fields },
    { tracked: { statusSince: NOON - HOUR, stoppedBy: 'night', ...tracked } },
  );
  return base.tracked;
}

describe('what a policy saved between two snapshots', () => {
  const now = NOON;
  const before = NOON - MINUTE;
  const between = (was: Tracked, is: Tracked, prices = PRICES) =>
    savingsOf(snapshot(before, [was]), snapshot(now, [is]), prices);

  test('the time an hourly instance stood stopped, by its price', () => {
    expect(between(stopped(), stopped())).toEqual([{ policy: 'night', gpuSeconds: 60, fen: 3.3 }]);
    expect(between(stopped({ gpuCount: 4 }), stopped({ gpuCount: 4 }))[0]?.gpuSeconds).toBe(240);
  });

  test.each<[string, Tracked, Tracked]>([
    ['stopped by nobody of ours', stopped({}, { stoppedBy: null }), stopped({}, { stoppedBy: null })],
    ['stopped only since', view().tracked, stopped()],
    ['up again', stopped(), view().tracked],
    ['paid ahead anyway', stopped({ billing: 'monthly' }), stopped({ billing: 'monthly' })],
    ['billed in a way nobody knows', stopped({ billing: 'unknown' }), stopped({ billing: 'unknown' })],
    ['given up a week ago', stopped(), stopped({}, { statusSince: NOON - 8 * DAY })],
    ['stopped by another policy before', stopped({}, { stoppedBy: 'idle' }), stopped()],
  ])('nothing: %s', (_name, was, is) => {
    expect(between(was, is)).toEqual([]);
  });

  test('GPU time without a price is told without money', () => {
    expect(between(stopped(), stopped(), new Map())).toEqual([{ policy: 'night', gpuSeconds: 60, fen: 0 }]);
  });

  test('nothing is made up for a long gap, a first look or a clock that went back', () => {
    expect(savingsOf(null, snapshot(now, [stopped()]), PRICES)).toEqual([]);
    expect(savingsOf(snapshot(now - 2 * HOUR, [stopped()]), snapshot(now, [stopped()]), PRICES)).toEqual([]);
    expect(savingsOf(snapshot(now + MINUTE, [stopped()]), snapshot(now, [stopped()]), PRICES)).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { belowSince, burnByPrices, burnOf, burnView } from '../../src/decide/burn.ts';
import { HOUR, MINUTE, NOON, view } from './kit.ts';

const sample = (minutesAgo: number, fen: number) => ({ at: NOON - minutesAgo * MINUTE, fen });
const running = (id: string, fields: Parameters<typeof view>[0] = {}) => view({ id, ...fields }).tracked;

describe('burn', () => {
  it('is what the balance loses', () => {
    expect(burnOf([sample(60, 10_000), sample(30, 9500), sample(0, 9000)], NOON)).toBe(1000);
  });
  it('leaves top-ups out, with the time they took', () => {
    expect(burnOf([sample(60, 1000), sample(30, 500), sample(20, 9000), sample(0, 8500)], NOON)).toBe(1200);
  });
  it('does not care in which order the samples come', () => {
    expect(burnOf([sample(0, 9000), sample(60, 10_000), sample(30, 9500)], NOON)).toBe(1000);
  });
  it('looks back six hours', () => {
    expect(burnOf([sample(600, 1_000_000), sample(60, 10_000), sample(0, 9000)], NOON)).toBe(1000);
  });
  it.each([
    ['nothing', []],
    ['one sample', [sample(60, 10_000)]],
    ['too short a time', [sample(9, 10_000), sample(0, 9000)]],
    ['no fall', [sample(60, 10_000), sample(0, 10_000)]],
    ['only top-ups', [sample(60, 10_000), sample(0, 20_000)]],
  ])('is not known from %s', (_, samples) => expect(burnOf(samples, NOON)).toBeNull());

  it('goes by prices otherwise, and only when all are known', () => {
    const prices = new Map([['geforce_rtx_4090', { hourlyFen: 198, dailyFen: null, monthlyFen: null }]]);
    const instances = [
      running('a'),
      running('b'),
      running('c', { status: 'stopped' }),
      running('d', { billing: 'daily' }),
    ];
    expect(burnByPrices({ instances }, prices)).toBe(396);
    expect(burnByPrices({ instances: [...instances, running('e', { hourlyFen: 500 })] }, prices)).toBe(896);
    expect(burnByPrices({ instances: [...instances, running('e', { gpuType: 'new' })] }, prices)).toBeNull();
    const stopped = new Map([
      ['geforce_rtx_4090', { hourlyFen: 198, dailyFen: null, monthlyFen: null, stoppedFen: 7 }],
    ]);
    expect(burnByPrices({ instances }, stopped)).toBe(396 + 7);
    const unpriced = (balances: Parameters<typeof burnOf>[0], ...others: readonly string[]) =>
      burnView({
        balances,
        prices,
        now: NOON,
        snapshot: { instances: [...instances, ...others.map((gpuType) => running('e', { gpuType }))] },
      }).unpriced;
    expect(unpriced([], 'new', 'b', 'new')).toEqual(['b', 'new']);
    expect(unpriced([])).toEqual([]);
    // By the balance it is known all the same.
    expect(unpriced([sample(60, 10_000), sample(0, 9000)], 'new')).toEqual([]);
  });
});

describe('since when the balance is low', () => {
  it.each([
    ['not', [sample(60, 100), sample(0, 300)], null],
    ['since the crossing', [sample(90, 300), sample(60, 150), sample(0, 100)], NOON - HOUR],
    ['without a break', [sample(90, 100), sample(60, 300), sample(30, 100), sample(0, 50)], NOON - 30 * MINUTE],
    ['as far back as is known', [sample(60, 100), sample(0, 50)], NOON - HOUR],
    ['at the limit it is not', [sample(0, 200)], null],
    ['never seen', [], null],
  ])('%s', (_, samples, since) => expect(belowSince(samples, 200)).toBe(since));
});

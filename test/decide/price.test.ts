import { expect, test } from 'vitest';
import { configuredPrice, hourlyPriceFen } from '../../src/decide/price.ts';
import { costOf } from '../../src/decide/spending.ts';
import type { Price } from '../../src/fleet/account.ts';
import { instance } from './kit.ts';

const ONE: Price = { hourlyFen: 198, dailyFen: 4_000, monthlyFen: null };
const prices = new Map([['rtx', ONE]]);
const machine = (gpuCount: number | null, more: object = {}) => instance({ gpuType: 'rtx', gpuCount, ...more });

test('a price is that of one card, so an instance of eight costs eight of them, and takes as much of the limit', () => {
  expect(configuredPrice(machine(1), prices)).toEqual(ONE);
  expect(configuredPrice(machine(8), prices)).toEqual({ hourlyFen: 1_584, dailyFen: 32_000, monthlyFen: null });
  expect(costOf({ kind: 'renew', unit: 'daily', periods: 3 }, machine(8), { prices })).toBe(96_000);
  expect(costOf({ kind: 'lengthen', to: 'daily' }, machine(2), { prices })).toBe(8_000);
  expect(costOf({ kind: 'renew', unit: 'monthly', periods: 1 }, machine(2), { prices })).toBeNull();
});

test('of how many cards nobody knows, what it costs nobody knows either', () => {
  expect(configuredPrice(machine(null), prices)).toBeNull();
  expect(costOf({ kind: 'renew', unit: 'daily', periods: 1 }, machine(null), { prices })).toBeNull();
  expect(configuredPrice(machine(1, { gpuType: 'other' }), prices)).toBeNull();
});

test('what the listing says of an instance is of the whole instance', () => {
  expect(hourlyPriceFen(machine(8, { hourlyFen: 1_200 }), prices)).toBe(1_200);
  expect(hourlyPriceFen(machine(8, { hourlyFen: null }), prices)).toBe(1_584);
});

import { describe, expect, test } from 'vitest';
import { RateBudget } from '../../src/providers/http/rate-budget.ts';
import { forever } from './support/clients.ts';
import { JumpClock } from './support/jump-clock.ts';

describe('the rate budget', () => {
  test('lets requests go evenly, never more than the rate in any second', async () => {
    const clock = new JumpClock();
    const budget = new RateBudget(5, clock);
    const at: number[] = [];
    await Promise.all(
      Array.from({ length: 21 }, () => budget.take('read', forever()).then(() => at.push(clock.monotonic()))),
    );
    expect(at).toEqual(Array.from({ length: 21 }, (_, index) => index * 200));
  });

  test('saves nothing up while nobody asks', async () => {
    const clock = new JumpClock();
    const budget = new RateBudget(10, clock);
    await budget.take('read', forever());
    clock.advance(60_000);
    const before = clock.monotonic();
    await Promise.all([1, 2, 3].map(() => budget.take('read', forever())));
    expect(clock.monotonic() - before).toBe(200);
  });

  test('serves actions before reads, each in the order they came', async () => {
    const budget = new RateBudget(1, new JumpClock());
    const order: string[] = [];
    const take = (kind: 'act' | 'read', name: string) => budget.take(kind, forever()).then(() => order.push(name));
    await budget.take('read', forever());
    await Promise.all([take('read', 'read 1'), take('read', 'read 2'), take('act', 'act 1'), take('act', 'act 2')]);
    expect(order).toEqual(['act 1', 'act 2', 'read 1', 'read 2']);
  });

  test('a waiter that leaves uses nothing and holds nobody up', async () => {
    const clock = new JumpClock();
    const budget = new RateBudget(1, clock);
    const leaving = new AbortController();
    await budget.take('read', forever());
    const left = budget.take('act', leaving.signal);
    const next = budget.take('read', forever());
    leaving.abort(new Error('no longer'));
    await expect(left).rejects.toThrow('no longer');
    await next;
    expect(clock.monotonic()).toBe(1000);
    await expect(budget.take('read', AbortSignal.abort(new Error('never')))).rejects.toThrow('never');
  });

  test('takes rates below one a second', async () => {
    const clock = new JumpClock();
    const budget = new RateBudget(0.1, clock);
    await budget.take('read', forever());
    await budget.take('read', forever());
    expect(clock.monotonic()).toBe(10_000);
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses a rate of %s', (rate) => {
    expect(() => new RateBudget(rate, new JumpClock())).toThrow(/must be a number above 0/);
  });
});

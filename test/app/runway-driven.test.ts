import { expect, test } from 'vitest';
import { runAccounts } from '../../src/app/simulate/run.ts';
import { zoneNamed } from '../../src/calendar/zone.ts';
import { runwayOf } from '../../src/decide/runway.ts';
import type { AccountView, InstanceView } from '../../src/decide/world.ts';
import { CLOUD_ACTIONS } from '../../src/fleet/action.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { account, DAY, during, HOUR, idle, idleFor, MINUTE, NOON, policy, view, world } from '../decide/kit.ts';

const PRICES = new Map([['geforce_rtx_4090', { hourlyFen: 200, dailyFen: null, monthlyFen: null }]]);
const UP = { startedAt: NOON - DAY, hourlyFen: 200 };

/** Twenty machines, of which every fourth idles. */
function fleet(): readonly InstanceView[] {
  return Array.from({ length: 20 }, (_, i) =>
    view(
      { ...UP, account: 'cy', provider: 'chenyu', id: `m${i}`, name: i < 14 ? `dev-${i}` : `prod-${i}` },
      {
        tracked: { statusSince: NOON - DAY, upSince: NOON - DAY },
        activity: i % 4 === 0 ? idle(NOON - HOUR, NOON) : { kind: 'active', at: NOON, readings: [] },
      },
    ),
  );
}

const isDev: Policy['match'] = {
  all: false,
  account: () => true,
  instance: ({ name, status }) => name.startsWith('dev-') && status === 'running',
  instanceWhateverStatus: ({ name }) => name.startsWith('dev-'),
  text: 'name=dev-*',
};
const NIGHT = policy({
  name: 'night',
  match: isDev,
  conditions: [during('Mon-Sun 22:00-08:00')],
  afterwards: 'start',
  noticeMs: 10 * MINUTE,
});
const IDLE = policy({ name: 'idle', match: isDev, conditions: [idleFor(2 * HOUR)] });

/** When the money ends by the forecast, and when it does where the live evaluator leads the simulator's machines on. Hours. */
function both(policies: readonly Policy[], cashFen: number) {
  const known: AccountView = {
    ...account(fleet()),
    name: 'cy',
    provider: 'chenyu',
    allowed: new Set(CLOUD_ACTIONS),
    prices: PRICES,
    balanceFen: cashFen,
  };
  const zone = zoneNamed('Asia/Shanghai');
  const time = { from: NOON, until: NOON + 20 * DAY, seed: 1, zone };
  const setup = {
    view: known,
    workOf: () => ({ kind: 'as-now' }) as const,
    purseFen: cashFen,
    topUp: null,
    isOutOfStock: () => false,
  };
  const [run] = runAccounts(policies, world([known]), [setup], time);
  if (run === undefined) throw new Error('nothing was led');
  const ended = run.happenings.find(({ kind }) => kind === 'arrears');
  const told = runwayOf({
    account: known,
    balance: { cashFen, cardsFen: 0, at: NOON },
    balances: [],
    instances: known.instances,
    prices: PRICES,
    policies,
    heldUntil: () => null,
    paused: false,
    now: NOON,
    believedMs: 150_000,
  });
  if (told.kind === 'unknown' || ended === undefined) throw new Error('the money does not end');
  const hours = (ms: number | null) => (ms === null ? Number.POSITIVE_INFINITY : ms / HOUR);
  return {
    ended: (ended.at - NOON) / HOUR,
    pessimistic: hours(told.pessimisticMs),
    expected: hours(told.expectedMs),
    optimistic: hours(told.optimisticMs),
  };
}

test.each([1, 3, 9])('driven on, the money of %i days ends when it was expected to, within the band', (days) => {
  const { ended, pessimistic, expected, optimistic } = both([NIGHT], days * 24 * 20 * 200);
  expect(pessimistic).toBeCloseTo(days * 24, 1);
  expect(ended).toBeGreaterThan(pessimistic);
  expect(ended).toBeLessThanOrEqual(optimistic + 1 / 60);
  // A little early, if anything: all are taken to be stopped when the last one is.
  expect(expected).toBeLessThanOrEqual(ended);
  expect(expected).toBeGreaterThan(0.99 * ended);
});

test('machines that idle and are stopped make it last longer than expected, and no longer than hoped', () => {
  const { ended, expected, optimistic } = both([NIGHT, IDLE], 3 * 24 * 20 * 200);
  expect(ended).toBeGreaterThan(expected);
  expect(ended).toBeLessThanOrEqual(optimistic + 1 / 60);
});

test('without policies all three are the same, and true', () => {
  const { ended, pessimistic, expected, optimistic } = both([], 2 * 24 * 20 * 200);
  for (const told of [pessimistic, expected, optimistic]) expect(told).toBeCloseTo(48, 5);
  expect(ended).toBeCloseTo(48, 2);
});

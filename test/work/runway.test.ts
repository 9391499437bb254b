import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/decide/evaluate.ts';
import { verbatim } from '../../src/fleet/detail/detail.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { type PassFacts, worldOf } from '../../src/work/facts.ts';
import { at, during, HOUR, MINUTE, NOON, policy, TestHistory, view } from '../decide/kit.ts';

const NIGHT = policy({
  name: 'night',
  conditions: [during('Mon-Sun 22:00-08:00')],
  afterwards: 'start',
  limits: { perPass: null, perHour: null, percent: null },
});
/** Told where the money does not last for 30 hours. */
const SHORT = policy({
  name: 'short',
  scope: 'account',
  conditions: [{ kind: 'runwayBelow', ms: 30 * HOUR }],
  steps: [{ kind: 'notify', to: null, severity: 'critical', text: null }],
});

/** One machine at 1 yuan an hour, and 24 yuan. */
function facts(fields: Partial<PassFacts> = {}): PassFacts {
  const { tracked, labels } = view({ account: 'cy', provider: 'chenyu', hourlyFen: 100 });
  return {
    now: NOON,
    paused: false,
    account: {
      name: 'cy',
      provider: 'chenyu',
      actions: ['stop', 'start'],
      pollEveryMs: MINUTE,
      prices: new Map(),
      spendLimit: null,
    },
    listing: {
      account: 'cy',
      provider: 'chenyu',
      takenAt: NOON,
      finishedAt: NOON,
      generation: 1,
      complete: true,
      incomplete: null,
      shrunken: false,
      balance: { cashFen: 2_400, cardsFen: 0, at: NOON },
    },
    instances: [{ tracked, labels, activity: null }],
    holds: [],
    history: new TestHistory(),
    balances: [
      { at: NOON - 5 * MINUTE, fen: 2_500 },
      { at: NOON - 2 * MINUTE, fen: 2_400 },
    ],
    spent: { calls: 0, fen: 0 },
    interruptedAt: [],
    breakerOpen: false,
    paidWork: 'open',
    paidWorkOff: null,
    reversibleOff: null,
    foreign: null,
    ...fields,
  };
}

function accountOf(policies: readonly Policy[], fields: Partial<PassFacts> = {}) {
  const [account] = worldOf(facts(fields), policies).accounts;
  if (account === undefined) throw new Error('no account');
  return account;
}

const told = (policies: readonly Policy[], fields: Partial<PassFacts> = {}) =>
  evaluate(policies, worldOf(facts(fields), policies)).acts.filter(({ kind }) => kind === 'notification');

describe('what a policy knows of how long the money lasts', () => {
  test('goes by the night to come, and the crossing is when the money became less than that takes', () => {
    expect(accountOf([]).runwayMs).toBe(24 * HOUR);
    expect(accountOf([NIGHT]).runwayMs).toBe(34 * HOUR);
    // Without the night it is low since there are less than 30 yuan; with it 30 hours take 20.
    expect(accountOf([]).runwayBelowSince(25 * HOUR)).toBe(NOON - 2 * MINUTE);
    expect(accountOf([NIGHT]).runwayBelowSince(30 * HOUR)).toBeNull();
    expect(told([SHORT])).toMatchObject([{ event: 'balance.low' }]);
    expect(told([SHORT, NIGHT])).toEqual([]);
  });

  test('a hold, a pause, a freeze and refused credentials count, since then the night brings nothing', () => {
    const hold = {
      id: 'h',
      instance: 'cy/gpu-1',
      owner: 'wang',
      reason: 'x',
      createdAt: 0,
      until: at('23:00'),
    } as const;
    expect(accountOf([NIGHT], { holds: [hold] }).runwayMs).toBe(24 * HOUR);
    // Who pauses the stops is told what that costs.
    expect(told([SHORT, NIGHT], { paused: true })).toHaveLength(1);
    expect(accountOf([NIGHT], { paused: true }).runwayMs).toBe(24 * HOUR);
    expect(accountOf([NIGHT], { reversibleOff: verbatim('a bug') }).runwayMs).toBe(24 * HOUR);
    expect(accountOf([NIGHT], { breakerOpen: true }).runwayMs).toBe(24 * HOUR);
  });

  test('a balance that was read too long ago is not known', () => {
    const late = { now: NOON + 16 * MINUTE };
    expect(accountOf([], late)).toMatchObject({ runwayMs: null, runwayUnknown: 'stale-balance' });
    expect(accountOf([], late).runwayBelowSince(30 * HOUR)).toBeNull();
    expect(told([SHORT], late)).toEqual([]);
  });

  test('is not worked out where nobody asks', () => {
    let asked = 0;
    const counting = facts();
    const account = {
      ...counting.account,
      get prices() {
        asked += 1;
        return new Map();
      },
    };
    const world = worldOf({ ...counting, account }, [NIGHT]);
    const before = asked;
    evaluate([NIGHT], world);
    expect(asked).toBe(before);
    expect(world.accounts[0]?.runwayMs).toBe(34 * HOUR);
    expect(world.accounts[0]?.runwayBelowSince(HOUR)).toBeNull();
    expect(asked).toBe(before + 1);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type RunwayInput, runwayOf } from '../../src/decide/runway.ts';
import type { Price } from '../../src/fleet/account.ts';
import { CLOUD_ACTIONS } from '../../src/fleet/action.ts';
import type { Instance } from '../../src/fleet/instance.ts';
import type { Tracked } from '../../src/fleet/snapshot.ts';
import type { Condition, Policy } from '../../src/policy/policy.ts';
import { at, cron, DAY, during, expiresWithin, HOUR, idleFor, MINUTE, NOON, policy, view } from './kit.ts';

const ONE: Price = { hourlyFen: 100, dailyFen: 2_000, monthlyFen: null };
const PRICES = new Map([['geforce_rtx_4090', ONE]]);

function machine(fields: Partial<Instance> = {}, tracked: Partial<Tracked> = {}): RunwayInput['instances'][number] {
  const up = (fields.status ?? 'running') === 'running' ? NOON - DAY : null;
  const since = { statusSince: NOON - DAY, upSince: up };
  return { tracked: view(fields, { tracked: { ...since, ...tracked } }).tracked, labels: {} };
}

function input(fields: Partial<RunwayInput> = {}): RunwayInput {
  return {
    account: { name: 'cy', provider: 'chenyu', allowed: new Set(CLOUD_ACTIONS) },
    balance: { cashFen: 2_400, cardsFen: 0, at: NOON },
    balances: [],
    instances: [machine()],
    prices: PRICES,
    policies: [],
    heldUntil: () => null,
    paused: false,
    now: NOON,
    believedMs: 150_000,
    ...fields,
  };
}

/** Hours: pessimistic, expected, optimistic. */
function hours(fields: Partial<RunwayInput> = {}): readonly (number | null)[] | string {
  const told = runwayOf(input(fields));
  if (told.kind === 'unknown') return told.why;
  const { pessimisticMs, expectedMs, optimisticMs } = told;
  return [pessimisticMs, expectedMs, optimisticMs].map((ms) => (ms === null ? null : Math.round(ms / 36_000) / 100));
}

/** At once: no minute is lost to limits. */
const AT_ONCE = { perPass: null, perHour: null, percent: null };
const night = (fields: Partial<Policy> = {}) =>
  policy({
    name: 'night',
    conditions: [during('Mon-Sun 22:00-08:00')],
    afterwards: 'start',
    limits: AT_ONCE,
    ...fields,
  });

describe('how long the cash lasts', () => {
  test('is the cash by what runs, where nothing changes', () => {
    expect(hours()).toEqual([24, 24, 24]);
    expect(hours({ instances: [machine(), machine({ id: 'b' })] })).toEqual([12, 12, 12]);
    expect(hours({ balance: { cashFen: 0, cardsFen: 5_000, at: NOON } })).toEqual([0, 0, 0]);
    expect(hours({ instances: [machine({ status: 'stopped' })] })).toEqual([null, null, null]);
    // What nobody can read may well run.
    expect(hours({ instances: [machine({ status: 'unknown' }, { upSince: NOON - DAY })] })).toEqual([24, 24, 24]);
  });

  test('counts what stopped machines cost', () => {
    const prices = new Map([['geforce_rtx_4090', { ...ONE, stoppedFen: 20, cardlessFen: 10 }]]);
    const stopped = (stopMode: Tracked['stopMode']) => machine({ id: 'b', status: 'stopped' }, { stopMode });
    expect(hours({ prices, instances: [machine(), stopped('normal')] })).toEqual([20, 20, 20]);
    expect(hours({ prices, instances: [stopped('cardless')] })).toEqual([240, 240, 240]);
  });

  test('goes by the balance where prices do not explain it', () => {
    const sample = (hoursAgo: number, fen: number) => ({ at: NOON - hoursAgo * HOUR, fen });
    // 150 an hour, of which 100 are the machine's.
    expect(hours({ balances: [sample(6, 3_300), sample(0, 2_400)] })).toEqual([16, 16, 16]);
    // Without a price the whole of it, and it stays whatever the calendar says.
    const unpriced = { balances: [sample(6, 3_300), sample(0, 2_400)], prices: new Map() };
    expect(hours({ ...unpriced, policies: [night()] })).toEqual([16, 16, 16]);
    expect(hours({ prices: new Map() })).toBe('no-burn');
    // It came up an hour ago: five of the six hours cost nothing, so that 100 is not too little.
    const young = machine({}, { upSince: NOON - HOUR, statusSince: NOON - HOUR });
    expect(hours({ instances: [young], balances: [sample(6, 2_500), sample(0, 2_400)] })).toEqual([24, 24, 24]);
  });

  test('is not known without a balance, and a stale one is unknown and says so', () => {
    expect(hours({ balance: null })).toBe('no-balance');
    expect(hours({ now: NOON + 15 * MINUTE })).toEqual([24, 24, 24]);
    expect(hours({ now: NOON + 15 * MINUTE + 1 })).toBe('stale-balance');
    // Where polls are farther apart than that.
    expect(hours({ now: NOON + HOUR, believedMs: HOUR })).toEqual([24, 24, 24]);
    // One read of it has failed.
    const before = [
      { at: NOON - MINUTE, fen: 2_400 },
      { at: NOON - 2 * MINUTE, fen: 9_999 },
    ];
    expect(hours({ balance: null, balances: before })).toEqual([24, 24, 24]);
    expect(hours({ balance: null, balances: before, now: NOON + HOUR })).toBe('stale-balance');
  });
});

describe('what nobody can tell', () => {
  const renew = policy({
    name: 'renew',
    conditions: [expiresWithin(12 * HOUR)],
    steps: [{ kind: 'renew', periods: { daily: 1, monthly: 1 } }],
  });
  const morning = policy({ name: 'morning', conditions: [cron('0 8 * * *')], steps: [{ kind: 'start' }] });
  const monthly = machine({ id: 'p', billing: 'monthly', expiresAt: NOON + 20 * HOUR });
  const down = machine({ id: 'd', status: 'stopped', gpuType: 'a100' });
  const sample = (hoursAgo: number, fen: number) => ({ at: NOON - hoursAgo * HOUR, fen });
  const fell = [sample(6, 3_000), sample(0, 2_400)];

  test.each<[string, Partial<RunwayInput>, ReturnType<typeof hours>]>([
    [
      'a renewal that a policy will make has no price',
      { instances: [machine(), monthly], policies: [renew] },
      'no-burn',
    ],
    ['also where the balance was watched', { instances: [monthly], policies: [renew], balances: fell }, 'no-burn'],
    [
      'but not where the money is gone before it is due',
      { instances: [machine({ hourlyFen: 400 }), monthly], policies: [renew] },
      [6, 6, 6],
    ],
    ['a renewal that nobody will make has none', { instances: [machine(), monthly] }, [24, 24, 24]],
    [
      'one that an observing policy would make has none',
      { instances: [machine(), monthly], policies: [{ ...renew, mode: 'observe' }] },
      [24, 24, 24],
    ],
    [
      'one beyond the weeks that are followed',
      {
        instances: [machine(), machine({ id: 'p', billing: 'monthly', expiresAt: NOON + 15 * DAY })],
        policies: [renew],
      },
      [24, 24, 24],
    ],
    ['what is started in the morning has no price', { instances: [down], policies: [morning] }, 'no-burn'],
    ['also where the balance was watched', { instances: [down], policies: [morning], balances: fell }, 'no-burn'],
    [
      'but not where the money is gone before',
      { instances: [machine({ hourlyFen: 150 }), down], policies: [morning] },
      [16, 16, 16],
    ],
    ['what is down and stays so has none', { instances: [machine(), down] }, [24, 24, 24]],
    [
      'what is down and held in the morning has none',
      { instances: [down], policies: [morning], paused: true },
      [null, null, null],
    ],
  ])('%s', (_name, fields, expected) => {
    expect(hours(fields)).toEqual(expected);
  });

  test('tells which price is missing', () => {
    const lacks = (fields: Partial<RunwayInput>) => {
      const runway = runwayOf(input(fields));
      return runway.kind === 'unknown' ? runway.unpriced : null;
    };
    const a100 = machine({ id: 'u', gpuType: 'a100' });
    expect(lacks({ instances: [monthly, down], policies: [renew, morning] })).toEqual(['a100', 'geforce_rtx_4090']);
    expect(lacks({ instances: [a100, machine({ id: 'n', gpuType: '' })] })).toEqual(['a100']);
    expect(lacks({ instances: [a100], balances: fell })).toBeNull();
    expect(lacks({ balance: null })).toEqual([]);
  });

  test('a balance that is less than nothing lasts no time at all', () => {
    expect(hours({ balance: { cashFen: -500, cardsFen: 0, at: NOON } })).toEqual([0, 0, 0]);
    expect(hours({ balance: { cashFen: -500, cardsFen: 0, at: NOON }, instances: [] })).toEqual([0, 0, 0]);
    expect(hours({ instances: [] })).toEqual([null, null, null]);
  });

  test('a balance from the future, after the clock was set back, is as stale as one from the past', () => {
    const ahead = { balance: { cashFen: 2_400, cardsFen: 0, at: NOON + HOUR } };
    expect(hours(ahead)).toBe('stale-balance');
    expect(hours({ ...ahead, now: NOON + 50 * MINUTE })).toEqual([24, 24, 24]);
  });

  test('what lasts for more than ten years does not end', () => {
    const cheap = (hourlyFen: number) => ({
      instances: [machine({ hourlyFen })],
      balance: { cashFen: 24 * 365 * 11, cardsFen: 0, at: NOON },
    });
    expect(hours(cheap(1))).toEqual([null, null, null]);
    expect(hours(cheap(2))).toEqual([48_180, 48_180, 48_180]);
  });

  test('a machine that is gone or whose time is over is renewed by no policy', () => {
    const daily = (fields: Partial<Instance>) => machine({ id: 'p', billing: 'daily', ...fields });
    const gone = daily({ status: 'destroyed', expiresAt: NOON + 2 * HOUR });
    expect(hours({ instances: [machine(), gone], policies: [renew] })).toEqual([24, 24, 24]);
    const over = daily({ status: 'stopped', expiresAt: NOON - HOUR });
    expect(hours({ instances: [machine(), over], policies: [renew] }).slice(1)).toEqual([24, 24]);
  });
});

describe('the schedule', () => {
  test('of tonight is expected, and the pessimist does not count on it', () => {
    // Ten hours until 22:00 cost 1 000; ten of rest; then 14 hours, and so on.
    expect(hours({ policies: [night()] })).toEqual([24, 34, 34]);
    expect(hours({ policies: [night({ afterwards: null })] })).toEqual([24, null, null]);
    expect(hours({ policies: [night({ afterwards: null }), morning()] })).toEqual([24, 34, 34]);
  });

  const morning = (fields: Partial<Policy> = {}) =>
    policy({ name: 'morning', conditions: [cron('0 8 * * *')], steps: [{ kind: 'start' }], ...fields });

  test('starts what it stops only where it was it that stopped it', () => {
    const down = (stoppedBy: string | null, since = NOON - 15 * HOUR) =>
      machine({ status: 'stopped' }, { stoppedBy, statusSince: since });
    const late = { now: at('23:00'), balance: { cashFen: 2_400, cardsFen: 0, at: at('23:00') }, policies: [night()] };
    // Nine hours of the night are left, and 14 of the day cost 1 400; then another night for the rest.
    expect(hours({ ...late, instances: [down('night', at('22:05'))] })).toEqual([33, 43, 43]);
    expect(hours({ ...late, instances: [down('idle', at('22:05'))] })).toEqual([33, 43, 43]);
    expect(hours({ ...late, instances: [down('idle', at('20:00'))] })).toEqual([null, null, null]);
    expect(hours({ ...late, instances: [down(null, at('22:05'))] })).toEqual([null, null, null]);
  });

  test.each<[string, Partial<Policy>]>([
    ['an observing one', { mode: 'observe' }],
    ['one that is turned off', { enabled: false }],
    ['one that also asks for idleness', { conditions: [during('Mon-Sun 22:00-08:00'), idleFor(30 * MINUTE)] }],
  ])('is not counted on: %s', (_name, fields) => {
    expect(hours({ policies: [night(fields)] }).slice(0, 2)).toEqual([24, 24]);
  });

  test('what asks for idleness is what the optimist counts on', () => {
    const idle = policy({ name: 'idle', conditions: [idleFor(HOUR)], noticeMs: HOUR });
    expect(hours({ policies: [idle] })).toEqual([24, 24, null]);
    expect(hours({ policies: [idle, morning()] })).toEqual([24, 24, expect.any(Number)]);
    // Two hours today, and two after each start at 8: the 24th is the second of the eleventh morning after.
    expect(hours({ policies: [idle, morning()] })[2]).toBe(20 + 10 * 24 + 2);
  });

  test('what idleness stops in a window is started when the window closes, as what the window’s own policy stops', () => {
    const idle = policy({ name: 'idle', conditions: [idleFor(2 * HOUR)] });
    const evening = night({ conditions: [during('Mon-Sun 13:00-20:00')], noticeMs: 4 * HOUR });
    const balance = { cashFen: 300, cardsFen: 0, at: NOON };
    // Two hours until it rests, and one more from 20:00 on.
    expect(hours({ balance, policies: [idle, evening] })).toEqual([3, 3, 9]);
    expect(hours({ balance, policies: [idle] })).toEqual([3, 3, null]);
  });

  test('what one policy starts and another stops at the same time stays as it is', () => {
    const idle = policy({ name: 'idle', conditions: [idleFor(6 * HOUR)] });
    const evening = [during('Mon-Sun 18:00-20:00')];
    const start = policy({ name: 'start', conditions: evening, steps: [{ kind: 'start' }] });
    const stop = policy({ name: 'stop', conditions: evening, limits: AT_ONCE });
    const balance = { cashFen: 900, cardsFen: 0, at: NOON };
    expect(hours({ balance, policies: [idle, start, stop] })).toEqual(hours({ balance, policies: [idle, start] }));
    expect(hours({ balance, policies: [idle, start, stop] })).toEqual([9, 9, 33]);
  });

  test('a policy that asks for money does not feed on its own forecast', () => {
    const poor: Condition[] = [during('Mon-Sun 22:00-08:00'), { kind: 'runwayBelow', ms: DAY }];
    expect(hours({ policies: [night({ conditions: poor })] })).toEqual([24, 24, 24]);
    expect(
      hours({ policies: [night({ conditions: [...poor.slice(0, 1), { kind: 'balanceBelow', fen: 1 }] })] }),
    ).toEqual([24, 24, 24]);
  });

  test('a hold, a label, a pause and what is not allowed keep a machine up', () => {
    const policies = [night()];
    expect(hours({ policies, heldUntil: () => at('23:00') })).toEqual([24, 24, 24]);
    expect(hours({ policies, heldUntil: () => at('21:00') })).toEqual([24, 34, 34]);
    expect(hours({ policies, instances: [{ ...machine(), labels: { protect: 'true' } }] })).toEqual([24, 24, 24]);
    expect(hours({ policies, paused: true })).toEqual([24, 24, 24]);
    expect(hours({ policies, account: { ...input().account, allowed: new Set() } })).toEqual([24, 24, 24]);
  });

  test('one that is up long into its window stays up, by what is expected', () => {
    const moment = (clock: string) => ({
      now: at(clock),
      balance: { cashFen: 500, cardsFen: 0, at: at(clock) },
      policies: [night()],
    });
    expect(hours(moment('23:00'))).toEqual([5, 5, 5]);
    expect(hours(moment('22:10'))).toEqual([5, 14.83, 14.83]);
  });

  test('notice and the limits of an account put a stop off', () => {
    const balance = { cashFen: 2_400, cardsFen: 0, at: NOON };
    expect(hours({ balance, policies: [night({ noticeMs: 30 * MINUTE })] })).toEqual([24, 33.5, 33.5]);
    const many = Array.from({ length: 60 }, (_, i) => machine({ id: `m${i}` }));
    const large = { instances: many, balance: { cashFen: 60 * 1_010, cardsFen: 0, at: NOON } };
    // Three a minute: the last of 60 is stopped after 20 minutes, when the money is gone.
    expect(hours({ ...large, policies: [night({ limits: null })] })).toEqual([10.1, 10.1, 20.1]);
    expect(hours({ ...large, policies: [night()] })).toEqual([10.1, 20.1, 20.1]);
  });
});

describe('renewals', () => {
  const renew = policy({
    name: 'renew',
    conditions: [expiresWithin(12 * HOUR)],
    steps: [{ kind: 'renew', periods: { daily: 1, monthly: 1 } }],
  });
  const prepaid = (expiresAt: number) => machine({ id: 'p', billing: 'daily', expiresAt });

  test('that are due make a balance short that looked long', () => {
    const instances = [machine(), prepaid(NOON + 20 * HOUR)];
    // 2 000 at 20:00, when 1 600 are left.
    expect(hours({ instances, policies: [renew] })).toEqual([8, 8, 8]);
    // Nobody pays it: only the pessimist fears that somebody will.
    expect(hours({ instances })).toEqual([20, 24, 24]);
  });

  test('come again', () => {
    const instances = [prepaid(NOON + 20 * HOUR)];
    expect(hours({ instances, policies: [renew], balance: { cashFen: 5_000, cardsFen: 0, at: NOON } })).toEqual([
      56, 56, 56,
    ]);
    // Beyond the weeks that are followed day by day as well.
    const rich = { instances, policies: [renew], balance: { cashFen: 200_000, cardsFen: 0, at: NOON } };
    expect(hours(rich)[1]).toBeGreaterThan(98 * 24);
    expect(hours(rich)[1]).toBeLessThan(102 * 24);
  });
});

test('how much it takes to last so long is told by the same', () => {
  const told = runwayOf(input({ policies: [night()] }));
  if (told.kind === 'unknown') throw new Error(told.why);
  expect(told.fenFor(10 * HOUR)).toBe(1_000);
  expect(told.fenFor(20 * HOUR)).toBe(1_000);
  expect(told.fenFor(34 * HOUR)).toBe(2_400);
  expect(told.fenFor(21 * DAY)).toBeCloseTo(21 * 1_400, -2);
});

describe('whatever the fleet and its policies', () => {
  const windows = ['Mon-Sun 22:00-08:00', 'Mon-Fri 18:00-20:00', 'Sat-Sun 00:00-24:00', 'Mon-Sun 12:30-13:30'].map(
    during,
  );
  const tick = cron('15 9 * * *');
  const policies = fc.array(
    fc.record({
      window: fc.constantFrom(...windows, null),
      idle: fc.boolean(),
      start: fc.boolean(),
      afterwards: fc.boolean(),
      notice: fc.constantFrom(0, 10 * MINUTE, 2 * HOUR),
      ids: fc.integer({ min: 1, max: 15 }),
      limits: fc.constantFrom(null, AT_ONCE),
    }),
    { maxLength: 4 },
  );
  const machines = fc.array(
    fc.record({
      status: fc.constantFrom('running', 'stopped', 'starting', 'unknown'),
      stoppedBy: fc.constantFrom(null, 'p0', 'p1'),
      sinceHours: fc.integer({ min: 0, max: 40 }),
      hourlyFen: fc.constantFrom(50, 100, 730),
      daily: fc.boolean(),
      expiresHours: fc.integer({ min: 1, max: 60 }),
      held: fc.constantFrom(null, 3, 30),
    }),
    { minLength: 1, maxLength: 8 },
  );
  const world = fc.record({
    policies,
    machines,
    fen: fc.integer({ min: 1, max: 400_000 }),
    stoppedFen: fc.constantFrom(0, 13),
    atHours: fc.integer({ min: 0, max: 167 }),
    renews: fc.boolean(),
    lostFen: fc.constantFrom(null, 0, 700, 20_000),
  });
  type Drawn = typeof world extends fc.Arbitrary<infer T> ? T : never;

  function drawn({ policies: plans, machines: fleet, fen, stoppedFen, atHours, renews, lostFen }: Drawn): RunwayInput {
    const now = NOON + atHours * HOUR;
    const made = plans.map(({ window, idle, start, afterwards, notice, ids, limits }, i) => {
      const conditions = [...(window === null ? [] : [window]), ...(idle ? [idleFor(2 * HOUR)] : [])];
      return policy({
        name: `p${i}`,
        conditions: conditions.length === 0 ? [tick] : conditions,
        steps: [{ kind: start ? 'start' : 'stop' }],
        afterwards: afterwards && !start && window !== null ? 'start' : null,
        noticeMs: start ? 0 : notice,
        limits,
        match: {
          all: false,
          account: () => true,
          instance: () => true,
          instanceWhateverStatus: ({ id }) => ((ids >> (Number(id) % 4)) & 1) === 1,
          text: '',
        },
      });
    });
    const renewing = policy({
      name: 'renew',
      conditions: [expiresWithin(12 * HOUR)],
      steps: [{ kind: 'renew', periods: { daily: 1, monthly: 1 } }],
    });
    const instances = fleet.map(({ status, stoppedBy, sinceHours, hourlyFen, daily, expiresHours }, i) => {
      const since = now - sinceHours * HOUR;
      const fields: Partial<Instance> = daily
        ? { billing: 'daily', expiresAt: now + expiresHours * HOUR }
        : { hourlyFen, status };
      const isDown = !daily && status === 'stopped';
      const tracked = { statusSince: since, upSince: isDown ? null : since, stoppedBy: isDown ? stoppedBy : null };
      return machine({ id: String(i), ...fields }, tracked);
    });
    const balances =
      lostFen === null
        ? []
        : [
            { at: now - 6 * HOUR, fen: fen + lostFen },
            { at: now, fen },
          ];
    return input({
      instances,
      balances,
      policies: renews ? [...made, renewing] : made,
      balance: { cashFen: fen, cardsFen: 0, at: now },
      now,
      prices: new Map([['geforce_rtx_4090', { ...ONE, stoppedFen }]]),
      heldUntil: (key) => {
        const held = fleet[Number(key.slice(key.indexOf('/') + 1))]?.held ?? null;
        return held === null ? null : now + held * HOUR;
      },
    });
  }

  const told = (of: RunwayInput) => {
    const runway = runwayOf(of);
    if (runway.kind === 'unknown') throw new Error(runway.why);
    const or = (ms: number | null) => ms ?? Number.POSITIVE_INFINITY;
    return [or(runway.pessimisticMs), or(runway.expectedMs), or(runway.optimisticMs)] as const;
  };
  /** To the second: sums of fractions. */
  const atMost = (a: number, b: number) => expect(a).toBeLessThanOrEqual(b + 1_000);
  const RUNS = { numRuns: 50 };

  test('the band contains what is expected', () => {
    fc.assert(
      fc.property(world, (each) => {
        const [low, expected, high] = told(drawn(each));
        atMost(low, expected);
        atMost(expected, high);
      }),
      RUNS,
    );
  });

  test('more burn never lengthens it: another machine, or a balance that falls faster', () => {
    fc.assert(
      fc.property(world, fc.integer({ min: 1, max: 5_000 }), (each, more) => {
        const base = drawn(each);
        const other = machine({ id: '99', hourlyFen: 90 }, { upSince: base.now, statusSince: base.now });
        const larger = told({ ...base, instances: [...base.instances, other] });
        const balances = base.balances.map((sample, i) => (i === 0 ? { ...sample, fen: sample.fen + more } : sample));
        const faster = told({ ...base, balances });
        for (const [i, ms] of told(base).entries()) {
          if (base.balances.length === 0) atMost(larger[i] ?? 0, ms);
          atMost(faster[i] ?? 0, ms);
        }
      }),
      RUNS,
    );
  });

  test('a renewal that falls due never lengthens it', () => {
    fc.assert(
      fc.property(world, fc.integer({ min: 1, max: 300 }), (each, hoursAhead) => {
        const base = drawn(each);
        const due = machine({ id: '99', billing: 'daily', expiresAt: base.now + hoursAhead * HOUR });
        const after = told({ ...base, instances: [...base.instances, due] });
        for (const [i, ms] of told(base).entries()) atMost(after[i] ?? 0, ms);
      }),
      RUNS,
    );
  });

  test('a stop in the night never shortens it', () => {
    fc.assert(
      fc.property(world, fc.constantFrom(...windows), (each, window) => {
        const base = drawn(each);
        // Without a start of its own: what it started would have been stopped by it.
        const stop = policy({ name: 'more', conditions: [window], limits: AT_ONCE });
        const stopped = told({ ...base, policies: [...base.policies, stop] });
        for (const [i, ms] of told(base).entries()) atMost(ms, stopped[i] ?? 0);
      }),
      RUNS,
    );
  });
});

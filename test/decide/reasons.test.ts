import { describe, it } from 'vitest';
import { countKey } from '../../src/decide/counts.ts';
import type { Refusal } from '../../src/decide/decision.ts';
import { evaluate } from '../../src/decide/evaluate.ts';
import type { EvaluateOptions } from '../../src/decide/pass.ts';
import type { World } from '../../src/decide/world.ts';
import { INACTION_REASONS, type InactionReason } from '../../src/fleet/reason.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { expect } from '../support/in-words.ts';
import {
  account,
  at,
  cron,
  DAY,
  during,
  expiresWithin,
  HOUR,
  hold,
  idle,
  idleFor,
  MINUTE,
  NOON,
  policy,
  TestHistory,
  view,
  world,
} from './kit.ts';

const KEY = 'hxy/gpu-1';
const IDLE_OCCURRENCE = 'idleFor=2026-10-08T02:00:00Z';

const renewal = (fields: Partial<Policy> = {}) =>
  policy({
    name: 'keep',
    conditions: [expiresWithin(12 * HOUR)],
    steps: [{ kind: 'renew', periods: { daily: 1, monthly: null } }],
    ...fields,
  });
const soon = { billing: 'daily', expiresAt: NOON + HOUR } as const;

function history(change: (history: TestHistory) => void): TestHistory {
  const made = new TestHistory();
  change(made);
  return made;
}

describe('acting', () => {
  it('stops an idle instance', () => {
    const result = evaluate([policy()], world([account([view()])]));
    expect(result.refusals).toEqual([]);
    expect(result.acts).toMatchObject([{ action: 'stop', occurrence: IDLE_OCCURRENCE, reason: 'due', step: 0 }]);
    expect(result.counts).toEqual(new Map([[countKey('p', 'stop', 'due'), 1]]));
  });

  it('turns the lights out, once per night', () => {
    const lights = policy({ conditions: [during('Mon-Sun 23:00-08:00')], steps: [{ kind: 'cardless-stop' }] });
    const night = { now: at('23:05') };
    const result = evaluate([lights], world([account([view({}, night)])], night));
    const occurrence = 'during=2026-10-08T23:00:00+08:00';
    expect(result.acts).toMatchObject([{ action: 'cardless-stop', occurrence, reason: 'due' }]);
    const done = history((past) => past.set('p', KEY, occurrence, 0, 'done'));
    expect(evaluate([lights], world([account([view({}, night)])], { ...night, history: done })).acts).toEqual([]);
    expect(evaluate([lights], world([account([view()])])).acts).toEqual([]);
  });

  it('renews before expiry, by the unit of the instance', () => {
    const keep = renewal({ steps: [{ kind: 'renew', periods: { daily: 3, monthly: 1 } }] });
    expect(evaluate([keep], world([account([view(soon)])])).acts).toMatchObject([
      {
        action: 'renew',
        call: { kind: 'renew', unit: 'daily', periods: 3 },
        occurrence: 'expiresWithin=2026-10-08T05:00:00Z',
        costFen: null,
      },
    ]);
  });

  it('takes up a tick late, and says so', () => {
    const nightly = policy({
      conditions: [cron('0 12 * * *')],
      steps: [{ kind: 'snapshot', name: '{name}-{date}-{time}' }],
    });
    const now = NOON + 10 * MINUTE;
    expect(evaluate([nightly], world([account([view()])], { now })).acts).toMatchObject([
      { reason: 'made-up', occurrence: 'cron=2026-10-08T04:00:00Z', call: { name: 'dev-1-2026-10-08-1200' } },
    ]);
  });

  it('takes the edges of its spans in', () => {
    const edge = view({ billing: 'daily', expiresAt: NOON + 12 * HOUR });
    expect(evaluate([renewal()], world([account([edge])])).acts).toHaveLength(1);
    const later = view({ billing: 'daily', expiresAt: NOON + 12 * HOUR + 1 });
    expect(evaluate([renewal()], world([account([later])])).acts).toEqual([]);
    const noon = policy({ conditions: [cron('0 12 * * *')] });
    expect(evaluate([noon], world([account([view()])], { now: NOON + 15 * MINUTE })).acts).toHaveLength(1);
  });

  it('joins the keys in a fixed order', () => {
    const both = policy({ conditions: [idleFor(15 * MINUTE), during('Mon-Sun 11:00-13:00')] });
    expect(evaluate([both], world([account([view()])])).acts).toMatchObject([
      { occurrence: `during=2026-10-08T11:00:00+08:00;${IDLE_OCCURRENCE}` },
    ]);
  });
});

interface Case {
  readonly name: string;
  readonly reason: InactionReason;
  readonly policies: readonly Policy[];
  readonly world: World;
  readonly options?: EvaluateOptions;
  /** Which policy's refusal is meant; the first's unless told. */
  readonly of?: string;
  readonly detail?: RegExp;
}

const idleAccount = (fields: Parameters<typeof account>[1] = {}) => account([view()], fields);

const CASES: readonly Case[] = [
  {
    name: 'it is at work',
    reason: 'not-due',
    policies: [policy()],
    world: world([account([view({}, { activity: { kind: 'active', at: NOON, readings: [] } })])]),
    options: { explain: true },
    detail: /active/,
  },
  {
    name: 'it has not been idle for long enough',
    reason: 'not-due',
    policies: [policy()],
    world: world([account([view({}, { activity: idle(NOON - 29 * MINUTE, NOON) })])]),
    options: { explain: true },
  },
  {
    name: 'idleness before the start does not count',
    reason: 'not-due',
    policies: [policy({ minimumUptimeMs: 0 })],
    world: world([account([view({}, { tracked: { upSince: NOON - 29 * MINUTE } })])]),
    options: { explain: true },
  },
  {
    name: 'it is stopped already',
    reason: 'not-due',
    policies: [policy({ conditions: [during('always')] })],
    world: world([account([view({ status: 'stopped' })])]),
    options: { explain: true },
    detail: /it is stopped/,
  },
  {
    name: 'the window is closed',
    reason: 'not-due',
    policies: [policy({ conditions: [during('Mon-Sun 23:00-08:00')] })],
    world: world([idleAccount()]),
    options: { explain: true },
    detail: /outside/,
  },
  {
    name: 'somebody started it inside the window',
    reason: 'not-due',
    policies: [policy({ conditions: [during('Mon-Sun 11:00-13:00')] })],
    world: world([account([view({}, { tracked: { personStartAt: NOON - MINUTE } })])]),
    options: { explain: true },
    detail: /somebody started it/,
  },
  {
    name: 'somebody started it today, where the window is always open',
    reason: 'not-due',
    policies: [policy({ conditions: [during('always')] })],
    world: world([account([view({}, { tracked: { personStartAt: at('00:00') } })])]),
    options: { explain: true },
    detail: /somebody started it/,
  },
  {
    name: 'too late to renew, which is told without being asked',
    reason: 'not-due',
    policies: [renewal()],
    world: world([account([view({ billing: 'daily', expiresAt: NOON })])]),
    detail: /expired at 2026-10-08T12:00:00\+08:00/,
  },
  {
    name: 'the policy is newer than the tick',
    reason: 'not-due',
    policies: [policy({ conditions: [cron('0 12 * * *')] })],
    world: world([idleAccount()], { now: NOON + MINUTE, history: history((past) => (past.since = NOON + 1)) }),
    options: { explain: true },
  },
  {
    name: 'nobody knows since when the policy has been there',
    reason: 'not-due',
    policies: [policy({ conditions: [cron('0 12 * * *')] })],
    world: world([idleAccount()], { now: NOON + MINUTE, history: history((past) => (past.since = null)) }),
    options: { explain: true },
  },
  {
    name: 'everything is paused',
    reason: 'paused',
    policies: [policy()],
    world: world([idleAccount()], { paused: true }),
  },
  {
    name: 'the policy observes',
    reason: 'observe',
    policies: [policy({ mode: 'observe' })],
    world: world([idleAccount()]),
    detail: /^would stop: dev-1 \(hxy\/gpu-1\) has been idle since 2026-10-08T10:00:00\+08:00\.$/,
  },
  {
    name: 'it is held',
    reason: 'hold',
    policies: [policy()],
    world: world([idleAccount()], { holds: hold(KEY, NOON + 1) }),
    detail: /held by wang until 2026-10-08T12:00:00\+08:00: demo/,
  },
  {
    name: 'a hold whose end cannot be read',
    reason: 'hold',
    policies: [policy()],
    world: world([idleAccount()], { holds: hold(KEY, Number.NaN) }),
  },
  {
    name: 'it is protected',
    reason: 'protected',
    policies: [policy()],
    world: world([account([view({}, { labels: { protect: 'true' } })])]),
  },
  {
    name: 'the account does not list the action',
    reason: 'not-allowed',
    policies: [policy()],
    world: world([idleAccount({ allowed: new Set(['start']) })]),
  },
  {
    name: 'the cloud has no such action',
    reason: 'not-supported',
    policies: [policy({ steps: [{ kind: 'cardless-stop' }] })],
    world: world([account([view({ provider: 'chenyu' })])]),
  },
  {
    name: 'the cloud does not say when it expires',
    reason: 'not-supported',
    policies: [policy({ conditions: [expiresWithin(HOUR)] })],
    world: world([account([view({ provider: 'chenyu' })])]),
    detail: /does not say when/,
  },
  {
    name: 'this policy does not renew that unit',
    reason: 'not-supported',
    policies: [renewal()],
    world: world([account([view({ billing: 'monthly', expiresAt: NOON + HOUR })])]),
  },
  {
    name: 'what can never be is told before what is so for now',
    reason: 'not-supported',
    policies: [renewal()],
    world: world([account([view({ billing: 'monthly', expiresAt: NOON + HOUR })])], {
      history: history((past) => past.openOn.set(KEY, 'any')),
    }),
  },
  {
    name: 'an hourly instance cannot be renewed',
    reason: 'not-supported',
    policies: [renewal()],
    world: world([account([view({ billing: 'hourly', expiresAt: NOON + HOUR })])]),
  },
  {
    name: 'only hourly instances can be destroyed',
    reason: 'not-supported',
    policies: [policy({ conditions: [{ kind: 'stoppedFor', ms: HOUR }], steps: [{ kind: 'destroy' }] })],
    world: world([account([view({ status: 'stopped', billing: 'daily' })], { allowed: new Set(['destroy']) })]),
  },
  {
    name: 'the listing is stale',
    reason: 'stale-snapshot',
    policies: [policy()],
    world: world([idleAccount({ trust: 'stale-snapshot' })]),
  },
  {
    name: 'nothing is renewed by a stale listing',
    reason: 'stale-snapshot',
    policies: [renewal()],
    world: world([account([view(soon)], { trust: 'stale-snapshot' })]),
  },
  {
    name: 'nobody is told how long a status has lasted by a stale listing',
    reason: 'stale-snapshot',
    policies: [
      policy({
        conditions: [{ kind: 'runningFor', ms: HOUR }],
        steps: [{ kind: 'notify', to: null, severity: 'info', text: null }],
      }),
    ],
    world: world([idleAccount({ trust: 'stale-snapshot' })]),
  },
  {
    name: 'the listing is incomplete',
    reason: 'incomplete-snapshot',
    policies: [policy()],
    world: world([idleAccount({ trust: 'incomplete-snapshot' })]),
  },
  {
    name: 'the listing has shrunk',
    reason: 'shrunken-snapshot',
    policies: [policy()],
    world: world([idleAccount({ trust: 'shrunken-snapshot' })]),
  },
  {
    name: 'the status is not known',
    reason: 'unknown-status',
    policies: [policy({ conditions: [during('always')] })],
    world: world([account([view({ status: 'unknown', rawStatus: 'Booting' })])]),
    detail: /"Booting"/,
  },
  {
    name: 'its row could not be read',
    reason: 'unknown-status',
    policies: [renewal()],
    world: world([account([view({ ...soon, problems: ['room'] })])]),
    detail: /room/,
  },
  {
    name: 'a prepaid instance without an expiry',
    reason: 'unknown-status',
    policies: [renewal()],
    world: world([account([view({ billing: 'monthly', expiresAt: null })])]),
  },
  {
    name: 'a renewal of unknown billing',
    reason: 'unknown-status',
    policies: [renewal()],
    world: world([account([view({ billing: 'unknown', expiresAt: NOON + HOUR })])]),
  },
  {
    name: 'a destruction of unknown billing',
    reason: 'unknown-status',
    policies: [policy({ conditions: [{ kind: 'stoppedFor', ms: HOUR }], steps: [{ kind: 'destroy' }] })],
    world: world([account([view({ status: 'stopped', billing: 'unknown' })], { allowed: new Set(['destroy']) })]),
  },
  {
    name: 'no probe judges it',
    reason: 'unknown-activity',
    policies: [policy()],
    world: world([account([view({}, { activity: null })])]),
  },
  {
    name: 'the probe failed',
    reason: 'unknown-activity',
    policies: [policy()],
    world: world([
      account([view({}, { activity: { kind: 'unknown', at: NOON, reason: 'unreachable', readings: [] } })]),
    ]),
    detail: /unreachable/,
  },
  {
    name: 'the probe does not apply to what runs',
    reason: 'unknown-activity',
    policies: [policy()],
    world: world([account([view({}, { activity: { kind: 'not-applicable', at: NOON } })])]),
  },
  {
    name: 'the reading is too old',
    reason: 'unknown-activity',
    policies: [policy()],
    world: world([account([view({}, { activity: idle(NOON - HOUR, NOON - 5 * MINUTE - 1) })])]),
  },
  {
    name: 'the reading is too old for the moment of the call',
    reason: 'unknown-activity',
    policies: [policy()],
    world: world([account([view({}, { activity: idle(NOON - HOUR, NOON - 2 * MINUTE) })])]),
    options: { evidenceMaxAgeMs: MINUTE },
  },
  {
    name: 'the reading is from the future',
    reason: 'unknown-activity',
    policies: [policy()],
    world: world([account([view({}, { activity: idle(NOON - HOUR, NOON + HOUR) })])]),
  },
  {
    name: 'nobody knows when the reading was taken',
    reason: 'unknown-activity',
    policies: [policy()],
    world: world([account([view({}, { activity: idle(NOON - HOUR, Number.NaN) })])]),
  },
  {
    name: 'nobody knows since when it has been up',
    reason: 'unknown-activity',
    policies: [policy({ minimumUptimeMs: 0 })],
    world: world([account([view({}, { tracked: { upSince: null } })])]),
  },
  {
    name: 'nobody knows since when it has been up, and it must have been for a while',
    reason: 'minimum-uptime',
    policies: [policy()],
    world: world([account([view({}, { tracked: { upSince: null } })])]),
  },
  {
    name: 'it has not been up for long',
    reason: 'minimum-uptime',
    policies: [policy({ conditions: [idleFor(10 * MINUTE)] })],
    world: world([account([view({}, { tracked: { upSince: NOON - 30 * MINUTE + 1 } })])]),
  },
  {
    name: 'an operation on it is not finished',
    reason: 'open-operation',
    policies: [policy()],
    world: world([idleAccount()], { history: history((past) => past.openOn.set(KEY, 'any')) }),
  },
  {
    name: 'an escalated paid operation keeps further payments off',
    reason: 'open-operation',
    policies: [renewal()],
    world: world([account([view(soon)])], { history: history((past) => past.openOn.set(KEY, 'paid')) }),
  },
  {
    name: 'an image of it is being saved',
    reason: 'open-operation',
    policies: [policy()],
    world: world([account([view({ savingImage: true })])]),
  },
  {
    name: 'an earlier policy acts on it in this pass',
    reason: 'open-operation',
    policies: [policy({ name: 'first' }), policy({ name: 'second' })],
    world: world([idleAccount()]),
    of: 'second',
  },
  {
    name: 'the policy acted on it lately',
    reason: 'cooldown',
    policies: [policy({ cooldownMs: HOUR })],
    world: world([idleAccount()], {
      history: history((past) => past.acted.push({ policy: 'p', target: KEY, account: 'hxy', at: NOON - HOUR + 1 })),
    }),
  },
  {
    name: 'it was renewed less than half a day ago',
    reason: 'cooldown',
    policies: [renewal()],
    world: world([account([view(soon)])], { history: history((past) => past.renewed.set(KEY, NOON - 12 * HOUR + 1)) }),
  },
  {
    name: 'it was renewed less than half a month ago',
    reason: 'cooldown',
    policies: [renewal({ steps: [{ kind: 'renew', periods: { daily: null, monthly: 1 } }] })],
    world: world([account([view({ billing: 'monthly', expiresAt: NOON + HOUR })])], {
      history: history((past) => past.renewed.set(KEY, NOON - 14 * DAY + 1)),
    }),
  },
  {
    name: 'perPass is used up',
    reason: 'limit-per-pass',
    policies: [policy({ limits: { perPass: 1, perHour: null, percent: null } })],
    world: world([account([view(), view({ id: 'gpu-2' })])]),
  },
  {
    name: 'perHour is used up',
    reason: 'limit-per-hour',
    policies: [policy({ limits: { perPass: null, perHour: 2, percent: null } })],
    world: world([idleAccount()], {
      history: history((past) =>
        past.acted.push(
          { policy: 'p', target: 'hxy/a', account: 'hxy', at: NOON - HOUR + 1 },
          { policy: 'p', target: 'hxy/b', account: 'hxy', at: NOON - MINUTE },
        ),
      ),
    }),
  },
  {
    name: 'the default limit is used up',
    reason: 'limit-percent',
    policies: [policy()],
    world: world([idleAccount({ interruptedAt: [NOON - MINUTE + 1] })]),
  },
  {
    name: 'a share of what is not known whole',
    reason: 'limit-percent',
    policies: [renewal({ limits: { perPass: null, perHour: null, percent: 50 } })],
    world: world([account([view(soon)], { trust: 'incomplete-snapshot' })]),
  },
  {
    name: 'no spend limit is configured',
    reason: 'spend-limit',
    policies: [renewal()],
    world: world([account([view(soon)], { spend: null })]),
  },
  {
    name: 'the calls of the day are used up',
    reason: 'spend-limit',
    policies: [renewal()],
    world: world([
      account([view(soon)], { spend: { callsPerDay: 2, perDayFen: null, callsToday: 2, spentTodayFen: 0 } }),
    ]),
  },
  {
    name: 'a limit in money without a price',
    reason: 'spend-limit',
    policies: [renewal()],
    world: world([
      account([view(soon)], { spend: { callsPerDay: 9, perDayFen: 9_000_000, callsToday: 0, spentTodayFen: 0 } }),
    ]),
  },
  {
    name: 'an earlier renewal of this pass makes the last call of the day',
    reason: 'spend-limit',
    policies: [renewal()],
    world: world([
      account([view(soon), view({ ...soon, id: 'gpu-2' })], {
        spend: { callsPerDay: 3, perDayFen: null, callsToday: 2, spentTodayFen: 0 },
      }),
    ]),
  },
  {
    name: 'an earlier renewal of this pass takes the last money of the day',
    reason: 'spend-limit',
    policies: [renewal()],
    world: world([
      account([view(soon), view({ ...soon, id: 'gpu-2' })], {
        spend: { callsPerDay: null, perDayFen: 7999, callsToday: 0, spentTodayFen: 0 },
        prices: new Map([['geforce_rtx_4090', { hourlyFen: null, dailyFen: 4000, monthlyFen: null }]]),
      }),
    ]),
  },
  {
    name: 'the money of the day is used up',
    reason: 'spend-limit',
    policies: [renewal()],
    world: world([
      account([view(soon)], {
        spend: { callsPerDay: null, perDayFen: 10_000, callsToday: 0, spentTodayFen: 6001 },
        prices: new Map([['geforce_rtx_4090', { hourlyFen: null, dailyFen: 4000, monthlyFen: null }]]),
      }),
    ]),
    detail: /40\.00 yuan more than the 60\.01/,
  },
  {
    name: 'it is announced and the deadline is to come',
    reason: 'notice',
    policies: [policy({ noticeMs: 10 * MINUTE })],
    world: world([idleAccount()], {
      history: history((past) =>
        past.noticesById.set(`p|${KEY}|${IDLE_OCCURRENCE}`, {
          policy: 'p',
          instance: KEY,
          occurrence: IDLE_OCCURRENCE,
          announcedAt: NOON - 9 * MINUTE,
          deadlineAt: NOON + MINUTE,
          delivered: true,
        }),
      ),
    }),
    detail: /12:01:00\+08:00/,
  },
  {
    name: 'an earlier policy wants the opposite',
    reason: 'conflict',
    policies: [
      policy({ name: 'open', conditions: [during('Mon-Fri 08:30-21:00')], steps: [{ kind: 'start' }] }),
      policy({ name: 'idle' }),
    ],
    world: world([idleAccount()]),
    of: 'idle',
    detail: /policy open/,
  },
  {
    name: 'the ledger is frozen',
    reason: 'frozen',
    policies: [renewal()],
    world: world([account([view(soon)], { paidWork: 'frozen' })]),
  },
  {
    name: 'too many unclear answers',
    reason: 'breaker',
    policies: [renewal()],
    world: world([account([view(soon)], { paidWork: 'breaker' })]),
  },
  {
    name: 'the credentials are refused',
    reason: 'breaker',
    policies: [policy()],
    world: world([idleAccount({ breakerOpen: true })]),
  },
  {
    name: 'a tick that nobody took up',
    reason: 'missed',
    policies: [policy({ conditions: [cron('0 12 * * *')] })],
    world: world([idleAccount()], { now: NOON + 15 * MINUTE + 1 }),
  },
];

describe('not acting', () => {
  it.each(CASES)('$reason: $name', ({ reason, policies, world: given, options, of, detail }) => {
    const result = evaluate(policies, given, options);
    const name = of ?? policies[0]?.name;
    const acts = result.acts.filter((act) => act.policy === name);
    const refusals = result.refusals.filter((refusal: Refusal) => refusal.policy === name);
    // Where one instance of two may be acted on, the other is the one refused.
    if (given.accounts[0]?.instances.length === 1) expect(acts).toEqual([]);
    expect(refusals.map((refusal) => refusal.reason)).toEqual([reason]);
    if (detail !== undefined) expect(refusals[0]?.detail).toMatch(detail);
    expect(refusals[0]?.detail).not.toBe('');
    const action = refusals[0]?.action ?? 'notify';
    expect(result.counts.get(countKey(name ?? '', action, reason))).toBe(1);
  });

  it('has a case for every reason', () => {
    expect(new Set(CASES.map((each) => each.reason))).toEqual(new Set(INACTION_REASONS));
  });

  it('tells the first of several reasons', () => {
    const everything = {
      paused: true,
      holds: hold(KEY, NOON + HOUR),
      history: history((past) => past.openOn.set(KEY, 'any')),
    };
    const bad = view({ problems: ['x'] }, { labels: { protect: 'true' } });
    const order: InactionReason[] = [];
    const given = [
      world([account([bad], { trust: 'shrunken-snapshot' })], everything),
      world([account([bad], { trust: 'shrunken-snapshot' })], { ...everything, paused: false }),
      world([account([bad])], { ...everything, paused: false }),
      world([account([view({}, { labels: { protect: 'true' } })])], { ...everything, paused: false }),
      world([account([view()])], { ...everything, paused: false }),
      world([account([view()])], { history: everything.history }),
    ];
    for (const each of given) order.push(evaluate([policy()], each).refusals[0]?.reason ?? 'not-due');
    expect(order).toEqual(['paused', 'shrunken-snapshot', 'unknown-status', 'protected', 'hold', 'open-operation']);
  });

  it('lists what is not due only when asked', () => {
    const given = world([account([view({ status: 'stopped' })])]);
    expect(evaluate([policy()], given).refusals).toEqual([]);
    expect(evaluate([policy()], given).counts).toEqual(new Map([[countKey('p', 'stop', 'not-due'), 1]]));
    expect(evaluate([policy()], given, { explain: true }).refusals).toMatchObject([{ reason: 'not-due' }]);
  });
});

describe('what does not refuse', () => {
  it.each([
    ['an incomplete listing', { trust: 'incomplete-snapshot' } as const, {}],
    ['a shrunken listing', { trust: 'shrunken-snapshot' } as const, {}],
    ['protection', {}, { labels: { protect: 'true' } }],
    ['unknown activity', {}, { activity: null }],
  ])('a renewal: %s', (_, accountFields, rest) => {
    const given = world([account([view(soon, rest)], accountFields)], { holds: hold(KEY, NOON + HOUR) });
    expect(evaluate([renewal()], given).acts).toHaveLength(1);
  });

  it('an escalated paid operation does not keep a machine running', () => {
    const given = world([idleAccount()], { history: history((past) => past.openOn.set(KEY, 'paid')) });
    expect(evaluate([policy()], given).acts).toHaveLength(1);
  });

  it('a pause or a hold does not silence a message', () => {
    const tell = policy({ steps: [{ kind: 'notify', to: ['ops'], severity: 'warning', text: null }] });
    const given = world([idleAccount()], { paused: true, holds: hold(KEY, NOON + HOUR) });
    expect(evaluate([tell], given).acts).toMatchObject([
      {
        kind: 'notification',
        event: 'policy.notice',
        text: 'dev-1 (hxy/gpu-1) has been idle since 2026-10-08T10:00:00+08:00.',
      },
    ]);
  });

  it('a tick from before the instance was as it is now is not missed', () => {
    const nightly = policy({ conditions: [cron('0 3 * * *')] });
    const startedLater = view({}, { tracked: { statusSince: at('09:00') } });
    expect(evaluate([nightly], world([account([startedLater])])).refusals).toEqual([]);
    expect(evaluate([{ ...nightly, mode: 'observe' }], world([idleAccount()])).refusals).toEqual([]);
    const done = history((past) => past.set('p', KEY, 'cron=2026-10-07T19:00:00Z', 0, 'done'));
    expect(evaluate([nightly], world([idleAccount()], { history: done })).refusals).toEqual([]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CloudAct, Evaluation } from '../../src/decide/decision.ts';
import { evaluate } from '../../src/decide/evaluate.ts';
import type { AccountView, InstanceView, World } from '../../src/decide/world.ts';
import { interrupts } from '../../src/fleet/action.ts';
import type { Activity } from '../../src/fleet/activity.ts';
import type { Hold } from '../../src/fleet/hold.ts';
import type { InstanceKey } from '../../src/fleet/instance.ts';
import { BILLINGS, STATUSES } from '../../src/fleet/status.ts';
import type { Condition, Limits, Policy, Step } from '../../src/policy/policy.ts';
import { words } from '../support/in-words.ts';
import {
  account,
  at,
  cron,
  DAY,
  during,
  HOUR,
  idle,
  MINUTE,
  matching,
  NOON,
  policy,
  TestHistory,
  view,
  world,
} from './kit.ts';
import { LittleDaemon } from './little-daemon.ts';

const RUNS = { numRuns: 300 };

// Made once: reading a window takes longer than deciding by it.
const WINDOWS = [during('always'), during('Mon-Sun 23:00-08:00'), during('Mon-Fri 08:30-21:00'), during('never')];
const TICKS = [cron('*/10 * * * *'), cron('0 12 * * *'), cron('0 3 * * *')];

const anyCondition: fc.Arbitrary<Condition> = fc.oneof(
  fc.constantFrom(...WINDOWS),
  fc.constantFrom(...TICKS),
  fc.constantFrom<Condition>(
    { kind: 'idleFor', ms: 30 * MINUTE },
    { kind: 'expiresWithin', ms: 12 * HOUR },
    { kind: 'runningFor', ms: HOUR },
    { kind: 'stoppedFor', ms: HOUR },
    { kind: 'statusFor', status: null, ms: MINUTE },
    { kind: 'balanceBelow', fen: 20_000 },
  ),
);

const anyStep = fc.constantFrom<Step>(
  { kind: 'stop' },
  { kind: 'cardless-stop' },
  { kind: 'start' },
  { kind: 'restart' },
  { kind: 'destroy' },
  { kind: 'snapshot', name: '{name}-{date}' },
  { kind: 'renew', periods: { daily: 1, monthly: 1 } },
  { kind: 'lengthen', to: 'monthly' },
  { kind: 'notify', to: null, severity: 'info', text: null },
);

const anyLimits: fc.Arbitrary<Limits> = fc.record({
  perPass: fc.option(fc.integer({ min: 1, max: 4 })),
  perHour: fc.option(fc.integer({ min: 1, max: 6 })),
  percent: fc.option(fc.integer({ min: 1, max: 100 })),
});

const anyPolicy: fc.Arbitrary<Policy> = fc
  .record({
    conditions: fc.uniqueArray(anyCondition, { minLength: 1, maxLength: 2, selector: (each) => each.kind }),
    steps: fc.array(anyStep, { minLength: 1, maxLength: 2 }),
    mode: fc.constantFrom('enforce', 'enforce', 'observe'),
    afterwards: fc.constantFrom('start', null),
    noticeMs: fc.constantFrom(0, 0, 10 * MINUTE),
    limits: fc.option(anyLimits),
    odd: fc.boolean(),
  })
  .map(({ odd, ...fields }) =>
    policy({ ...fields, match: matching((row) => !odd || Number.parseInt(row.id.slice(4), 36) % 2 === 1) }),
  );

const anyPolicies = fc.array(anyPolicy, { minLength: 1, maxLength: 5 }).map(named);

function named(policies: readonly Policy[]): readonly Policy[] {
  return policies.map((each, index) => ({ ...each, name: `p${index}` }));
}

const anyActivity: fc.Arbitrary<Activity | null> = fc.oneof(
  fc.constant(null),
  fc.integer({ min: 0, max: 300 }).map((minutes) => idle(NOON - minutes * MINUTE, NOON)),
  fc.constantFrom<Activity>(
    { kind: 'active', at: NOON, readings: [] },
    { kind: 'unknown', at: NOON, reason: 'unreachable', readings: [] },
    { kind: 'not-applicable', at: NOON },
    idle(NOON - 5 * HOUR, NOON - HOUR),
    idle(Number.NaN, NOON),
    idle(NOON - 5 * HOUR, Number.NaN),
  ),
);

const anyTime = fc.oneof(
  fc.integer({ min: 0, max: 40 }).map((hours) => NOON - hours * HOUR),
  fc.constantFrom(Number.NaN, NOON + HOUR, 0),
);

const anyView = (provider: AccountView['provider'], name: string): fc.Arbitrary<InstanceView> =>
  fc
    .record({
      id: fc.nat(30).map((index) => `gpu-${index.toString(36)}`),
      status: fc.constantFrom('running', 'running', 'stopped', ...STATUSES),
      billing: fc.constantFrom(...BILLINGS),
      expiresAt: fc.option(fc.integer({ min: -5, max: 40 }).map((hours) => NOON + hours * HOUR)),
      problems: fc.constantFrom<readonly string[]>([], [], [], ['room']),
      savingImage: fc.constantFrom(false, false, false, true),
      activity: anyActivity,
      upSince: fc.option(anyTime),
      statusSince: anyTime,
      personStartAt: fc.option(anyTime),
      protect: fc.constantFrom(false, false, false, true),
    })
    .map(({ activity, upSince, statusSince, personStartAt, protect, ...row }) =>
      view(
        { account: name, provider, ...row },
        {
          activity,
          labels: protect ? { protect: 'true' } : {},
          tracked: { upSince, statusSince, personStartAt },
        },
      ),
    );

const anyAccount: fc.Arbitrary<AccountView> = fc
  .record({ provider: fc.constantFrom('huixingyun', 'chenyu', 'chenyu-v1'), name: fc.constantFrom('a', 'b', 'c') })
  .chain(({ provider, name }) =>
    fc
      .record({
        views: fc.uniqueArray(anyView(provider, name), { maxLength: 25, selector: (each) => each.key }),
        trust: fc.constantFrom('good', 'good', 'good', 'stale-snapshot', 'incomplete-snapshot', 'shrunken-snapshot'),
        paidWork: fc.constantFrom('open', 'open', 'frozen', 'breaker'),
        breakerOpen: fc.constantFrom(false, false, false, true),
        balanceFen: fc.option(fc.integer({ min: 0, max: 40_000 })),
        interruptedAt: fc.array(
          fc.integer({ min: 0, max: 120 }).map((ago) => NOON - ago * 1000),
          { maxLength: 4 },
        ),
        spend: fc.constantFrom(null, { callsPerDay: 2, perDayFen: null, callsToday: 1, spentTodayFen: 0 }),
      })
      .map(({ views, ...fields }) =>
        account(views, {
          name,
          provider,
          allowed: new Set(['stop', 'cardless-stop', 'start', 'restart', 'snapshot', 'renew', 'lengthen', 'destroy']),
          balanceBelowSince: () => NOON - HOUR,
          ...fields,
        }),
      ),
  );

const anyWorld: fc.Arbitrary<World> = fc
  .record({
    accounts: fc.uniqueArray(anyAccount, { minLength: 1, maxLength: 3, selector: (each) => each.name }),
    now: fc.integer({ min: 0, max: 1440 }).map((minute) => at('00:00') + minute * MINUTE),
    paused: fc.constantFrom(false, false, false, true),
    held: fc.array(fc.nat(30), { maxLength: 4 }),
  })
  .map(({ held, ...fields }) => {
    const holds = new Map<InstanceKey, Hold>();
    for (const index of held) {
      const key: InstanceKey = `a/gpu-${index.toString(36)}`;
      holds.set(key, { id: key, instance: key, owner: 'wang', reason: 'x', createdAt: 0, until: NOON + DAY });
    }
    return world(fields.accounts, { ...fields, holds });
  });

function operations(result: Evaluation): CloudAct[] {
  return result.acts.flatMap((act) => (act.kind === 'operation' ? [act] : []));
}
const providerOf = (act: CloudAct) => act.view.tracked.instance.provider;
const isInterrupting = (act: CloudAct) => interrupts(act.action, providerOf(act));

describe('in any world', () => {
  it('the same question has the same answer, in whatever order the accounts come', () => {
    fc.assert(
      fc.property(anyPolicies, anyWorld, (policies, given) => {
        const once = evaluate(policies, given, { explain: true });
        const again = evaluate(policies, { ...given, accounts: given.accounts.toReversed() }, { explain: true });
        expect(again).toEqual(once);
      }),
      RUNS,
    );
  });

  it('unknown, partial, stale, frozen, held and protected never stop, destroy or restart anything', () => {
    fc.assert(
      fc.property(anyPolicies, anyWorld, (policies, given) => {
        for (const act of operations(evaluate(policies, given)).filter(isInterrupting)) {
          const { tracked, labels, activity, key } = act.view;
          const from = given.accounts.find((each) => each.name === act.account);
          const its = policies.find((each) => each.name === act.policy);
          expect(from?.trust).toBe('good');
          expect(from?.breakerOpen).toBe(false);
          expect(given.paused).toBe(false);
          expect(given.holds.has(key)).toBe(false);
          expect(labels.protect).toBeUndefined();
          expect(tracked.instance.problems).toEqual([]);
          expect(['running', 'stopped', 'starting', 'restarting']).toContain(tracked.instance.status);
          expect(tracked.instance.savingImage).toBe(false);
          if (act.action === 'destroy') expect(from?.paidWork).toBe('open');
          if (its?.conditions.some((each) => each.kind === 'idleFor')) {
            expect(activity?.kind).toBe('idle');
            const since = activity?.kind === 'idle' ? activity.since : Number.NaN;
            expect(given.now - Math.max(since, tracked.upSince ?? Number.NaN)).toBeGreaterThanOrEqual(30 * MINUTE);
            expect(given.now - (activity?.at ?? Number.NaN)).toBeLessThanOrEqual(5 * MINUTE);
          }
        }
      }),
      { numRuns: 600 },
    );
  });

  it('paid work needs a decoded row, an open ledger and a spend limit with room', () => {
    fc.assert(
      fc.property(anyPolicies, anyWorld, (policies, given) => {
        const paid = operations(evaluate(policies, given)).filter((act) => ['renew', 'lengthen'].includes(act.action));
        for (const act of paid) {
          const from = given.accounts.find((each) => each.name === act.account);
          const { instance } = act.view.tracked;
          expect(from?.trust).not.toBe('stale-snapshot');
          expect(from?.paidWork).toBe('open');
          expect(from?.spend).not.toBeNull();
          expect(instance.problems).toEqual([]);
          expect(instance.billing).not.toBe('unknown');
          if (act.action === 'renew' && act.occurrence.includes('expiresWithin')) {
            expect(instance.expiresAt ?? 0).toBeGreaterThan(given.now);
          }
        }
        for (const each of given.accounts) {
          expect(paid.filter((act) => act.account === each.name).length).toBeLessThanOrEqual(1);
        }
      }),
      RUNS,
    );
  });

  it('there is one operation per instance, and what observes does nothing', () => {
    fc.assert(
      fc.property(anyPolicies, anyWorld, (policies, given) => {
        const result = evaluate(policies, given);
        const keys = operations(result).map((act) => act.view.key);
        expect(new Set(keys).size).toBe(keys.length);
        const watching = new Set(policies.filter((each) => each.mode === 'observe').map((each) => each.name));
        for (const each of [...result.acts, ...result.announcements]) expect(watching.has(each.policy)).toBe(false);
        const all = evaluate(
          policies.map((each) => ({ ...each, mode: 'observe' }) as const),
          given,
        );
        expect(all.acts).toEqual([]);
        expect(all.announcements).toEqual([]);
      }),
      RUNS,
    );
  });

  it('a policy that observes changes nothing for the others', () => {
    fc.assert(
      fc.property(anyPolicies, anyWorld, (policies, given) => {
        const enforcing = policies.filter((each) => each.mode === 'enforce');
        expect(evaluate(policies, given).acts).toEqual(evaluate(enforcing, given).acts);
      }),
      RUNS,
    );
  });

  it('every pair is counted, and every refusal has a sentence', () => {
    fc.assert(
      fc.property(anyPolicies, anyWorld, (policies, given) => {
        const quiet = evaluate(policies, given);
        const told = evaluate(policies, given, { explain: true });
        expect(told.counts).toEqual(quiet.counts);
        expect(told.acts).toEqual(quiet.acts);
        const counted = [...told.counts.values()].reduce((sum, each) => sum + each, 0);
        expect(counted).toBe(told.acts.length + told.announcements.length + told.refusals.length);
        for (const refusal of told.refusals) expect(words(refusal.detail)).not.toMatch(/^$|undefined|\[object/);
      }),
      RUNS,
    );
  });
});

describe('limits', () => {
  const always = WINDOWS[0] ?? during('always');
  const anyFleet = fc.record({
    size: fc.integer({ min: 1, max: 40 }),
    gapsMs: fc.array(fc.integer({ min: 1000, max: 90_000 }), { minLength: 1, maxLength: 40 }),
    limits: fc.array(fc.option(anyLimits), { minLength: 1, maxLength: 3 }),
  });

  it('are never exceeded by any sequence of passes', () => {
    fc.assert(
      fc.property(anyFleet, ({ size, gapsMs, limits }) => {
        const policies = named(limits.map((each) => policy({ conditions: [always], limits: each })));
        const ids = Array.from({ length: size }, (_, index) => `gpu-${index.toString(36)}`);
        const daemon = new LittleDaemon(policies, ids, NOON - DAY);
        let now = NOON;
        for (const gap of gapsMs) {
          now += gap;
          const before = daemon.log.length;
          daemon.pass(now);
          const acts = daemon.log.slice(before);
          for (const [index, each] of limits.entries()) {
            const own = acts.filter((act) => act.policy === `p${index}`).length;
            if (each?.perPass) expect(own).toBeLessThanOrEqual(each.perPass);
          }
        }
        for (const [index, { at: from, policy: name }] of daemon.log.entries()) {
          // What came after it was allowed by another policy's own limits.
          const within = (ms: number) => daemon.log.slice(0, index + 1).filter((act) => act.at > from - ms);
          const own = limits[Number(name.slice(1))] ?? null;
          const minute = within(MINUTE).length;
          if (own === null) expect(minute).toBeLessThanOrEqual(Math.min(3, Math.max(1, Math.floor(size / 10))));
          if (own?.percent) expect(minute).toBeLessThanOrEqual(Math.max(1, Math.floor((own.percent * size) / 100)));
          if (own?.perHour) {
            expect(within(HOUR).filter((act) => act.policy === name).length).toBeLessThanOrEqual(own.perHour);
          }
        }
      }),
      RUNS,
    );
  });

  it('hold everything back in the end, and let everything through', () => {
    const ids = Array.from({ length: 25 }, (_, index) => `gpu-${index}`);
    const daemon = new LittleDaemon([policy({ conditions: [always] })], ids, NOON - DAY);
    for (let minute = 0; minute < 12; minute += 1) daemon.pass(NOON + minute * MINUTE);
    expect(daemon.log).toHaveLength(24);
    daemon.pass(NOON + 12 * MINUTE);
    expect(daemon.log).toHaveLength(25);
  });

  it('are handed on to be held again', () => {
    const views = Array.from({ length: 40 }, (_, index) => view({ id: `gpu-${index}` }));
    const caps = (fields: Partial<Policy>) => {
      const act = evaluate([policy({ conditions: [always], ...fields })], world([account(views)])).acts[0];
      return act?.kind === 'operation' ? act.caps : [];
    };
    const interrupt = { key: 'account:hxy:interrupt', reason: 'limit-percent', windowMs: 60_000 };
    expect(caps({})).toEqual([{ ...interrupt, max: 3 }]);
    expect(caps({ limits: { perPass: 1, perHour: null, percent: 50 } })).toEqual([{ ...interrupt, max: 20 }]);
    expect(caps({ limits: { perPass: null, perHour: 7, percent: null } })).toEqual([
      { ...interrupt, max: Number.MAX_SAFE_INTEGER },
      { key: 'policy:p:hour', reason: 'limit-per-hour', windowMs: 3_600_000, max: 7 },
    ]);
    expect(
      caps({ steps: [{ kind: 'snapshot', name: 'x' }], limits: { perPass: null, perHour: null, percent: 10 } }),
    ).toEqual([{ key: 'policy:p:hxy:minute', reason: 'limit-percent', windowMs: 60_000, max: 4 }]);
  });
});

describe('a reload', () => {
  const edits: fc.Arbitrary<Partial<Policy>> = fc.record(
    {
      mode: fc.constantFrom('enforce', 'observe'),
      limits: fc.option(anyLimits),
      noticeMs: fc.constantFrom(0, 10 * MINUTE),
      timezone: fc.constantFrom('Asia/Shanghai', 'Europe/Berlin', 'UTC'),
      catchUpMs: fc.constantFrom(0, HOUR, DAY),
      minimumUptimeMs: fc.constantFrom(0, HOUR),
      description: fc.string(),
    },
    { requiredKeys: [] },
  );

  it('adds no act for an occurrence that has had its own', () => {
    fc.assert(
      fc.property(
        anyPolicies,
        anyWorld,
        fc.array(edits, { minLength: 5, maxLength: 5 }),
        (policies, given, changes) => {
          const history = new TestHistory();
          const first = evaluate(policies, { ...given, history });
          for (const act of first.acts) {
            history.set(act.policy, act.view?.key ?? act.account, act.occurrence, act.step, 'done');
          }
          const edited = policies.map((each, index) => ({ ...each, ...changes[index] }));
          const second = evaluate(edited, { ...given, history });
          const had = new Set(first.acts.map((act) => `${act.policy} ${act.view?.key} ${act.occurrence} ${act.step}`));
          for (const act of second.acts) {
            expect(had.has(`${act.policy} ${act.view?.key} ${act.occurrence} ${act.step}`)).toBe(false);
          }
        },
      ),
      RUNS,
    );
  });

  it('does nothing new at all when nothing was changed', () => {
    fc.assert(
      fc.property(anyPolicies, anyWorld, (policies, given) => {
        const enforced = policies.map((each) => ({ ...each, limits: null, steps: each.steps.slice(0, 1) }));
        const history = new TestHistory();
        const first = evaluate(enforced, { ...given, history });
        for (const act of first.acts) {
          history.set(act.policy, act.view?.key ?? act.account, act.occurrence, act.step, 'open');
          if (act.view !== null && act.kind === 'operation') history.openOn.set(act.view.key, 'any');
        }
        const spent = given.accounts.map((each) => ({
          ...each,
          interruptedAt: [...each.interruptedAt, given.now, given.now, given.now],
          spend: each.spend === null ? null : { ...each.spend, callsToday: 9 },
        }));
        const second = evaluate(enforced, { ...given, accounts: spent, history });
        expect(operations(second).filter((act) => isInterrupting(act) || act.action === 'renew')).toEqual([]);
      }),
      RUNS,
    );
  });
});

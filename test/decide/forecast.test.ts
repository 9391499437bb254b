import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { zoneNamed } from '../../src/calendar/zone.ts';
import { evaluate } from '../../src/decide/evaluate.ts';
import { type ComingDecision, forecast, nextOf } from '../../src/decide/forecast.ts';
import { ForecastWorld } from '../../src/decide/forecast-world.ts';
import type { InstanceView, World } from '../../src/decide/world.ts';
import type { Hold } from '../../src/fleet/hold.ts';
import type { InstanceKey } from '../../src/fleet/instance.ts';
import { noticeId } from '../../src/fleet/notice.ts';
import type { Condition, Policy, Step } from '../../src/policy/policy.ts';
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
  matching,
  NOON,
  policy,
  TestHistory,
  view,
  world,
} from './kit.ts';
import { LittleDaemon } from './little-daemon.ts';

const ZONE = zoneNamed('Asia/Shanghai');
const NO_LIMITS = { perPass: null, perHour: null, percent: 100 };
const look = (policies: readonly Policy[], of: World, ms = DAY) =>
  forecast(policies, of, { until: of.now + ms, zone: ZONE }).coming;
const brief = ({ kind, at: when, instance, action, policy: name }: ComingDecision) =>
  `${new Date(when + 8 * HOUR).toISOString().slice(8, 16)} ${kind} ${action} ${instance ?? '-'} ${name}`;

describe('a forecast', () => {
  it('tells a window with what follows it', () => {
    const dark = policy({
      name: 'dark',
      conditions: [during('Mon-Sun 23:00-08:00')],
      steps: [{ kind: 'cardless-stop' }],
      afterwards: 'start',
      limits: NO_LIMITS,
    });
    expect(look([dark], world([account([view()])])).map(brief)).toEqual([
      '08T23:00 act cardless-stop hxy/gpu-1 dark',
      '09T08:00 act start hxy/gpu-1 dark',
    ]);
  });

  it('tells an idle stop, its announcement, and that it rests on the machine staying idle', () => {
    const lazy = policy({ name: 'lazy', noticeMs: 10 * MINUTE });
    const idleSince = NOON - 10 * MINUTE;
    const coming = look([lazy], world([account([view({}, { activity: idle(idleSince, NOON) })])]));
    expect(coming.map(brief)).toEqual(['08T12:20 announce stop hxy/gpu-1 lazy', '08T12:30 act stop hxy/gpu-1 lazy']);
    expect(coming.every(({ assumesIdle }) => assumesIdle)).toBe(true);
  });

  it('tells what was announced for the very time that was told, and later only what a limit keeps back', () => {
    const limits = { perPass: 1, perHour: null, percent: 100 };
    const lazy = policy({ name: 'lazy', noticeMs: 10 * MINUTE, limits });
    const history = new TestHistory();
    const given = world([account([view(), view({ id: 'gpu-2' })])], { history, now: NOON + 47_000 });
    for (const { notice } of evaluate([lazy], given).announcements) history.noticesById.set(noticeId(notice), notice);
    const acts = look([lazy], { ...given, now: given.now + 30_000 }).filter(({ kind }) => kind === 'act');
    expect(acts.map((each) => each.at - NOON)).toEqual([10 * MINUTE + 47_000, 12 * MINUTE]);
  });

  it('tells renewals as often as they come due, and what a hold or protection keeps back', () => {
    const paid = policy({
      name: 'paid',
      conditions: [expiresWithin(2 * HOUR)],
      steps: [{ kind: 'renew', periods: { daily: 1, monthly: 1 } }],
    });
    const daily = view({ billing: 'daily', expiresAt: NOON + 5 * HOUR });
    expect(look([paid], world([account([daily])]), 2 * DAY).map(brief)).toEqual([
      '08T15:00 act renew hxy/gpu-1 paid',
      '09T15:00 act renew hxy/gpu-1 paid',
    ]);
    const lazy = policy({ name: 'lazy' });
    const key = 'hxy/gpu-1';
    const held = world([account([view()])], { holds: hold(key, NOON + 2 * HOUR) });
    expect(look([lazy], held).map(brief)).toEqual([
      '08T12:00 kept stop hxy/gpu-1 lazy',
      '08T14:30 act stop hxy/gpu-1 lazy',
    ]);
    const safe = world([account([view({}, { labels: { protect: 'true' } })])]);
    expect(look([lazy], safe).map(brief)).toEqual(['08T12:00 kept stop hxy/gpu-1 lazy']);
  });

  it('says once what an observing policy would do', () => {
    const watch = policy({ name: 'watch', mode: 'observe', conditions: [during('Mon-Sun 12:00-14:00')] });
    expect(look([watch], world([account([view()])])).map(brief)).toEqual(['08T12:00 observe stop hxy/gpu-1 watch']);
  });

  it('spreads what a limit holds back over the minutes that follow', () => {
    const dark = policy({ name: 'dark', conditions: [during('Mon-Sun 23:00-08:00')] });
    const many = Array.from({ length: 50 }, (_, place) => view({ id: `gpu-${place}` }));
    const times = look([dark], world([account(many)]))
      .filter(({ kind }) => kind === 'act')
      .map((each) => each.at);
    expect(times).toHaveLength(50);
    expect(Math.max(...times)).toBe(at('23:16'));
    expect(times.filter((time) => time === at('23:00'))).toHaveLength(3);
  });

  it('goes no further than asked, and keeps nothing of the world it was given', () => {
    const lazy = policy({ name: 'lazy' });
    const history = new TestHistory();
    const given = world([account([view({}, { activity: idle(NOON, NOON) })])], { history });
    expect(look([lazy], given, 30 * MINUTE)).toEqual([]);
    expect(look([lazy], given, 31 * MINUTE)).toHaveLength(1);
    expect([history.steps.size, history.acted.length, history.noticesById.size]).toEqual([0, 0, 0]);
  });

  it('next is the first act, whatever is kept back before it', () => {
    const lazy = policy({ name: 'lazy' });
    const held = world([account([view()])], { holds: hold('hxy/gpu-1', NOON + 2 * HOUR) });
    expect(nextOf(look([lazy], held))?.kind).toBe('act');
    expect(nextOf([])).toBeNull();
  });
});

const anyCondition: fc.Arbitrary<Condition> = fc.constantFrom(
  during('always'),
  during('Mon-Sun 13:00-15:30, Mon-Sun 17:00-18:00'),
  during('Mon-Fri 08:30-14:00'),
  cron('*/45 * * * *'),
  cron('0 14 * * *'),
  idleFor(30 * MINUTE),
  idleFor(2 * HOUR),
  expiresWithin(3 * HOUR),
  { kind: 'runningFor', ms: 90 * MINUTE },
  { kind: 'stoppedFor', ms: HOUR },
  { kind: 'statusFor', status: ['starting'], ms: 20 * MINUTE },
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
const anyPolicy = fc
  .record({
    conditions: fc.uniqueArray(anyCondition, { minLength: 1, maxLength: 2, selector: ({ kind }) => kind }),
    steps: fc.array(anyStep, { minLength: 1, maxLength: 2 }),
    noticeMs: fc.constantFrom(0, 0, 7 * MINUTE),
    cooldownMs: fc.constantFrom(0, 0, 50 * MINUTE),
    mode: fc.constantFrom<Policy['mode']>('enforce', 'enforce', 'observe'),
    limits: fc.constantFrom(null, NO_LIMITS, { perPass: 1, perHour: 2, percent: null }),
    wants: fc.constantFrom('', '1', '2'),
  })
  .map(({ wants, ...fields }) =>
    policy({
      ...fields,
      minimumUptimeMs: fields.conditions.some(({ kind }) => kind === 'idleFor') ? 30 * MINUTE : 0,
      afterwards:
        fields.conditions.some(({ kind }) => kind === 'during') && fields.steps.some(({ kind }) => kind === 'stop')
          ? 'start'
          : null,
      match: matching((instance) => wants === '' || instance.id.endsWith(wants)),
    }),
  );
const somePolicies = fc
  .array(anyPolicy, { minLength: 1, maxLength: 3 })
  .map((list) => list.map((each, place) => ({ ...each, name: `p${place}` })));

const anyInstance = fc
  .record({
    status: fc.constantFrom('running' as const, 'running' as const, 'stopped' as const, 'starting' as const),
    billing: fc.constantFrom('hourly' as const, 'daily' as const),
    idleMinutes: fc.integer({ min: 0, max: 180 }),
    upMinutes: fc.integer({ min: 1, max: 300 }),
    expiresMinutes: fc.integer({ min: 1, max: 600 }),
  })
  .map((drawn): InstanceView => {
    const { status, billing, idleMinutes, upMinutes, expiresMinutes } = drawn;
    const since = NOON - upMinutes * MINUTE;
    const made = view(
      { status, billing, expiresAt: billing === 'daily' ? NOON + expiresMinutes * MINUTE : null },
      {
        activity: status === 'running' ? idle(NOON - idleMinutes * MINUTE, NOON) : { kind: 'not-applicable', at: NOON },
        tracked: { statusSince: since, upSince: status === 'running' ? since : null },
      },
    );
    return made;
  });
const someWorld = fc
  .record({
    machines: fc.array(anyInstance, { minLength: 1, maxLength: 3 }),
    heldMinutes: fc.option(fc.integer({ min: 1, max: 200 })),
    paused: fc.constantFrom(false, false, false, true),
  })
  .map(({ machines, heldMinutes, paused }): World => {
    const views = machines.map((each, place) => {
      const instance = { ...each.tracked.instance, id: `gpu-${place}` };
      return { ...each, key: `hxy/gpu-${place}` as const, tracked: { ...each.tracked, instance } };
    });
    const holds = heldMinutes === null ? new Map<InstanceKey, Hold>() : hold('hxy/gpu-1', NOON + heldMinutes * MINUTE);
    return world([account(views, { allowed: new Set([...account([]).allowed, 'destroy', 'lengthen']) })], {
      holds,
      paused,
    });
  });

/** Remembers for which occurrence a list was begun, as the real one does. */
class ListHistory extends TestHistory {
  latestOccurrence(name: string, target: string): string | null {
    const key = [...this.steps.keys()].findLast((each) => each.startsWith(`${name}|${target}|`));
    return key?.split('|')[2] ?? null;
  }
}

const doneIn = (coming: readonly ComingDecision[]) =>
  coming
    .filter(({ kind }) => kind !== 'kept' && kind !== 'observe')
    .map(brief)
    .sort();

describe('for any policies and fleet', () => {
  it('what it says comes first is what the evaluator decides then on the same world', () => {
    fc.assert(
      fc.property(somePolicies, someWorld, (policies, given) => {
        const first = look(policies, given, 8 * HOUR).find(({ kind }) => kind === 'act' || kind === 'announce');
        if (first === undefined) return;
        const then = first.at;
        const accounts = given.accounts.map((each) => ({
          ...each,
          takenAt: then,
          instances: each.instances.map((one) => {
            const until = given.holds.get(one.key)?.until ?? null;
            return until !== null && until <= then ? { ...one, heldUntil: until } : one;
          }),
        }));
        // Messages that came before are the one thing that a later step of a list may have to wait for.
        const history = new ListHistory();
        for (const told of look(policies, given, 8 * HOUR)) {
          if (told.kind !== 'notify' || told.at >= then) continue;
          history.set(told.policy, told.instance ?? told.account, told.occurrence ?? '', told.step, 'done');
          history.acted.push({ policy: told.policy, target: told.instance ?? '', account: 'hxy', at: told.at });
        }
        const { acts, announcements } = evaluate(
          policies,
          { ...given, now: then, accounts, history },
          then === given.now ? {} : { evidenceMaxAgeMs: Number.POSITIVE_INFINITY },
        );
        const decided = [
          ...acts.map((act) => [act.policy, act.view?.key ?? null, act.occurrence]),
          ...announcements.map((each) => [each.policy, each.view.key, each.notice.occurrence]),
        ];
        expect(decided).toContainEqual([first.policy, first.instance, first.occurrence]);
      }),
      { numRuns: 80 },
    );
  });

  it('looking only when something may change misses nothing that looking every minute finds', () => {
    fc.assert(
      fc.property(somePolicies, someWorld, (policies, given) => {
        const future = new ForecastWorld(given, ZONE);
        const found: string[] = [];
        for (let now = given.now; now < given.now + 6 * HOUR; now += MINUTE) {
          for (const { instance, until } of given.holds.values()) if (until <= now) future.endHold(instance, until);
          const result = evaluate(
            policies,
            future.at(now),
            now === given.now ? {} : { evidenceMaxAgeMs: Number.POSITIVE_INFINITY },
          );
          for (const tidy of result.tidy) future.tidied(tidy);
          for (const each of result.announcements) {
            future.announced(each);
            found.push(`${now} announce ${each.action} ${each.view.key} ${each.policy}`);
          }
          for (const act of result.acts) {
            if (act.kind === 'operation') future.act(act);
            else future.told(act);
            found.push(
              `${now} ${act.kind === 'operation' ? act.action : 'notify'} ${act.view?.key ?? '-'} ${act.policy}`,
            );
          }
        }
        const foreseen = look(policies, given, 6 * HOUR)
          .filter(({ kind }) => kind !== 'kept' && kind !== 'observe')
          .map(({ at: when, kind, action, instance, policy: name }) =>
            kind === 'announce'
              ? `${when} announce ${action} ${instance} ${name}`
              : `${when} ${kind === 'notify' ? 'notify' : action} ${instance ?? '-'} ${name}`,
          );
        expect(foreseen.sort()).toEqual(found.sort());
      }),
      { numRuns: 25 },
    );
  });
});

it('comes true with a daemon that passes every minute', () => {
  const policies = [
    policy({
      name: 'dark',
      conditions: [during('Mon-Sun 23:00-08:00')],
      afterwards: 'start',
      limits: NO_LIMITS,
    }),
    policy({ name: 'lazy', conditions: [idleFor(2 * HOUR)], noticeMs: 10 * MINUTE, limits: NO_LIMITS }),
  ];
  const daemon = new LittleDaemon(policies, ['gpu-1', 'gpu-2'], NOON - DAY);
  daemon.activityOf = (id, now) => (id === 'gpu-1' ? idle(NOON - HOUR, now) : null);
  const views = [
    view({ id: 'gpu-1' }, { activity: idle(NOON - HOUR, NOON) }),
    view({ id: 'gpu-2' }, { activity: null }),
  ];
  const foreseen = look(policies, world([account(views)]));
  for (let now = NOON; now < NOON + DAY; now += MINUTE) daemon.pass(now);
  const done = daemon.log.map(({ at: when, action, id, policy: name }) => `${when} ${action} ${id} ${name}`);
  expect(doneIn(foreseen).length).toBeGreaterThan(3);
  expect(
    foreseen
      .filter(({ kind }) => kind === 'act')
      .map(({ at: when, action, instance, policy: name }) => `${when} ${action} ${instance?.split('/')[1]} ${name}`)
      .sort(),
  ).toEqual(done.sort());
});

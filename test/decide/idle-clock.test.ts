import { describe, test } from 'vitest';
import { idleStands } from '../../src/decide/eligible.ts';
import { evaluate } from '../../src/decide/evaluate.ts';
import { type IdleCause, idleCause, idleSince, idleStart, notBeforeOf } from '../../src/decide/idle-clock.ts';
import type { Activity, Watched } from '../../src/fleet/activity.ts';
import { NO_DETAIL, verbatim } from '../../src/fleet/detail/detail.ts';
import { expect } from '../support/in-words.ts';
import { account, HOUR, hold, MINUTE, NOON, policy, TestHistory, view, world } from './kit.ts';

function idle(since: number, watched: Partial<Watched> = {}): Activity {
  const whole: Watched = { from: 0, to: NOON, holes: [], ...watched };
  const reading = { probe: 'ssh', at: NOON, reason: null, lastActiveAt: since, evidence: NO_DETAIL } as const;
  return { kind: 'idle', at: NOON, since, watched: whole, readings: [{ ...reading, verdict: 'idle', judges: 'work' }] };
}

/** A machine that everything has been said of a day ago, but for what a case says. */
function machine(options: { since?: number; upSince?: number; watchedFrom?: number; heldUntil?: number }) {
  const { since = NOON - 20 * HOUR, upSince = NOON - 24 * HOUR, watchedFrom = NOON - 19 * HOUR } = options;
  const seen = view({}, { activity: idle(since, { from: watchedFrom }), tracked: { upSince } });
  return { ...seen, heldUntil: options.heldUntil ?? null };
}

class Edited extends TestHistory {
  readonly #at: number;
  readonly #beganAt: number;
  constructor(at: number, beganAt = 0) {
    super();
    this.#at = at;
    this.#beganAt = beganAt;
  }
  policyEditedAt(): number {
    return this.#at;
  }
  watchBeganAt(): number {
    return this.#beganAt;
  }
}

describe('the idle clock begins at the latest of', () => {
  const late = NOON - 29 * MINUTE;
  const edited = (at: number) => new Edited(at);
  const cases: readonly (readonly [string, Parameters<typeof machine>[0], Edited, IdleCause])[] = [
    ['the last activity', { since: late }, edited(0), 'activity'],
    ['the boot', { upSince: late }, edited(0), 'boot'],
    ['the first look that could tell', { watchedFrom: late }, edited(0), 'watch'],
    ['the end of a hold', { heldUntil: late }, edited(0), 'hold'],
    ['a change of the policy', {}, edited(late), 'policy-edit'],
    ['the start of the daemon', {}, new Edited(late - 5, late), 'daemon-start'],
  ];
  test.each(cases)('%s', (_name, options, history, cause) => {
    const one = machine(options);
    const notBefore = notBeforeOf('p', history);
    expect(idleStart(one, notBefore.at)).toBe(late);
    expect(idleCause(one, notBefore)).toBe(cause);
    const found = (now: number) => {
      const later = {
        ...one,
        activity: idle(options.since ?? NOON - 20 * HOUR, { from: options.watchedFrom ?? NOON - 19 * HOUR, to: now }),
      };
      const given = world([account([{ ...later, activity: { ...later.activity, at: now } }], { takenAt: now })], {
        now,
        history,
      });
      return evaluate([policy({ minimumUptimeMs: 0 })], given).acts.length;
    };
    expect(found(late + 30 * MINUTE - 1)).toBe(0);
    expect(found(late + 30 * MINUTE)).toBe(1);
  });

  test('and the occurrence stays the same, whatever it begins at: it is one stretch of idleness', () => {
    const of = (one: ReturnType<typeof machine>) => evaluate([policy()], world([account([one])])).acts[0]?.occurrence;
    const whole = of(machine({}));
    expect(of(machine({ watchedFrom: NOON - HOUR }))).toBe(whole);
    expect(of(machine({ heldUntil: NOON - HOUR }))).toBe(whole);
    expect(idleSince(machine({ heldUntil: NOON - HOUR }))).toBe(NOON - 20 * HOUR);
  });

  test('a change of the policy does not put off what is announced', () => {
    const history = new Edited(NOON - MINUTE);
    const one = machine({});
    const occurrence = evaluate([policy()], world([account([one])])).acts[0]?.occurrence ?? '';
    const notice = { policy: 'p', instance: one.key, occurrence, announcedAt: NOON - 10 * MINUTE };
    const given = world([account([one])], { history });
    expect(evaluate([policy({ noticeMs: 10 * MINUTE })], given).acts).toEqual([]);
    history.noticesById.set(`p|${one.key}|${occurrence}`, { ...notice, deadlineAt: NOON, delivered: true });
    expect(evaluate([policy({ noticeMs: 10 * MINUTE })], given).acts).toHaveLength(1);
  });
});

describe('too many holes in what was seen', () => {
  const holes = Array.from({ length: 5 }, (_, index) => ({ at: NOON - (25 - index * 5) * MINUTE, ms: MINUTE }));
  const one = view({}, { activity: idle(NOON - 20 * HOUR, { holes }) });

  test('are not to be told from activity', () => {
    expect(evaluate([policy()], world([account([one])])).refusals).toMatchObject([
      {
        reason: 'unknown-activity',
        detail: verbatim('it was not looked at often enough to prove it idle: 5 holes in the last 1h'),
      },
    ]);
  });

  test('leave standing what is announced', () => {
    const history = new TestHistory();
    const occurrence = evaluate([policy()], world([account([machine({})])])).acts[0]?.occurrence ?? '';
    const notice = {
      policy: 'p',
      instance: one.key,
      occurrence,
      announcedAt: NOON - MINUTE,
      deadlineAt: NOON + MINUTE,
    };
    history.noticesById.set('n', { ...notice, delivered: true });
    const given = world([account([one])], { history });
    expect(evaluate([policy({ noticeMs: 2 * MINUTE })], given).tidy).toEqual([]);
  });
});

describe('what is never stopped for being idle', () => {
  test('a machine of which nothing was read since its last start', () => {
    const before = { ...idle(NOON - 20 * HOUR), at: NOON - 2 * MINUTE };
    const one = view({}, { activity: before, tracked: { upSince: NOON - MINUTE } });
    const given = world([account([one])]);
    expect(evaluate([policy({ minimumUptimeMs: 0 })], given).refusals).toMatchObject([{ reason: 'unknown-activity' }]);
  });

  test('a machine that is only coming up', () => {
    for (const status of ['starting', 'restarting'] as const) {
      const one = view({ status }, { activity: idle(NOON - 20 * HOUR), tracked: { upSince: NOON - 24 * HOUR } });
      const stuck = policy({
        conditions: [
          { kind: 'idleFor', ms: 30 * MINUTE },
          { kind: 'statusFor', status: null, ms: MINUTE },
        ],
      });
      expect(evaluate([stuck], world([account([one])])).acts).toEqual([]);
    }
  });

  test('one that was renewed minutes ago', () => {
    const history = new TestHistory();
    const one = machine({});
    history.renewed.set(one.key, NOON - 9 * MINUTE);
    const given = world([account([one])], { history });
    expect(evaluate([policy()], given).refusals).toMatchObject([{ reason: 'cooldown' }]);
    history.renewed.set(one.key, NOON - 10 * MINUTE);
    expect(evaluate([policy()], given).acts).toHaveLength(1);
  });
});

describe('when a policy may act is told', () => {
  const of = (one: ReturnType<typeof view>, fields: Parameters<typeof world>[1] = {}) =>
    idleStands([policy()], world([account([one])], fields), one)[0];

  test('for one that is on the way', () => {
    expect(of(machine({ since: NOON - 20 * MINUTE }))).toMatchObject({
      provenMs: 20 * MINUTE,
      countedFrom: NOON - 20 * MINUTE,
      cause: 'activity',
      eligibleAt: NOON + 10 * MINUTE,
      blockers: [{ what: 'not-idle-long-enough', until: NOON + 10 * MINUTE }],
    });
  });

  test('for one that is ripe', () => {
    expect(of(machine({}))).toMatchObject({ provenMs: 30 * MINUTE, eligibleAt: NOON, blockers: [] });
  });

  test('behind people, a lease, a hold and a boot', () => {
    const readings = [] as const;
    const guarded = (by: 'people' | 'keep-alive') =>
      view({}, { activity: { kind: 'active', at: NOON, readings, protection: { by, until: NOON + HOUR } } });
    expect(of(guarded('people'))).toMatchObject({ eligibleAt: NOON + HOUR, blockers: [{ what: 'people' }] });
    expect(of(guarded('keep-alive'))).toMatchObject({ eligibleAt: NOON + HOUR, blockers: [{ what: 'keep-alive' }] });
    const held = machine({});
    expect(of(held, { holds: hold(held.key, NOON + HOUR) })).toMatchObject({
      eligibleAt: NOON + HOUR + 30 * MINUTE,
      blockers: [{ what: 'hold' }],
    });
    expect(of(machine({ upSince: NOON - 10 * MINUTE }))).toMatchObject({
      eligibleAt: NOON + 20 * MINUTE,
      blockers: [{ what: 'not-idle-long-enough' }, { what: 'minimum-uptime' }],
    });
  });

  test('not of one that works, or of which nobody can tell', () => {
    const readings = [] as const;
    const unknown: Activity = {
      kind: 'unknown',
      at: NOON,
      reason: 'unreachable',
      detail: verbatim('ssh: no route'),
      readings,
    };
    expect(of(view({}, { activity: { kind: 'active', at: NOON, readings } }))).toMatchObject({ eligibleAt: null });
    expect(of(view({}, { activity: unknown }))).toMatchObject({
      eligibleAt: null,
      blockers: [{ what: 'unknown', detail: verbatim('ssh: no route') }],
    });
    expect(of(view({}, { activity: null }))).toMatchObject({ eligibleAt: null, blockers: [{ what: 'unknown' }] });
  });
});

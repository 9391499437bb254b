import { describe, expect, it } from 'vitest';
import { evaluate } from '../../src/decide/evaluate.ts';
import type { World } from '../../src/decide/world.ts';
import type { Obligation } from '../../src/fleet/obligation.ts';
import { account, at, during, HOUR, hold, MINUTE, matching, policy, TestHistory, view, world } from './kit.ts';
import { LittleDaemon } from './little-daemon.ts';

const KEY = 'hxy/gpu-1';
const NIGHT = 'Mon-Sun 23:00-08:00';
const lights = policy({
  name: 'lights-out',
  match: { ...matching((row) => row.status === 'running'), instanceWhateverStatus: () => true },
  conditions: [during(NIGHT)],
  steps: [{ kind: 'cardless-stop' }],
  afterwards: 'start',
});
const made = view().tracked.instance.createdAt;
const owed: Obligation = {
  policy: 'lights-out',
  instance: KEY,
  incarnation: `gpu-1@${made}`,
  dueAt: at('08:00', 1),
  lapsesAt: at('23:00', 1),
  stopMode: 'cardless',
  stoppedAt: at('23:00'),
  attempts: 0,
  nextTryAt: 0,
};

function given(now: number, fields: Partial<Obligation> = {}, machine = view({ status: 'stopped' })): World {
  const history = new TestHistory();
  history.obligationList = [{ ...owed, ...fields }];
  return world([account([machine], { takenAt: now })], { now, history });
}
const reasons = (each: World, policies = [lights]) => evaluate(policies, each).refusals.map((no) => no.reason);
const tidied = (each: World) => evaluate([lights], each).tidy.map((tidy) => ('why' in tidy ? tidy.why : tidy.kind));
const MORNING = at('08:00', 1);

describe('a stop inside the window', () => {
  it('owes a start when the window closes', () => {
    const now = at('23:00');
    const act = evaluate([lights], world([account([view({}, { now })])], { now })).acts[0];
    expect(act).toMatchObject({
      obligations: [
        { policy: 'lights-out', instance: KEY, incarnation: `gpu-1@${made}`, dueAt: MORNING, lapsesAt: at('23:00', 1) },
      ],
    });
  });

  it('by another policy owes it too, where the first matches whatever the status', () => {
    const now = at('23:30');
    const idle = policy({ name: 'idle' });
    const elsewhere = { ...lights, name: 'elsewhere', match: matching(() => false) };
    const watching = { ...lights, name: 'watching', mode: 'observe' } as const;
    const off = { ...lights, name: 'off', enabled: false };
    const stopped = { ...lights, name: 'stopped', match: { ...lights.match, instance: () => false } };
    const result = evaluate(
      [idle, lights, elsewhere, watching, off, stopped],
      world([account([view({}, { now })])], { now }),
    );
    const act = result.acts[0];
    expect(act).toMatchObject({ policy: 'idle', action: 'stop' });
    expect(act?.kind === 'operation' ? act.obligations.map((each) => each.policy) : []).toEqual([
      'lights-out',
      'stopped',
    ]);
  });

  it('owes nothing where the window never closes', () => {
    const always = { ...lights, conditions: [during('always')] };
    expect(evaluate([always], world([account([view()])])).acts).toMatchObject([{ obligations: [] }]);
  });
});

describe('what is owed', () => {
  it('is kept when it is due, and not before', () => {
    expect(evaluate([lights], given(MORNING - 1)).acts).toEqual([]);
    expect(evaluate([lights], given(MORNING)).acts).toMatchObject([
      {
        action: 'start',
        reason: 'afterwards',
        policy: 'lights-out',
        occurrence: 'afterwards=2026-10-09T00:00:00Z',
        call: { kind: 'start', stopMode: 'cardless' },
      },
    ]);
  });

  it('survives its policy, under the same name', () => {
    expect(evaluate([], given(MORNING)).acts).toMatchObject([
      { policy: 'lights-out', occurrence: 'afterwards=2026-10-09T00:00:00Z' },
    ]);
    expect(evaluate([{ ...lights, enabled: false }], given(MORNING)).acts).toHaveLength(1);
    const longer = { ...lights, conditions: [during('Mon-Sun 23:00-10:00')] };
    expect(evaluate([longer], given(MORNING)).acts).toHaveLength(1);
  });

  it('is not kept from its start by its own policy, the window of which was made longer', () => {
    const longer = policy({ ...lights, match: policy().match, conditions: [during('Mon-Sun 23:00-10:00')] });
    expect(evaluate([longer], given(MORNING)).acts).toMatchObject([{ action: 'start', reason: 'afterwards' }]);
  });

  it('waits for another operation of the same pass', () => {
    const destroy = policy({
      name: 'destroy',
      conditions: [{ kind: 'stoppedFor', ms: HOUR }],
      steps: [{ kind: 'destroy' }],
    });
    const stopped = view({ status: 'stopped' });
    const allowed = new Set(['start', 'destroy'] as const);
    const both = { ...given(MORNING), accounts: [account([stopped], { takenAt: MORNING, allowed })] };
    const result = evaluate([lights, destroy], both);
    expect(result.acts).toMatchObject([{ action: 'destroy' }]);
    expect(result.refusals).toMatchObject([{ action: 'start', reason: 'open-operation' }]);
  });

  it('is not kept by a policy that now observes', () => {
    expect(reasons(given(MORNING), [{ ...lights, mode: 'observe' }])).toEqual(['observe']);
  });

  it('says how it was stopped by what is known', () => {
    const stopped = view({ status: 'stopped' }, { tracked: { stopMode: 'normal' } });
    expect(evaluate([lights], given(MORNING, {}, stopped)).acts).toMatchObject([{ call: { stopMode: 'normal' } }]);
  });

  it('is tried again after a failure, each try an occurrence of its own', () => {
    const again = { attempts: 1, nextTryAt: MORNING + 2 * MINUTE };
    expect(evaluate([lights], given(MORNING, again)).acts).toEqual([]);
    expect(evaluate([lights], given(MORNING + 2 * MINUTE, again)).acts).toMatchObject([
      { occurrence: 'afterwards=2026-10-09T00:00:00Z;try=2' },
    ]);
  });

  it('is not begun twice', () => {
    const once = given(MORNING);
    if (!(once.history instanceof TestHistory)) throw new Error('a test history');
    once.history.set('lights-out', KEY, 'afterwards=2026-10-09T00:00:00Z', 0, 'open');
    expect(evaluate([lights], once).acts).toEqual([]);
  });

  it('is delayed by a hold, a pause, and whatever cannot be known', () => {
    expect(reasons({ ...given(MORNING), holds: hold(KEY, MORNING + 1) })).toEqual(['hold']);
    expect(reasons({ ...given(MORNING), paused: true })).toEqual(['paused']);
    const stopped = view({ status: 'stopped' });
    const withAccount = (fields: Parameters<typeof account>[1]) => ({
      ...given(MORNING),
      accounts: [account([stopped], { takenAt: MORNING, ...fields })],
    });
    expect(reasons(withAccount({ trust: 'incomplete-snapshot' }))).toEqual(['incomplete-snapshot']);
    expect(reasons(withAccount({ trust: 'stale-snapshot' }))).toEqual(['stale-snapshot']);
    expect(reasons(withAccount({ breakerOpen: true }))).toEqual(['breaker']);
    expect(reasons(withAccount({ allowed: new Set(['stop']) }))).toEqual(['not-allowed']);
    expect(reasons(given(MORNING, {}, view({ status: 'unknown' })))).toEqual(['unknown-status']);
    expect(reasons(given(MORNING, {}, view({ status: 'stopped', savingImage: true })))).toEqual(['open-operation']);
    expect(reasons(given(MORNING, {}, view({ status: 'stopped' }, { labels: { protect: 'true' } })))).toEqual([
      'protected',
    ]);
  });

  it('gives way to an earlier policy that wants it down, not to a later one', () => {
    const weekend = policy({ name: 'maintenance', conditions: [during('Mon-Sun 07:00-12:00')] });
    expect(reasons(given(MORNING), [weekend, lights])).toEqual(['conflict']);
    expect(evaluate([lights, weekend], given(MORNING)).acts).toMatchObject([{ action: 'start' }]);
  });

  it.each([
    ['the next opening', at('23:00', 1), {}, view({ status: 'stopped' }), ['lapsed']],
    ['it is up when it is due', MORNING, {}, view(), ['up']],
    ['up before that, by nobody’s hand', MORNING - HOUR, {}, view(), []],
    ['a person started it', at('02:00', 1), {}, view({}, { tracked: { personStartAt: at('01:00', 1) } }), ['up']],
    [
      'a person started and stopped it',
      MORNING,
      {},
      view({ status: 'stopped' }, { tracked: { personStartAt: at('01:00', 1) } }),
      ['up'],
    ],
    ['another machine has the id', MORNING, { incarnation: 'gpu-1@1' }, view({ status: 'stopped' }), ['gone']],
    ['it is destroyed', MORNING, {}, view({ status: 'destroyed' }), ['gone']],
    ['not listed, just now', MORNING, {}, view({ id: 'gpu-2' }), []],
    ['not listed for an hour', MORNING + HOUR, {}, view({ id: 'gpu-2' }), ['gone']],
  ])('ends, or does not: %s', (_, now, fields, machine, why) => {
    expect(tidied(given(now, fields, machine))).toEqual(why);
  });

  it('is not judged by a listing from before the stop', () => {
    const before = { ...given(MORNING), accounts: [account([view()], { takenAt: owed.stoppedAt })] };
    expect(tidied(before)).toEqual([]);
  });
});

describe('for every minute of a day, with the daemon away for any part of it', () => {
  /** From noon until the next evening, a pass every ten minutes but while away. */
  const run = (awayFrom: number, awayFor: number) => {
    const daemon = new LittleDaemon([lights], ['gpu-1'], at('11:00'));
    const back = awayFrom + awayFor;
    for (let minute = awayFrom % 10; minute < 2000; minute += 10) {
      if (minute < awayFrom || minute >= back) daemon.pass(at('12:00') + minute * MINUTE);
    }
    return daemon;
  };

  it('turns off once and on once', () => {
    const lengths = [1, 7, 45, 200, 500];
    for (let from = 0; from < 24 * 60; from += 1) {
      const away = lengths[from % lengths.length] ?? 1;
      const story = run(from, away)
        .log.map((each) => each.action)
        .join(' ');
      if (story !== 'cardless-stop start') throw new Error(`away ${away} min from minute ${from}: ${story}`);
    }
  });

  it('turns off at the first minute it can, and on likewise', () => {
    const daemon = run(11 * 60, 30);
    expect(daemon.log).toMatchObject([
      { at: at('23:30'), action: 'cardless-stop', reason: 'due' },
      { at: MORNING, action: 'start', reason: 'afterwards' },
    ]);
    expect(daemon.history.obligationList).toEqual([]);
  });

  it('leaves a machine alone that a person started at night, and does not start it again', () => {
    for (let minute = 0; minute < 8 * 60; minute += 7) {
      const daemon = new LittleDaemon([lights], ['gpu-1'], at('12:00'));
      const startedAt = at('00:00', 1) + minute * MINUTE;
      for (let now = at('22:50'); now < at('12:00', 1); now += MINUTE) {
        if (now === startedAt) daemon.personStarts('gpu-1', now);
        daemon.pass(now);
      }
      expect(daemon.log.map((each) => each.action)).toEqual(['cardless-stop']);
    }
  });
});

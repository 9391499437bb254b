import { describe, it } from 'vitest';
import { evaluate } from '../../src/decide/evaluate.ts';
import type { World } from '../../src/decide/world.ts';
import { DEFAULT_ACCOUNT_ACTIONS } from '../../src/fleet/action.ts';
import type { Notice } from '../../src/fleet/notice.ts';
import { noticeId } from '../../src/fleet/notice.ts';
import { expect } from '../support/in-words.ts';
import { account, during, HOUR, hold, idle, MINUTE, NOON, policy, TestHistory, view, world } from './kit.ts';
import { LittleDaemon } from './little-daemon.ts';

const KEY = 'hxy/gpu-1';
const IDLE = 'idleFor=2026-10-08T02:00:00Z';
const TEN = policy({ noticeMs: 10 * MINUTE });

function announced(fields: Partial<Notice> = {}): { history: TestHistory; notice: Notice } {
  const announcedAt = fields.announcedAt ?? NOON - 10 * MINUTE;
  const notice: Notice = {
    policy: 'p',
    instance: KEY,
    occurrence: IDLE,
    announcedAt,
    deadlineAt: announcedAt + 10 * MINUTE,
    delivered: true,
    ...fields,
  };
  const history = new TestHistory();
  history.noticesById.set(noticeId(notice), notice);
  return { history, notice };
}

describe('a notice', () => {
  it('comes first', () => {
    const result = evaluate([TEN], world([account([view()])]));
    expect(result.acts).toEqual([]);
    expect(result.announcements).toMatchObject([
      {
        action: 'stop',
        notice: { occurrence: IDLE, announcedAt: NOON, deadlineAt: NOON + 10 * MINUTE, delivered: false },
      },
    ]);
  });

  it('is kept to the minute', () => {
    const { history } = announced();
    const when = (now: number) => evaluate([TEN], world([account([view()])], { history, now }));
    expect(when(NOON - 1).refusals).toMatchObject([{ reason: 'notice' }]);
    expect(when(NOON).acts).toMatchObject([{ action: 'stop' }]);
  });

  it('is lengthened by a reload, never shortened', () => {
    const { history } = announced();
    const longer = policy({ noticeMs: 20 * MINUTE });
    expect(evaluate([longer], world([account([view()])], { history })).refusals).toMatchObject([{ reason: 'notice' }]);
    const early = announced({ announcedAt: NOON - 5 * MINUTE });
    const shorter = policy({ noticeMs: MINUTE });
    const given = world([account([view()])], { history: early.history });
    expect(evaluate([shorter], given).refusals).toMatchObject([{ reason: 'notice' }]);
  });

  it('of a machine that had the id before is none of this one: it is dropped, and announced anew', () => {
    const { history, notice } = announced();
    const mine = view();
    const newcomer = { ...mine, tracked: { ...mine.tracked, firstSeenAt: NOON - MINUTE } };
    const result = evaluate([TEN], world([account([newcomer])], { history }));
    expect(result.acts).toEqual([]);
    expect(result.tidy).toEqual([{ kind: 'drop-notice', notice, why: 'no-longer-due' }]);
    expect(result.announcements).toMatchObject([{ notice: { announcedAt: NOON } }]);
  });

  it('is given anew when the deadline was missed by a quarter of an hour', () => {
    const { history } = announced();
    const when = (now: number) => evaluate([TEN], world([account([view({}, { now })])], { history, now }));
    const fresh = (now: number) => {
      const same = view({}, { activity: idle(NOON - 2 * HOUR, now) });
      return evaluate([TEN], world([account([same])], { history, now }));
    };
    expect(fresh(NOON + 15 * MINUTE - 1).acts).toHaveLength(1);
    expect(fresh(NOON + 15 * MINUTE).acts).toEqual([]);
    expect(fresh(NOON + 15 * MINUTE).announcements).toMatchObject([{ notice: { announcedAt: NOON + 15 * MINUTE } }]);
    // Another occurrence is another notice.
    expect(when(NOON + MINUTE).announcements).toHaveLength(1);
  });

  it('that nobody took does not count where the policy asks for it', () => {
    const { history } = announced({ delivered: false });
    const given = world([account([view()])], { history });
    expect(evaluate([policy({ noticeMs: 10 * MINUTE, requireNotice: true })], given).refusals).toMatchObject([
      { reason: 'notice', detail: 'announced, but no notifier has taken the announcement' },
    ]);
    expect(evaluate([TEN], given).acts).toHaveLength(1);
  });

  it('that was taken late counts from then on where the policy asks for it', () => {
    const asked = policy({ noticeMs: 10 * MINUTE, requireNotice: true });
    const { history } = announced({ announcedAt: NOON - 12 * MINUTE, deliveredAt: NOON - MINUTE });
    const when = (now: number) => {
      const same = view({}, { activity: idle(NOON - 2 * HOUR, now) });
      return evaluate([asked], world([account([same])], { history, now }));
    };
    expect(when(NOON).refusals).toMatchObject([{ reason: 'notice' }]);
    expect(when(NOON + 9 * MINUTE - 1).acts).toEqual([]);
    expect(when(NOON + 9 * MINUTE).acts).toHaveLength(1);
    // Where nobody has to have it the announced time stands; and some seconds on the way are nothing.
    expect(evaluate([TEN], world([account([view()])], { history })).acts).toHaveLength(1);
    const prompt = announced({ deliveredAt: NOON - 10 * MINUTE + 20_000 });
    expect(evaluate([asked], world([account([view()])], { history: prompt.history })).acts).toHaveLength(1);
  });

  it('is not given for what interrupts nothing, nor by one that observes', () => {
    const restartless = policy({
      noticeMs: HOUR,
      conditions: [{ kind: 'stoppedFor', ms: HOUR }],
      steps: [{ kind: 'start' }],
    });
    expect(evaluate([restartless], world([account([view({ status: 'stopped' })])])).acts).toHaveLength(1);
    const observing = evaluate([{ ...TEN, mode: 'observe' }], world([account([view()])]));
    expect(observing.announcements).toEqual([]);
    expect(observing.refusals).toMatchObject([{ reason: 'observe' }]);
    expect(observing.refusals[0]?.detail).toMatch(/^would announce a stop/);
  });

  it('is not held back by limits, which count when it is carried out', () => {
    const views = ['a', 'b', 'c', 'd'].map((id) => view({ id }));
    expect(evaluate([TEN], world([account(views)])).announcements).toHaveLength(4);
  });
});

describe('a waiting notice', () => {
  const waiting = () => announced({ announcedAt: NOON - MINUTE });
  const tidied = (given: World, policies = [TEN]) =>
    evaluate(policies, given).tidy.map((each) => (each.kind === 'drop-notice' ? each.why : each.kind));

  it.each([
    ['stays while it is due', () => view(), []],
    ['is dropped on activity', () => view({}, { activity: { kind: 'active', at: NOON, readings: [] } }), ['activity']],
    ['is dropped when the idleness is another', () => view({}, { activity: idle(NOON - HOUR, NOON) }), ['activity']],
    ['is dropped when somebody stopped it', () => view({ status: 'stopped' }), ['no-longer-due']],
    ['stays while the activity cannot be read', () => view({}, { activity: null }), []],
    [
      'stays while the status cannot be read',
      () => view({ status: 'unknown' }, { tracked: { upSince: NOON - HOUR } }),
      [],
    ],
  ])('%s', (_, make, why) => {
    const { history } = waiting();
    expect(tidied(world([account([make()])], { history }))).toEqual(why);
  });

  it('is dropped with its policy, by a hold, when the policy only observes, and when it is gone', () => {
    const { history } = waiting();
    const given = world([account([view()])], { history });
    expect(tidied(given, [])).toEqual(['policy-removed']);
    expect(tidied(given, [{ ...TEN, enabled: false }])).toEqual(['policy-removed']);
    expect(tidied(given, [{ ...TEN, mode: 'observe' }])).toEqual(['policy-removed']);
    expect(tidied({ ...given, holds: hold(KEY, NOON + HOUR) })).toEqual(['hold']);
    expect(tidied(world([account([view({ id: 'other' })])], { history }))).toEqual(['no-longer-due']);
  });

  it.each(['open', 'done', 'failed'] as const)(
    'is done with when its stop is %s, whatever matches by then',
    (state) => {
      const { history } = waiting();
      history.set('p', KEY, IDLE, 0, state);
      for (const views of [[view({ status: 'stopping' })], [view({ status: 'stopped' })], []]) {
        expect(tidied(world([account(views)], { history }))).toEqual(['done']);
      }
    },
  );

  it('stays while the listing cannot be trusted', () => {
    const { history } = waiting();
    const missing = account([view({ id: 'other' })], { trust: 'incomplete-snapshot' });
    expect(tidied(world([missing], { history }))).toEqual([]);
    expect(tidied(world([account([view()], { trust: 'stale-snapshot' })], { history }))).toEqual([]);
    const wasStopped = account([view({ status: 'stopped' })], { trust: 'stale-snapshot' });
    expect(tidied(world([wasStopped], { history }))).toEqual([]);
  });

  it('has done its work once its stop is under way', () => {
    const { history } = waiting();
    history.set('p', KEY, IDLE, 0, 'open');
    expect(tidied(world([account([view()])], { history }))).toEqual(['done']);
  });
});

describe('a notice that lasts longer than the day that always is', () => {
  const RUNNING = { kind: 'runningFor', ms: HOUR } as const;
  const slow = policy({ noticeMs: 30 * HOUR, conditions: [during('always'), RUNNING] });
  const days = (daemon: LittleDaemon, hours: number) => {
    for (let at = NOON; at <= NOON + hours * HOUR; at += 5 * MINUTE) daemon.pass(at);
  };

  it('is given once, and kept to the minute, under the occurrence of the day it was given on', () => {
    const daemon = new LittleDaemon([slow], ['gpu-1'], NOON - 2 * HOUR);
    days(daemon, 80);
    expect(daemon.log).toMatchObject([{ at: NOON + 30 * HOUR, action: 'stop' }]);
    expect(daemon.log[0]?.occurrence).toMatch(/^during=2026-10-08;runningFor=/);
    expect(daemon.history.noticesById.size).toBe(0);
  });

  it('is for that stretch of running alone', () => {
    const daemon = new LittleDaemon([slow], ['gpu-1'], NOON - 2 * HOUR);
    days(daemon, 20);
    expect(daemon.history.noticesById.size).toBe(1);
    daemon.personStarts('gpu-1', NOON + 20 * HOUR);
    // A person's own start is left alone until the next occasion, which begins at midnight.
    for (let hour = 20; hour < 66; hour += 1) daemon.pass(NOON + hour * HOUR);
    expect(daemon.log).toEqual([]);
    daemon.pass(NOON + 66 * HOUR);
    expect(daemon.log).toMatchObject([{ at: NOON + 66 * HOUR }]);
  });

  it('does not stretch over the openings of a window', () => {
    const nightly = policy({ noticeMs: 30 * HOUR, conditions: [during('Mon-Sun 20:00-08:00'), RUNNING] });
    const daemon = new LittleDaemon([nightly], ['gpu-1'], NOON - 2 * HOUR);
    days(daemon, 80);
    expect(daemon.log).toEqual([]);
  });

  it('is still the same when the last look before the act falls on the next day', () => {
    const history = new TestHistory();
    const before = Object.assign(history, { armedFor: () => 'during=2026-10-07;runningFor=2026-10-08T02:00:00Z' });
    const quick = policy({ conditions: [during('always'), RUNNING] });
    const given = world([account([view({}, { tracked: { upSince: NOON - 2 * HOUR } })])], { history: before });
    expect(evaluate([quick], given).acts).toMatchObject([{ occurrence: before.armedFor() }]);
  });
});

describe('a list that stops first and destroys then', () => {
  const both = policy({
    noticeMs: 30 * MINUTE,
    conditions: [during('always')],
    steps: [{ kind: 'stop' }, { kind: 'destroy' }],
    limits: { perPass: null, perHour: null, percent: 100 },
  });

  it('announces each by itself, once, and destroys nothing under the notice of the stop', () => {
    const daemon = new LittleDaemon([both], ['gpu-1'], NOON - 2 * HOUR);
    daemon.extra = { allowed: new Set([...DEFAULT_ACCOUNT_ACTIONS, 'destroy']) };
    const given: string[] = [];
    for (let at = NOON; at <= NOON + 2 * HOUR; at += MINUTE) {
      const before = new Set([...daemon.history.noticesById.values()].map(({ announcedAt }) => announcedAt));
      daemon.pass(at);
      for (const { announcedAt } of daemon.history.noticesById.values())
        if (!before.has(announcedAt)) given.push(`${(announcedAt - NOON) / MINUTE}`);
    }
    expect(daemon.log.map(({ at, action }) => `${(at - NOON) / MINUTE} ${action}`)).toEqual(['30 stop', '61 destroy']);
    expect(given).toEqual(['0', '31']);
  });
});

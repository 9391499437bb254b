import { describe, expect, it } from 'vitest';
import { evaluate } from '../../src/decide/evaluate.ts';
import type { Step } from '../../src/policy/policy.ts';
import {
  account,
  at,
  cron,
  during,
  HOUR,
  idleFor,
  MINUTE,
  matching,
  NOON,
  policy,
  TestHistory,
  view,
  world,
} from './kit.ts';

const KEY = 'hxy/gpu-1';
const IDLE = 'idleFor=2026-10-08T02:00:00Z';
const tell: Step = { kind: 'notify', to: null, severity: 'info', text: null };

class LatestHistory extends TestHistory {
  latest: string | null = null;
  latestOccurrence(): string | null {
    return this.latest;
  }
}

function kinds(history: TestHistory, steps: readonly Step[]): readonly string[] {
  const result = evaluate([policy({ steps })], world([account([view()])], { history }));
  return result.acts.map((act) => (act.kind === 'operation' ? act.action : 'notify'));
}

describe('a list of steps', () => {
  it('tells and acts in one pass', () => {
    expect(kinds(new TestHistory(), [tell, { kind: 'stop' }])).toEqual(['notify', 'stop']);
  });

  it('waits for a step that reaches a cloud', () => {
    const steps: readonly Step[] = [{ kind: 'snapshot', name: 'x' }, { kind: 'stop' }, tell];
    const history = new TestHistory();
    expect(kinds(history, steps)).toEqual(['snapshot']);
    history.set('p', KEY, IDLE, 0, 'open');
    expect(kinds(history, steps)).toEqual([]);
    history.set('p', KEY, IDLE, 0, 'done');
    expect(kinds(history, steps)).toEqual(['stop']);
  });

  it('ends where a step failed', () => {
    const history = new TestHistory();
    history.set('p', KEY, IDLE, 0, 'failed');
    expect(kinds(history, [{ kind: 'snapshot', name: 'x' }, { kind: 'stop' }])).toEqual([]);
  });

  it('goes on when its own first step has ended the conditions', () => {
    const history = new LatestHistory();
    const steps: readonly Step[] = [{ kind: 'stop' }, tell];
    history.latest = IDLE;
    history.set('p', KEY, IDLE, 0, 'done');
    history.acted.push({ policy: 'p', target: KEY, account: 'hxy', at: NOON - MINUTE });
    const stopped = view({ status: 'stopped' });
    const running = policy({
      steps,
      match: { ...matching((row) => row.status === 'running'), instanceWhateverStatus: () => true },
    });
    for (const each of [policy({ steps }), running]) {
      expect(evaluate([each], world([account([stopped])], { history })).acts).toMatchObject([
        { kind: 'notification', occurrence: IDLE, step: 1, text: 'dev-1 (hxy/gpu-1): policy p has done: stop.' },
      ]);
    }
    // Not for ever, not what interrupts, and not for one that only observes.
    const later = world([account([stopped])], { history, now: NOON + 2 * HOUR });
    expect(evaluate([running], later).acts).toEqual([]);
    const cut = policy({ steps: [{ kind: 'stop' }, { kind: 'destroy' }, tell] });
    const may = { allowed: new Set(['stop', 'destroy'] as const) };
    expect(evaluate([cut], world([account([stopped], may)], { history })).acts).toEqual([]);
    expect(evaluate([policy({ steps, mode: 'observe' })], world([account([stopped])], { history })).acts).toEqual([]);
    history.set('p', KEY, IDLE, 1, 'done');
    expect(evaluate([running], world([account([stopped])], { history })).acts).toEqual([]);
  });

  it('that was begun in time may end after catchUp', () => {
    const history = new TestHistory();
    const nightly = policy({
      conditions: [cron('0 3 * * *')],
      steps: [{ kind: 'snapshot', name: 'x' }, { kind: 'stop' }],
    });
    const occurrence = 'cron=2026-10-07T19:00:00Z';
    history.set('p', KEY, occurrence, 0, 'done');
    history.acted.push({ policy: 'p', target: KEY, account: 'hxy', at: at('03:00') });
    const when = (now: number) => evaluate([nightly], world([account([view()])], { history, now }));
    expect(when(at('03:40')).acts).toMatchObject([{ action: 'stop', occurrence, reason: 'made-up' }]);
    expect(when(at('06:00')).acts).toEqual([]);
    expect(when(at('06:00')).refusals).toMatchObject([{ reason: 'missed', step: 1 }]);
  });
});

describe('cooldown', () => {
  it('is between acts, not between the steps of one', () => {
    const history = new TestHistory();
    history.acted.push({ policy: 'p', target: KEY, account: 'hxy', at: NOON - MINUTE });
    const both = policy({ cooldownMs: HOUR, steps: [tell, { kind: 'stop' }] });
    expect(evaluate([both], world([account([view()])], { history })).refusals).toMatchObject([{ reason: 'cooldown' }]);
    history.set('p', KEY, IDLE, 0, 'done');
    expect(evaluate([both], world([account([view()])], { history })).acts).toMatchObject([{ action: 'stop' }]);
  });
});

describe('conflicts', () => {
  const office = policy({ name: 'office', conditions: [during('Mon-Fri 08:30-21:00')], steps: [{ kind: 'start' }] });
  const night = policy({ name: 'night', conditions: [during('Mon-Sun 11:00-13:00'), idleFor(MINUTE)] });
  const stopped = account([view({ status: 'stopped' })]);

  it('the earlier policy wins, also when it has nothing left to do', () => {
    expect(evaluate([night, office], world([stopped])).refusals).toMatchObject([
      { policy: 'office', reason: 'conflict' },
    ]);
    expect(evaluate([office, night], world([stopped])).acts).toMatchObject([{ policy: 'office', action: 'start' }]);
  });

  it('a policy that observes stands in nobody’s way', () => {
    const watching = { ...night, mode: 'observe' } as const;
    expect(evaluate([watching, office], world([stopped])).acts).toHaveLength(1);
    const idle = policy({ name: 'idle', mode: 'observe' });
    const restart = policy({ name: 'restart', conditions: [during('always')], steps: [{ kind: 'restart' }] });
    expect(evaluate([idle, restart], world([account([view()])])).acts).toMatchObject([{ action: 'restart' }]);
    const result = evaluate(
      [{ ...idle, mode: 'enforce' }, restart],
      world([account([view()], { interruptedAt: [NOON] })]),
    );
    expect(result.refusals.map((each) => each.reason)).toEqual(['limit-percent', 'conflict']);
  });

  it('a person’s own start is no wish of the policy', () => {
    const started = account([view({}, { tracked: { personStartAt: NOON - MINUTE } })]);
    const restart = policy({ name: 'restart', conditions: [during('always')], steps: [{ kind: 'restart' }] });
    const stop = policy({ name: 'stop', conditions: [during('Mon-Sun 11:00-13:00')] });
    const result = evaluate([stop, restart], world([started]), { explain: true });
    expect(result.refusals.map((each) => each.reason)).not.toContain('conflict');
  });
});

describe('what each cloud can begin from', () => {
  it.each([
    ['stop', 'running', 1],
    ['stop', 'starting', 0],
    ['stop', 'stopping', 0],
    ['cardless-stop', 'running', 1],
    ['cardless-stop', 'stopped', 0],
    ['restart', 'running', 1],
    ['restart', 'stopped', 0],
    ['start', 'stopped', 1],
    ['start', 'running', 0],
    ['start', 'stopping', 0],
    ['destroy', 'stopped', 1],
    ['destroy', 'running', 0],
  ] as const)('%s of one that is %s', (kind, status, acts) => {
    const allowed = new Set(['stop', 'cardless-stop', 'restart', 'start', 'destroy'] as const);
    const given = world([account([view({ status })], { allowed })]);
    expect(evaluate([policy({ conditions: [during('always')], steps: [{ kind }] })], given).acts).toHaveLength(acts);
  });

  it('a stop of one that is stuck', () => {
    const stuck = policy({ conditions: [{ kind: 'statusFor', status: ['starting'], ms: HOUR }] });
    expect(evaluate([stuck], world([account([view({ status: 'starting' })])])).acts).toHaveLength(1);
  });

  it('a start says how it was stopped', () => {
    const start = policy({ conditions: [during('always')], steps: [{ kind: 'start' }] });
    for (const stopMode of ['normal', 'cardless', null] as const) {
      const given = world([account([view({ status: 'stopped' }, { tracked: { stopMode } })])]);
      expect(evaluate([start], given).acts).toMatchObject([
        { call: { kind: 'start', stopMode: stopMode ?? 'unknown' } },
      ]);
    }
  });
});

describe('messages', () => {
  it.each([
    [[{ kind: 'expiresWithin', ms: 12 * HOUR }], 'expiry.soon', /expires at 2026-10-08T13:00:00\+08:00, within 12h\.$/],
    [[{ kind: 'statusFor', status: null, ms: HOUR }], 'instance.stuck', /has been running since .*, longer than 1h\.$/],
    [
      [{ kind: 'runningFor', ms: HOUR }],
      'policy.notice',
      /has been up since 2026-10-07T12:00:00\+08:00, longer than 1h\.$/,
    ],
  ] as const)('%j is %s', (conditions, event, text) => {
    const given = world([account([view({ billing: 'daily', expiresAt: NOON + HOUR })])]);
    const act = evaluate([policy({ conditions, steps: [tell] })], given).acts[0];
    expect(act).toMatchObject({ kind: 'notification', event });
    expect(act?.kind === 'notification' ? act.text : '').toMatch(text);
  });

  it('fills in a text of the policy’s own', () => {
    const own = policy({
      steps: [{ kind: 'notify', to: ['ops'], severity: 'critical', text: 'look at {name} ({id}), {other}' }],
    });
    expect(evaluate([own], world([account([view()])])).acts).toMatchObject([
      { text: 'look at dev-1 (gpu-1), {other}', to: ['ops'], severity: 'critical' },
    ]);
  });

  it('tells of an expiry even when the cloud cannot be reached, but not after it', () => {
    const policies = [policy({ conditions: [{ kind: 'expiresWithin', ms: HOUR }], steps: [tell] })];
    const stale = { trust: 'stale-snapshot' } as const;
    const soon = view({ billing: 'daily', expiresAt: NOON + MINUTE });
    expect(evaluate(policies, world([account([soon], stale)])).acts).toHaveLength(1);
    expect(evaluate(policies, world([account([soon], stale)], { now: NOON + MINUTE })).acts).toEqual([]);
  });
});

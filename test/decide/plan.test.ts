import { describe, expect, it } from 'vitest';
import { evaluate } from '../../src/decide/evaluate.ts';
import { explainInstance } from '../../src/decide/explain.ts';
import { planRows } from '../../src/decide/plan.ts';
import { account, expiresWithin, HOUR, hold, MINUTE, matching, NOON, policy, TestHistory, view, world } from './kit.ts';

const stopIdle = policy({ name: 'stop-idle' });
const announced = policy({ name: 'announced', noticeMs: 10 * MINUTE, match: matching((row) => row.id === 'b') });
const keep = policy({
  name: 'keep',
  conditions: [expiresWithin(HOUR)],
  steps: [{ kind: 'renew', periods: { daily: 3, monthly: 1 } }],
});
const IDLE = { kind: 'idleFor', ms: 30 * MINUTE } as const;
const STOPPED = { kind: 'stoppedFor', ms: 168 * HOUR } as const;
const prices = new Map([['geforce_rtx_4090', { hourlyFen: 198, dailyFen: 4000, monthlyFen: null }]]);

describe('a plan', () => {
  it('has a row for everything, as JSON', () => {
    const history = new TestHistory();
    history.noticesById.set('gone|hxy/a|x', {
      policy: 'gone',
      instance: 'hxy/a',
      occurrence: 'x',
      announcedAt: NOON,
      deadlineAt: NOON,
      delivered: true,
    });
    const views = [view({ id: 'a' }), view({ id: 'b' }), view({ id: 'c', billing: 'daily', expiresAt: NOON + MINUTE })];
    const rows = planRows(
      evaluate([stopIdle, announced, keep], world([account(views, { prices })], { history })),
      'Asia/Shanghai',
    );
    expect(rows.map((row) => `${row.decision} ${row.policy} ${row.instance} ${row.action} ${row.reason}`)).toEqual([
      'act stop-idle hxy/a stop due',
      'act keep hxy/c renew due',
      'announce announced hxy/b stop notice',
      'refuse stop-idle hxy/b stop limit-percent',
      'refuse stop-idle hxy/c stop limit-percent',
      'tidy gone hxy/a stop policy-removed',
    ]);
    expect(rows[2]?.detail).toBe('announce a stop of dev-1 at 2026-10-08T12:10:00+08:00');
    expect(rows[1]).toMatchObject({ costYuan: '120.00', detail: 'renew dev-1 for 120.00 yuan' });
    expect(JSON.parse(JSON.stringify(rows))).toEqual(rows);
  });
});

describe('why', () => {
  it('tells every policy’s answer and the facts', () => {
    const policies = [stopIdle, announced, { ...keep, enabled: false }];
    const given = world([account([view({ id: 'a' })])], { holds: hold('hxy/a', NOON + HOUR) });
    const explained = explainInstance(policies, given, 'hxy/a', 'Asia/Shanghai');
    expect(explained?.policies.map((each) => `${each.policy}: ${each.reason}`)).toEqual([
      'stop-idle: hold',
      'announced: no-match',
      'keep: disabled',
    ]);
    expect(explained?.facts).toMatchObject({
      status: 'running',
      idleSince: '2026-10-08T10:00:00+08:00',
      idleFor: '2h',
      hold: 'wang until 2026-10-08T13:00:00+08:00: demo',
      probes: 'jupyter: idle (1 kernel idle)',
    });
  });

  const busy = { activity: { kind: 'active', at: NOON, readings: [] } } as const;
  const idle = (since: number) =>
    ({ activity: { kind: 'idle', since, at: NOON, readings: [], watched: { from: 0, to: NOON, holes: [] } } }) as const;
  it.each([
    ['busy', stopIdle, view({ id: 'a' }, busy), 'activity active, not idle for 30m'],
    [
      'unread',
      stopIdle,
      view({ id: 'a', status: 'stopped' }, { activity: null }),
      'activity unknown, not idle for 30m',
    ],
    ['idle for less', stopIdle, view({ id: 'a' }, idle(NOON - 12 * MINUTE - 400)), 'idle for 12m of 30m'],
    [
      'what holds is left out',
      policy({ conditions: [IDLE, { kind: 'runningFor', ms: 999 * HOUR }] }),
      view({ id: 'a' }, idle(NOON - HOUR)),
      'up for 1d of 41d15h',
    ],
    [
      'several',
      policy({ conditions: [IDLE, { kind: 'statusFor', status: ['starting', 'stopping'], ms: HOUR }] }),
      view({ id: 'a' }, busy),
      'activity active, not idle for 30m; running, not starting or stopping for 1h',
    ],
    ['not stopped', policy({ conditions: [STOPPED] }), view({ id: 'a' }), 'running, not stopped for 1w'],
    [
      'stopped for less',
      policy({ conditions: [STOPPED] }),
      view({ id: 'a', status: 'stopped' }),
      'stopped for 1d of 1w',
    ],
    [
      'no expiry',
      policy({ conditions: [expiresWithin(HOUR)] }),
      view({ id: 'a', billing: 'hourly', expiresAt: null }),
      'no expiry, so not within 1h',
    ],
    [
      'an expiry far off',
      policy({ conditions: [expiresWithin(HOUR)] }),
      view({ id: 'a', billing: 'daily', expiresAt: NOON + 2 * HOUR + 7 }),
      'expires 2026-10-08T14:00:00+08:00, not within 1h',
    ],
  ])('knows what is not due, in numbers: %s', (_, given, row, detail) => {
    const explained = explainInstance([given], world([account([row])]), 'hxy/a', 'Asia/Shanghai');
    expect(explained?.policies).toMatchObject([{ reason: 'not-due', detail: `not all conditions hold: ${detail}` }]);
  });

  it('knows nothing of an instance that is nowhere', () => {
    expect(explainInstance([stopIdle], world([account([view()])]), 'hxy/none', 'Asia/Shanghai')).toBeNull();
  });
});

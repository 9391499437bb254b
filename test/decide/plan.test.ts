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
    const rows = planRows(evaluate([stopIdle, announced, keep], world([account(views, { prices })], { history })));
    expect(rows.map((row) => `${row.decision} ${row.policy} ${row.instance} ${row.action} ${row.reason}`)).toEqual([
      'act stop-idle hxy/a stop due',
      'act keep hxy/c renew due',
      'announce announced hxy/b stop notice',
      'refuse stop-idle hxy/b stop limit-percent',
      'refuse stop-idle hxy/c stop limit-percent',
      'tidy gone hxy/a stop policy-removed',
    ]);
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

  it('knows what is not due', () => {
    const busy = view({ id: 'a' }, { activity: { kind: 'active', at: NOON, readings: [] } });
    const explained = explainInstance([stopIdle], world([account([busy])]), 'hxy/a', 'Asia/Shanghai');
    expect(explained?.policies).toMatchObject([
      { reason: 'not-due', detail: 'not all conditions hold: activity active' },
    ]);
  });

  it('knows nothing of an instance that is nowhere', () => {
    expect(explainInstance([stopIdle], world([account([view()])]), 'hxy/none', 'Asia/Shanghai')).toBeNull();
  });
});

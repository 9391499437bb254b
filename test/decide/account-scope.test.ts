import { describe, expect, it } from 'vitest';
import { evaluate } from '../../src/decide/evaluate.ts';
import type { AccountView } from '../../src/decide/world.ts';
import type { Condition, Step } from '../../src/policy/policy.ts';
import { account, cron, DAY, during, HOUR, MINUTE, NOON, policy, TestHistory, view, world } from './kit.ts';

const tell: Step = { kind: 'notify', to: ['ops'], severity: 'critical', text: null };
const below: Condition = { kind: 'balanceBelow', fen: 20_000 };
const runway: Condition = { kind: 'runwayBelow', ms: DAY };
const low = policy({ name: 'low', scope: 'account', conditions: [below], steps: [tell] });

function chenyu(fields: Partial<AccountView> = {}): AccountView {
  const views = ['a', 'b', 'c'].map((id) => view({ account: 'chenyu', provider: 'chenyu', id }));
  return account(views, {
    balanceFen: 15_000,
    runwayMs: 20 * HOUR,
    balanceBelowSince: () => NOON - HOUR,
    runwayBelowSince: () => NOON - 2 * HOUR,
    ...fields,
  });
}

describe('a policy about an account', () => {
  it('is decided once, however many instances there are', () => {
    expect(evaluate([low], world([chenyu()])).acts).toMatchObject([
      {
        kind: 'notification',
        event: 'balance.low',
        view: null,
        occurrence: 'balanceBelow=2026-10-08T03:00:00Z',
        text: 'Account chenyu has 150.00 yuan left, less than 200.00.',
      },
    ]);
  });

  it('is told once per crossing, even when less of the past is remembered', () => {
    const history = new TestHistory();
    history.low.set('low|chenyu', 'balanceBelow=2026-10-08T03:00:00Z');
    history.set('low', 'chenyu', 'balanceBelow=2026-10-08T03:00:00Z', 0, 'done');
    const forgetful = chenyu({ balanceBelowSince: () => NOON - MINUTE });
    const result = evaluate([low], world([forgetful], { history }));
    expect(result.acts).toEqual([]);
    expect(result.tidy).toEqual([]);
  });

  it('is told to one after the other, each once', () => {
    const two = policy({ ...low, steps: [tell, { ...tell, to: ['boss'] }] });
    const history = new TestHistory();
    const told = () => evaluate([two], world([chenyu()], { history })).acts.map((act) => act.step);
    expect(told()).toEqual([0, 1]);
    history.set('low', 'chenyu', 'balanceBelow=2026-10-08T03:00:00Z', 0, 'done');
    expect(told()).toEqual([1]);
  });

  it('recovers only when the balance is known and high enough', () => {
    const history = new TestHistory();
    history.low.set('low|chenyu', 'balanceBelow=2026-10-08T03:00:00Z');
    const tidy = (fields: Partial<AccountView>) => evaluate([low], world([chenyu(fields)], { history })).tidy;
    expect(tidy({ balanceFen: 20_000 })).toMatchObject([{ kind: 'recovered', policy: 'low', account: 'chenyu' }]);
    expect(tidy({ balanceFen: 19_999 })).toEqual([]);
    expect(tidy({ balanceFen: null })).toEqual([]);
    expect(tidy({ balanceFen: 20_000, trust: 'stale-snapshot' })).toEqual([]);
  });

  it('says so when the balance is not known, or no such cloud has one', () => {
    const reason = (each: AccountView) => evaluate([low], world([each])).refusals[0]?.reason;
    expect(reason(chenyu({ balanceFen: null }))).toBe('stale-snapshot');
    expect(reason(chenyu({ trust: 'stale-snapshot' }))).toBe('stale-snapshot');
    expect(reason(account([view()]))).toBe('not-supported');
  });

  it('takes the runway too', () => {
    const short = policy({ scope: 'account', conditions: [runway], steps: [tell] });
    const acts = (fields: Partial<AccountView>) => evaluate([short], world([chenyu(fields)])).acts;
    expect(acts({})).toMatchObject([{ event: 'balance.low', occurrence: 'runwayBelow=2026-10-08T02:00:00Z' }]);
    expect(acts({ runwayMs: DAY })).toEqual([]);
    expect(acts({ runwayMs: null })).toEqual([]);
    // A balance that was read long ago is neither low nor fine.
    const stale = chenyu({ runwayMs: null, runwayUnknown: 'stale-balance', trust: 'stale-snapshot' });
    const { acts: none, refusals } = evaluate([short], world([stale]));
    expect([none, refusals]).toMatchObject([
      [],
      [{ reason: 'stale-snapshot', detail: { kind: 'listing-untrusted', trust: 'stale-snapshot' } }],
    ]);
  });

  it('by the calendar alone asks nothing of the listing', () => {
    const weekly = policy({ scope: 'account', conditions: [cron('0 12 * * Thu')], steps: [tell] });
    const result = evaluate([weekly], world([chenyu({ trust: 'stale-snapshot' })], { now: NOON + MINUTE / 2 }));
    expect(result.acts).toMatchObject([
      { event: 'policy.notice', occurrence: 'cron=2026-10-08T04:00:00Z', reason: 'due' },
    ]);
    const late = evaluate([weekly], world([chenyu()], { now: NOON + HOUR }));
    expect(late.refusals).toMatchObject([{ reason: 'missed', instance: null }]);
  });

  it('observes without telling', () => {
    const result = evaluate([{ ...low, mode: 'observe' }], world([chenyu()]));
    expect(result.acts).toEqual([]);
    expect(result.refusals).toMatchObject([{ reason: 'observe', instance: null }]);
  });

  it('is told again each time its window opens while the balance stays low', () => {
    const daily = policy({ ...low, conditions: [during('Mon-Sun 09:00-18:00'), below] });
    const history = new TestHistory();
    history.low.set('low|chenyu', 'during=2026-10-07T09:00:00+08:00;balanceBelow=2026-10-06T03:00:00Z');
    expect(evaluate([daily], world([chenyu()], { history })).acts).toMatchObject([
      { occurrence: 'during=2026-10-08T09:00:00+08:00;balanceBelow=2026-10-06T03:00:00Z' },
    ]);
  });
});

describe('a balance condition on instances', () => {
  it('holds for all or none', () => {
    const each = policy({ conditions: [below, { kind: 'runningFor', ms: HOUR }], steps: [tell] });
    expect(evaluate([each], world([chenyu()])).acts).toHaveLength(3);
    expect(evaluate([each], world([chenyu({ balanceFen: 20_000 })])).acts).toEqual([]);
    expect(evaluate([each], world([chenyu({ balanceFen: null })])).refusals.map((no) => no.reason)).toEqual(
      Array(3).fill('stale-snapshot'),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { evaluate } from '../../src/decide/evaluate.ts';
import { account, at, DAY, during, expiresWithin, HOUR, MINUTE, NOON, policy, view, world } from './kit.ts';

describe('acting', () => {
  it('stops an idle instance', () => {
    const result = evaluate([policy()], world([account([view()])]));
    expect(result.refusals).toEqual([]);
    expect(result.acts).toMatchObject([
      { action: 'stop', occurrence: 'idleFor=2026-10-08T02:00:00Z', reason: 'due', step: 0 },
    ]);
  });
  it('turns the lights out', () => {
    const lights = policy({ conditions: [during('Mon-Sun 23:00-08:00')], steps: [{ kind: 'cardless-stop' }] });
    const result = evaluate([lights], world([account([view({}, { now: at('23:05') })])], { now: at('23:05') }));
    expect(result.acts).toMatchObject([
      { action: 'cardless-stop', occurrence: 'during=2026-10-08T23:00:00+08:00', reason: 'due' },
    ]);
    expect(evaluate([lights], world([account([view()])])).acts).toEqual([]);
  });
  it('renews before expiry', () => {
    const keep = policy({
      conditions: [expiresWithin(12 * HOUR)],
      steps: [{ kind: 'renew', periods: { daily: 3, monthly: 1 } }],
    });
    const soon = view({ billing: 'daily', expiresAt: NOON + HOUR });
    expect(evaluate([keep], world([account([soon])])).acts).toMatchObject([
      {
        action: 'renew',
        call: { kind: 'renew', unit: 'daily', periods: 3 },
        occurrence: 'expiresWithin=2026-10-08T05:00:00Z',
      },
    ]);
  });
});
void DAY;
void MINUTE;

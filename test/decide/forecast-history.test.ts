import { describe, expect, it } from 'vitest';
import { ForecastHistory } from '../../src/decide/forecast-history.ts';
import { REFUSALS_PER_DAY, RETRY_AFTER_REFUSAL_MS } from '../../src/fleet/refused.ts';
import { DAY, HOUR, MINUTE, NOON, TestHistory } from './kit.ts';

const KEY = 'hxy/gpu-1';
const stop = { policy: 'p', target: KEY, account: 'hxy', occurrence: 'idleFor=a', step: 0 };

function historyAt(now: number): { readonly history: ForecastHistory; readonly base: TestHistory } {
  const base = new TestHistory();
  return { history: new ForecastHistory(base, ['hxy'], now), base };
}

describe('the history of a forecast', () => {
  it('knows of a step that it is under way, and then done', () => {
    const { history } = historyAt(NOON);
    history.acted({ ...stop, doneAt: NOON + 2 * MINUTE });
    const stepAt = (now: number) => {
      history.moveTo(now);
      return history.step('p', KEY, 'idleFor=a', 0);
    };
    expect([NOON, NOON + 2 * MINUTE - 1, NOON + 2 * MINUTE].map(stepAt)).toEqual(['open', 'open', 'done']);
    expect(history.step('p', KEY, 'idleFor=a', 1)).toBe('none');
    expect(history.step('p', KEY, 'idleFor=b', 0)).toBe('none');
    expect(history.step('q', KEY, 'idleFor=a', 0)).toBe('none');
    expect(history.step('p', 'hxy/gpu-2', 'idleFor=a', 0)).toBe('none');
  });

  it('lets what the cloud refused be tried again after an hour, and so often a day', () => {
    const { history } = historyAt(NOON);
    let now = NOON;
    for (let refusals = 1; refusals <= REFUSALS_PER_DAY; refusals += 1) {
      history.moveTo(now);
      history.acted({ ...stop, doneAt: null });
      expect(history.step('p', KEY, 'idleFor=a', 0)).toBe('failed');
      history.moveTo(now + RETRY_AFTER_REFUSAL_MS - 1);
      expect(history.step('p', KEY, 'idleFor=a', 0)).toBe('failed');
      now += RETRY_AFTER_REFUSAL_MS;
      history.moveTo(now);
      expect(history.step('p', KEY, 'idleFor=a', 0)).toBe(refusals < REFUSALS_PER_DAY ? 'none' : 'failed');
    }
    history.moveTo(NOON + DAY);
    expect(history.step('p', KEY, 'idleFor=a', 0)).toBe('none');
    history.acted({ ...stop, doneAt: NOON + DAY });
    expect(history.step('p', KEY, 'idleFor=a', 0)).toBe('done');
  });

  it('tells when and for what a policy last did anything, and before that what was so really', () => {
    const { history, base } = historyAt(NOON);
    base.acted.push({ policy: 'p', target: KEY, account: 'hxy', at: NOON - 3 * HOUR });
    expect(history.lastActedAt('p', KEY)).toBe(NOON - 3 * HOUR);
    for (const [hours, occurrence] of [
      [1, 'idleFor=a'],
      [2, 'idleFor=b'],
    ] as const) {
      history.moveTo(NOON + hours * HOUR);
      history.acted({ ...stop, occurrence, doneAt: NOON + hours * HOUR });
      expect(history.lastActedAt('p', KEY)).toBe(NOON + hours * HOUR);
      expect(history.latestOccurrence('p', KEY)).toBe(occurrence);
    }
    expect(history.lastActedAt('q', KEY)).toBeNull();
    // Of the last hour, for limits.
    expect(history.actedAt('p', 'hxy').slice(-1)).toEqual([NOON + 2 * HOUR]);
  });
});

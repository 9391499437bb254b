import { expect, test } from 'vitest';
import { pageBehind, planKey } from '../../src/app/pages.ts';
import type { PlanRow } from '../../src/decide/plan.ts';
import { NO_DETAIL } from '../../src/fleet/detail/detail.ts';
import { fromCursor } from '../../src/web/cursor.ts';

const page = (items: readonly string[], next: string | null, limit = 2) =>
  pageBehind(
    items,
    { cursor: next === null ? null : fromCursor(next), limit, filters: {} },
    (item) => item,
    (item) => item,
  );

test('pages are in the order of their keys, and the last one says so', () => {
  const first = page(['hxy/c', 'hxy/a', 'hxy/b'], null);
  expect(first.items).toEqual(['hxy/a', 'hxy/b']);
  expect(page(['hxy/c', 'hxy/a', 'hxy/b'], first.next)).toEqual({ items: ['hxy/c'], next: null });
});

test('a page that is just full is the last', () => {
  expect(page(['a', 'b'], null)).toEqual({ items: ['a', 'b'], next: null });
  expect(page([], null)).toEqual({ items: [], next: null });
});

test('nothing is skipped where a row that was shown goes, and nothing shown twice where one comes', () => {
  const { next } = page(['hxy/b', 'hxy/d', 'hxy/f', 'hxy/h'], null);
  expect(page(['hxy/d', 'hxy/f', 'hxy/h'], next).items).toEqual(['hxy/f', 'hxy/h']);
  expect(page(['hxy/a', 'hxy/b', 'hxy/d', 'hxy/f', 'hxy/h'], next).items).toEqual(['hxy/f', 'hxy/h']);
  // The row that the cursor names may be gone itself.
  expect(page(['hxy/b', 'hxy/f', 'hxy/h'], next).items).toEqual(['hxy/f', 'hxy/h']);
});

test('a plan: what is acted on first, then by instance', () => {
  const row = (decision: PlanRow['decision'], instance: PlanRow['instance']): PlanRow => ({
    decision,
    policy: 'p',
    account: 'hxy',
    instance,
    name: null,
    action: 'stop',
    step: 0,
    occurrence: null,
    reason: 'due',
    detail: '',
    told: NO_DETAIL,
    costYuan: null,
    evidence: {},
  });
  const rows = [row('refuse', 'hxy/a'), row('act', 'hxy/b'), row('act', 'hxy/a'), row('notify', null)];
  const told = pageBehind(rows, { cursor: null, limit: 9, filters: {} }, planKey, (each) => each.decision);
  expect(told.items).toEqual(['act', 'act', 'notify', 'refuse']);
});

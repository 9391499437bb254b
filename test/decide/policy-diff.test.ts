import { expect, test } from 'vitest';
import { zoneNamed } from '../../src/calendar/zone.ts';
import { forecast } from '../../src/decide/forecast.ts';
import { policyDiff } from '../../src/decide/policy-diff.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { account, DAY, during, matching, NOON, policy, view, world } from './kit.ts';

const LIMITS = { perPass: null, perHour: null, percent: 100 };
const named = (...names: string[]) => matching(({ name }) => names.includes(name));
const night = (fields: Partial<Policy> = {}) =>
  policy({ name: 'night', hash: 'n1', conditions: [during('Mon-Sun 23:00-08:00')], limits: LIMITS, ...fields });
const FLEET = [account([view({ id: 'a', name: 'a' }), view({ id: 'b', name: 'b' })])];

function version(policies: readonly Policy[]) {
  const { coming } = forecast(policies, world(FLEET), { until: NOON + DAY, zone: zoneNamed('Asia/Shanghai') });
  return { policies, coming };
}

function diff(before: readonly Policy[], after: readonly Policy[]) {
  return policyDiff(version(before), version(after), FLEET).map(({ added, gone, ...rest }) => ({
    ...rest,
    added: added.map(({ instance, action }) => `${action} ${instance}`),
    gone: gone.map(({ instance, action }) => `${action} ${instance}`),
  }));
}

test('the same sets do the same', () => {
  expect(diff([night()], [night()])).toEqual([
    { policy: 'night', kind: 'same', gained: [], lost: [], added: [], gone: [] },
  ]);
});

test('a narrower match loses instances, and what would have been done to them', () => {
  const [change] = diff([night()], [night({ match: named('a'), hash: 'n2' })]);
  expect(change).toEqual({
    policy: 'night',
    kind: 'changed',
    gained: [],
    lost: ['hxy/b'],
    added: [],
    gone: ['stop hxy/b'],
  });
});

test('what comes and goes is named, in the order of the new set', () => {
  const other = policy({ name: 'other', hash: 'o', conditions: [during('Mon-Sun 12:00-13:00')], limits: LIMITS });
  expect(diff([night()], [other])).toMatchObject([
    { policy: 'other', kind: 'added', gained: ['hxy/a', 'hxy/b'], added: ['stop hxy/a', 'stop hxy/b'] },
    { policy: 'night', kind: 'removed', lost: ['hxy/a', 'hxy/b'], gone: ['stop hxy/a', 'stop hxy/b'] },
  ]);
});

test('one that has not changed may do otherwise because of another', () => {
  const up = policy({
    name: 'up',
    hash: 'u',
    conditions: [during('Mon-Sun 22:00-24:00')],
    steps: [{ kind: 'start' }],
  });
  expect(diff([night()], [up, night()])).toMatchObject([{ kind: 'added' }, { policy: 'night', kind: 'same' }]);
  expect(diff([up, night()], [night(), up]).map(({ kind }) => kind)).toEqual(['moved', 'moved']);
});

test('a policy that is switched off is about nothing', () => {
  expect(diff([night()], [night({ enabled: false, hash: 'n3' })])).toMatchObject([
    { kind: 'changed', lost: ['hxy/a', 'hxy/b'], gone: ['stop hxy/a', 'stop hxy/b'] },
  ]);
});

import { expect, test } from 'vitest';
import { hourlyCostFen } from '../../src/decide/hourly-cost.ts';
import { renewalsBy } from '../../src/decide/renewal-due.ts';
import type { Instance } from '../../src/fleet/instance.ts';
import { DAY, expiresWithin, HOUR, idleFor, instance, matching, NOON, policy } from './kit.ts';

const renew = (daily: number | null, monthly: number | null) =>
  ({ kind: 'renew', periods: { daily, monthly } }) as const;
const KEEP = policy({ name: 'keep', conditions: [expiresWithin(12 * HOUR)], steps: [renew(1, null)] });
const paid = (fields: Partial<Instance> = {}) => instance({ billing: 'daily', expiresAt: NOON + DAY, ...fields });
const none = () => ({});

test('a policy that renews is due its `expiresWithin` before the end', () => {
  expect(renewalsBy([KEEP])(paid(), none)).toEqual([{ policy: 'keep', mode: 'enforce', dueAt: NOON + 12 * HOUR }]);
});

test.each([
  ['it is disabled', { ...KEEP, enabled: false }, paid()],
  ['it does not renew', { ...KEEP, steps: [{ kind: 'stop' }] } as const, paid()],
  ['it does not go by the end', { ...KEEP, conditions: [idleFor(HOUR)] }, paid()],
  ['it does not renew that unit', KEEP, paid({ billing: 'monthly' })],
  ['there is no end', KEEP, paid({ expiresAt: null })],
  ['the machine is paid by the hour', KEEP, paid({ billing: 'hourly' })],
  ['it is about other machines', { ...KEEP, match: matching((_instance, labels) => labels.env === 'prod') }, paid()],
])('no policy renews where %s', (_why, one, machine) => {
  expect(renewalsBy([one])(machine, none)).toEqual([]);
});

test('each policy that would is named, an observing one too, and labels are not worked out where none could', () => {
  const prod = matching((_instance, labels) => labels.env === 'prod');
  const both = renewalsBy([
    { ...KEEP, match: prod },
    { ...KEEP, name: 'watch', mode: 'observe', conditions: [expiresWithin(DAY)], steps: [renew(3, 1)] },
  ]);
  let asked = 0;
  const labels = () => {
    asked += 1;
    return { env: 'prod' };
  };
  expect(both(paid(), labels).map(({ policy: name, mode, dueAt }) => [name, mode, dueAt])).toEqual([
    ['keep', 'enforce', NOON + 12 * HOUR],
    ['watch', 'observe', NOON],
  ]);
  expect(asked).toBe(2);
  expect(both(paid({ billing: 'hourly' }), labels)).toEqual([]);
  expect(asked).toBe(2);
});

const PRICES = new Map([['g', { hourlyFen: 200, dailyFen: 2_400, monthlyFen: 72_000 }]]);

test.each([
  [{ billing: 'hourly', status: 'running', hourlyFen: 150 }, 150],
  [{ billing: 'hourly', status: 'starting', hourlyFen: null }, 200],
  [{ billing: 'unknown', status: 'running', hourlyFen: null }, 200],
  [{ billing: 'hourly', status: 'stopped', hourlyFen: 150 }, 0],
  [{ billing: 'hourly', status: 'running', hourlyFen: null, gpuType: 'other' }, null],
  [{ billing: 'daily', status: 'stopped', hourlyFen: 150 }, 100],
  [{ billing: 'monthly', status: 'running' }, 100],
  [{ billing: 'monthly', status: 'running', gpuType: 'other' }, null],
] as const)('an hour of %j costs %s fen', (fields, fen) => {
  expect(hourlyCostFen(instance({ gpuType: 'g', ...fields }), PRICES)).toBe(fen);
});

import { expect, test } from 'vitest';
import { zoneNamed } from '../../src/calendar/zone.ts';
import { comingBill, comingUse } from '../../src/decide/coming-bill.ts';
import { forecast } from '../../src/decide/forecast.ts';
import type { InstanceView } from '../../src/decide/world.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { account, DAY, during, expiresWithin, HOUR, NOON, policy, view, world } from './kit.ts';

const PRICES = new Map([['geforce_rtx_4090', { hourlyFen: 200, dailyFen: 4000, monthlyFen: null }]]);
const NIGHT = policy({
  name: 'night',
  conditions: [during('Mon-Sun 23:00-08:00')],
  steps: [{ kind: 'stop' }],
  afterwards: 'start',
  limits: { perPass: null, perHour: null, percent: 100 },
});
const PAID = policy({
  name: 'paid',
  conditions: [expiresWithin(2 * HOUR)],
  steps: [{ kind: 'renew', periods: { daily: 1, monthly: 1 } }],
});

function usesOf(policies: readonly Policy[], instances: readonly InstanceView[], days = 1) {
  const view_ = account(instances, { prices: PRICES });
  const coming = forecast(policies, world([view_]), { until: NOON + days * DAY, zone: zoneNamed('Asia/Shanghai') });
  return comingUse(coming, view_);
}

test('a night off is not paid for, and is one interruption', () => {
  expect(usesOf([NIGHT], [view()])).toMatchObject([
    { upMs: 15 * HOUR, upWithoutMs: DAY, fen: 3000, withoutFen: 4800, paidFen: 0, interruptions: 1 },
  ]);
});

test('what a policy has stopped already would be up without it', () => {
  const stopped = view({ status: 'stopped' }, { tracked: { stoppedBy: 'night', stopMode: 'normal' } });
  expect(usesOf([], [stopped])).toMatchObject([{ upMs: 0, upWithoutMs: DAY, fen: 0, withoutFen: 4800 }]);
  expect(usesOf([], [view({ status: 'stopped' })])).toMatchObject([{ upWithoutMs: 0, withoutFen: 0 }]);
});

test('renewals are counted by themselves: prepaid time costs nothing as it goes by', () => {
  const daily = view({ billing: 'daily', expiresAt: NOON + 5 * HOUR });
  expect(usesOf([PAID], [daily], 2)).toMatchObject([{ fen: 0, withoutFen: 0, paidFen: 8000, interruptions: 0 }]);
});

test('without a price there is no amount, and the sum says how many it leaves out', () => {
  const uses = usesOf([NIGHT], [view({ id: 'a' }), view({ id: 'b', gpuType: 'unheard-of' })]);
  expect(uses).toMatchObject([{ fen: 3000 }, { fen: null, withoutFen: null, upMs: 15 * HOUR }]);
  expect(comingBill(uses)).toEqual({
    instances: 2,
    unpriced: 1,
    upMs: 30 * HOUR,
    upWithoutMs: 48 * HOUR,
    fen: 3000,
    withoutFen: 4800,
    paidFen: 0,
    interruptions: 2,
  });
});

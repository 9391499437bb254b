import { expect, test } from 'vitest';
import { useBeds } from '../support/beds.ts';
import { MINUTE } from '../support/clock.ts';
import { account, busy } from '../support/cloud.ts';

const LOW = `
policies:
  - name: low-balance
    match: { account: cy }
    when: { balanceBelow: 200 }
    do: { notify: { to: [hook], severity: critical } }
`;
const beds = useBeds();

test('a low balance is told once, its recovery once, and a second fall anew; a refused delivery comes again under its id', async () => {
  const bed = await beds.start({
    accounts: [account('chenyu', [busy('inst_a')], { balanceFen: 25_000 })],
    policies: { 'low.yaml': LOW },
  });
  const cloud = bed.sim.account('cy');
  await bed.round();
  expect(await bed.metric('account_balance_yuan', { account: 'cy' })).toBeCloseTo(250, 0);
  cloud.balanceFen = 15_000;
  bed.receiver.refusals.push(500);
  await bed.roll(MINUTE, 1);
  const low = await bed.until('the low balance is told', () => bed.receiver.told('balance.low')[0]);
  expect(low).toMatchObject({
    severity: 'critical',
    account: 'cy',
    provider: 'chenyu',
    instance: null,
    policy: 'low-balance',
    action: 'notify',
  });
  const deliveries = bed.receiver.bodies.filter((body) => body.includes(low.id));
  expect(deliveries).toHaveLength(2);
  expect(deliveries[0]).toBe(deliveries[1]);
  await bed.roll(10 * MINUTE, 6);
  expect(bed.receiver.told('balance.low')).toHaveLength(1);
  expect(await bed.metric('notifications_total', { notifier: 'hook', outcome: 'retried' })).toBe(1);
  expect(await bed.metric('notifications_total', { notifier: 'hook', outcome: 'delivered' })).toBe(1);

  cloud.recharge(50_000);
  await bed.rollUntil('the recovery is told', MINUTE, () => bed.receiver.told('balance.recovered')[0]);
  await bed.roll(MINUTE, 3);
  expect(bed.receiver.told('balance.recovered')).toHaveLength(1);
  cloud.balanceFen = 19_999;
  const again = await bed.rollUntil('the second fall is told', MINUTE, () => bed.receiver.told('balance.low')[1]);
  expect(again.id).not.toBe(low.id);
  expect(bed.receiver.told()).toHaveLength(3);
});

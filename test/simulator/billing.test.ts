import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SimAccount } from '../../src/simulator/sim-account.ts';
import { Bed, DAY, HOUR, HXY, MINUTE, NOON, SECOND } from './bed.ts';

let bed: Bed;
beforeEach(() => {
  bed = new Bed();
});
afterEach(() => bed.sim.stop());

function bedWith(account: Partial<SimAccount>, rules = {}): Bed {
  return new Bed({ accounts: [{ ...HXY, ...account }], rules });
}

describe('running costs', () => {
  test('hourly instances cost by time, prepaid and stopped ones nothing', () => {
    const hxy = bed.sim.account('hxy');
    expect(hxy.hourlyFen).toBe(198);
    bed.clock.pass(90 * MINUTE);
    expect(hxy.balanceFen).toBe(1_000_000 - 297);
    bed.clock.pass(DAY);
    expect(hxy.balanceFen).toBe(1_000_000 - 297 - 24 * 198);
  });

  test('looking often does not change the sum', () => {
    const hxy = bed.sim.account('hxy');
    for (let index = 0; index < 3600; index += 1) {
      bed.clock.pass(SECOND);
      hxy.settle();
    }
    expect(hxy.balanceFen).toBe(1_000_000 - 198);
  });

  test('a stop ends the costs when it is complete, and leaves a bill', async () => {
    await bed.sim.start();
    const hxy = bed.sim.account('hxy');
    bed.clock.pass(HOUR - 20 * SECOND);
    await bed.hxy('/gpu/instances/stop', { gid: 'gpu-hourly', card_less: false });
    bed.clock.pass(DAY);
    expect(hxy.balanceFen).toBe(1_000_000 - 198);
    expect(hxy.bills).toMatchObject([{ amountFen: 198, startAt: NOON, endAt: NOON + HOUR }]);
  });

  test('a stopped instance may go on costing, if the rules say so', () => {
    bed = bedWith({}, { stoppedPercent: { normal: 100, cardless: 10 } });
    expect(bed.sim.account('hxy').hourlyFen).toBe(198 + 198 + 19);
  });

  test('a status set by hand counts from that moment', () => {
    const hxy = bed.sim.account('hxy');
    bed.clock.pass(HOUR);
    hxy.instance('gpu-off').status = 'running';
    bed.clock.pass(HOUR);
    expect(hxy.balanceFen).toBe(1_000_000 - 198 - 2 * 198);
  });
});

describe('out of money', () => {
  test('everything hourly stops at the moment the money ends', async () => {
    bed = bedWith({ balanceFen: 198 });
    await bed.sim.start();
    const hxy = bed.sim.account('hxy');
    bed.clock.pass(3 * HOUR);
    expect(hxy.instance('gpu-hourly').status).toBe('stopped');
    expect(hxy.instance('gpu-daily').status).toBe('running');
    expect(hxy.balanceFen).toBe(0);
    expect(hxy.effects).toMatchObject([{ kind: 'arrears', instanceId: 'gpu-hourly', at: NOON + HOUR }]);
    const start = () => bed.hxy('/gpu/instances/start', { gid: 'gpu-hourly' });
    expect((await start()).body).toEqual({ fails: ['gpu-hourly'], success: [] });
    hxy.recharge(1000);
    expect((await start()).body).toEqual({ fails: [], success: ['gpu-hourly'] });
  });

  test('debts while stopped do not stop the clock', () => {
    bed = bedWith({ balanceFen: 10 }, { stoppedPercent: { normal: 100, cardless: 0 } });
    bed.clock.pass(DAY);
    expect(bed.sim.account('hxy').balanceFen).toBeLessThan(0);
  });

  test('finance tops up when the balance is low', () => {
    bed = bedWith({ balanceFen: 10_198, topUp: { belowFen: 10_000, amountFen: 5000 } });
    const hxy = bed.sim.account('hxy');
    bed.clock.pass(HOUR - 1);
    expect(hxy.recharges).toEqual([]);
    bed.clock.pass(1);
    expect(hxy.balanceFen).toBe(15_000);
    expect(hxy.recharges).toMatchObject([{ at: NOON + HOUR, amountFen: 5000 }]);
    expect(() => bedWith({ topUp: { belowFen: 1, amountFen: 0 } })).toThrow(/above 0/);
  });

  test('an order needs an hour in hand', async () => {
    bed = bedWith({ balanceFen: 197, instances: [] });
    await bed.sim.start();
    const { body } = await bed.hxy('/gpu/application/buy', { num: 1, pay_unit: 4, app_type: 'comfyui' });
    expect(body).toMatchObject({ success_instance: 0, fails: ['余额不足'] });
  });
});

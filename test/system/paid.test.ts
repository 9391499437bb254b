import { describe, expect, test } from 'vitest';
import type { Operation } from '../../src/fleet/operation.ts';
import type { FaultKind } from '../../src/simulator/faults.ts';
import { useBeds } from '../support/beds.ts';
import { DAY, HOUR, MINUTE, NOON, SECOND } from '../support/clock.ts';
import { account, daily } from '../support/cloud.ts';
import type { Bed } from '../support/daemon.ts';

const KEEP_PAID = {
  'renew.yaml': `
policies:
  - name: keep-paid
    match: { name: "prod-*" }
    when: { expiresWithin: 12h }
    do: { renew: { periods: 1 } }
`,
};
const beds = useBeds();

async function start(hours: readonly number[] = [6]): Promise<Bed> {
  const machines = hours.map((left, index) => daily(`d${index}`, left));
  return await beds.start({ accounts: [account('huixingyun', machines)], policies: KEEP_PAID });
}

function requests(bed: Bed): number {
  return bed.sim.calls.filter(({ operation }) => operation === 'renew').length;
}

async function ended(bed: Bed, instance = 'hxy/d0'): Promise<Operation> {
  return await bed.rollUntil('the renewal is confirmed or before a person', MINUTE, async () => {
    const [newest] = await bed.operations({ instance });
    return newest !== undefined && ['confirmed', 'escalated', 'rejected'].includes(newest.state) && newest;
  });
}

describe('whatever the cloud answers, one request leaves, and what came of it is read', () => {
  const cases: readonly (readonly [name: string, fault: FaultKind, state: 'confirmed' | 'escalated'])[] = [
    ['an answer lost after the effect', { kind: 'lost-answer' }, 'confirmed'],
    ['a connection broken before it', { kind: 'reset' }, 'escalated'],
    ['500 with the effect', { kind: 'http-status', status: 500, effect: 'now' }, 'confirmed'],
    ['502 without', { kind: 'http-status', status: 502, effect: 'never' }, 'escalated'],
    ['503 with the effect', { kind: 'http-status', status: 503, effect: 'now' }, 'confirmed'],
    ['a web page with 200 and the effect', { kind: 'html', effect: 'now' }, 'confirmed'],
    ['a web page with 200 without', { kind: 'html', effect: 'never' }, 'escalated'],
    ['an empty object without', { kind: 'empty-object', effect: 'never' }, 'escalated'],
    ['success in the name of another', { kind: 'wrong-id' }, 'confirmed'],
    ['a yes and a no at once', { kind: 'both-lists' }, 'confirmed'],
    ['a redirect', { kind: 'redirect' }, 'escalated'],
    ['an answer cut in the middle', { kind: 'truncated' }, 'confirmed'],
    ['a yes, and the effect minutes later', { kind: 'delayed-effect', delayMs: 5 * MINUTE }, 'confirmed'],
  ];
  for (const [name, fault, state] of cases) {
    test(`${name}: ${state}`, async () => {
      const bed = await start();
      bed.sim.faults.add({ ...fault, operation: 'renew' });
      await bed.round();
      const operation = await ended(bed);
      expect(operation.state).toBe(state);
      expect(requests(bed)).toBe(1);
      await bed.roll(10 * MINUTE, 4);
      expect(requests(bed)).toBe(1);
      expect(bed.sim.account('hxy').commits).toHaveLength(state === 'confirmed' ? 1 : 0);
      if (state === 'escalated') {
        await bed.until('a person is asked', () => bed.receiver.told('operation.escalated')[0]);
        expect(bed.receiver.told('operation.escalated')).toHaveLength(1);
        expect(await bed.metric('operation_escalated')).toBe(1);
      }
    });
  }
});

test('an effect after the settle time: escalated, then confirmed late, and never sent again', async () => {
  const bed = await start();
  bed.sim.faults.add({ kind: 'delayed-effect', delayMs: 40 * MINUTE, operation: 'renew' });
  await bed.round();
  expect((await ended(bed)).state).toBe('escalated');
  const late = await bed.operationInTime('hxy/d0', 'confirmed', 'renew', 5 * MINUTE);
  expect(late.reason).toBe('seen-late');
  expect(requests(bed)).toBe(1);
});

test('a cloud that hangs: the request is taken for unclear when its time is over, and its late answer changes nothing', async () => {
  const bed = await start();
  const hang = bed.sim.faults.add({ kind: 'hang', effect: 'now', operation: 'renew' });
  await bed.round();
  await bed.until('it hangs', () => hang.hits === 1);
  bed.clock.pass(40 * SECOND);
  const operation = await bed.operationInTime('hxy/d0', 'confirmed', 'renew');
  expect(operation.transitions.map(({ reason }) => reason)).toContain('orphan');
  const version = operation.version;
  hang.release();
  await bed.roll(MINUTE, 3);
  const [after] = await bed.operations();
  expect(after?.version).toBe(version);
  expect(requests(bed)).toBe(1);
});

test('a refusal that names the machine is final for an hour, and asked again three times a day at most', async () => {
  const bed = await start([11]);
  bed.sim.faults.add({ kind: 'refused', operation: 'renew', times: Number.POSITIVE_INFINITY });
  await bed.round();
  await bed.operation('hxy/d0', 'rejected');
  await bed.roll(10 * MINUTE, 5);
  expect(requests(bed)).toBe(1);
  for (const times of [2, 3]) {
    await bed.roll(30 * MINUTE, 2);
    await bed.rollUntil(`it has been asked for ${times} times`, 10 * SECOND, () => requests(bed) === times);
  }
  await bed.roll(30 * MINUTE, 6);
  await bed.until('nothing is under way', async () =>
    // One that found its listing too old when its turn came was called off, and changed nothing.
    (await bed.operations()).every(({ state }) => state === 'rejected' || state === 'cancelled'),
  );
  expect(requests(bed)).toBe(3);
  expect(bed.sim.account('hxy').commits).toEqual([]);
  await bed.until('each is told', () => bed.receiver.told('operation.rejected').length === 3);
});

test('more than two unclear answers in an hour stop all paid work of the account', async () => {
  const bed = await start([2, 3, 4, 5, 6]);
  bed.sim.faults.add({ kind: 'http-status', status: 504, operation: 'renew', times: 3 });
  await bed.round();
  await bed.rollUntil(
    'the breaker is open',
    SECOND,
    async () => (await bed.metric('account_breaker_open', { account: 'hxy' })) === 1,
  );
  await bed.roll(MINUTE, 5);
  expect(requests(bed)).toBe(3);
  const plan = await bed.list('plan');
  expect(plan.filter(({ reason }) => reason === 'breaker')).toHaveLength(2);
});

test('somebody renewed it by hand at the same time: seen as more than was asked for, and told at once', async () => {
  const bed = await start();
  const hang = bed.sim.faults.add({ kind: 'hang', effect: 'now', operation: 'renew' });
  await bed.round();
  await bed.until('the request is out', () => hang.hits === 1);
  const machine = bed.sim.account('hxy').instance('d0');
  machine.expiresAt = (machine.expiresAt ?? 0) + DAY;
  hang.release();
  const operation = await ended(bed);
  expect(operation).toMatchObject({ state: 'confirmed', reason: 'excess' });
  const told = await bed.until('it is told', () => bed.receiver.told('operation.confirmed')[0]);
  expect(told.severity).toBe('critical');
});

test('renewed by hand before ours leaves: ours is not needed any more', async () => {
  const bed = await start();
  const reads = bed.sim.faults.add({
    kind: 'http-status',
    status: 500,
    operation: 'list',
    times: Number.POSITIVE_INFINITY,
    skip: 1,
  });
  await bed.until('it is armed', async () => (await bed.operations())[0]);
  bed.sim.account('hxy').instance('d0').expiresAt = NOON + 6 * HOUR + DAY;
  reads.remove();
  const off = await bed.operationInTime('hxy/d0', 'superseded', 'renew');
  expect(off.reason).toBe('changed');
  expect(requests(bed)).toBe(0);
});

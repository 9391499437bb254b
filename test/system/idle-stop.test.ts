import { expect, test } from 'vitest';
import { alwaysBusy, alwaysIdle } from '../../src/simulator/workload.ts';
import { useBeds } from '../support/beds.ts';
import { MINUTE, NOON, SECOND } from '../support/clock.ts';
import { account, busy, idle } from '../support/cloud.ts';
import type { Bed } from '../support/daemon.ts';

const STOP_IDLE = `
policies:
  - name: stop-idle
    match: { name: "dev-*", status: running }
    when: { idleFor: 30m }
    do: stop
    notice: 10m
    limits: { percent: "100%" }
`;

const beds = useBeds();

/** Since when a machine is up is known only from when it was first seen, so its half hour begins here. */
async function restHalfAnHour(bed: Bed): Promise<void> {
  await bed.round();
  await bed.roll(10 * MINUTE, 2);
  expect(bed.receiver.told()).toEqual([]);
  await bed.roll(10 * MINUTE, 1);
}

test('a machine with an idle Jupyter is announced, stopped when the notice is over, and confirmed', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [idle('a'), busy('b'), idle('other', { name: 'prod-x' })])],
    policies: { 'idle.yaml': STOP_IDLE },
  });
  await restHalfAnHour(bed);
  const announced = await bed.until('the stop is announced', () => bed.receiver.told('decision.announced')[0]);
  expect(announced).toMatchObject({
    account: 'hxy',
    provider: 'huixingyun',
    instance: { id: 'a', name: 'dev-a', status: 'running' },
    policy: 'stop-idle',
    action: 'stop',
    reason: 'notice',
  });
  await bed.roll(MINUTE, 9);
  expect(await bed.operations()).toEqual([]);

  const done = await bed.operationInTime('hxy/a', 'confirmed');
  expect(done).toMatchObject({ action: 'stop', policy: 'stop-idle', reason: 'seen' });
  expect(done.createdAt - NOON).toBeGreaterThanOrEqual((30 + 10) * MINUTE);
  expect(bed.sim.account('hxy').instance('a').status).toBe('stopped');
  expect(bed.sim.account('hxy').effects.filter(({ kind }) => kind === 'stop')).toHaveLength(1);
  expect(bed.sim.account('hxy').instance('b').status).toBe('running');
  expect(bed.sim.account('hxy').instance('other').status).toBe('running');
  await bed.until('the stop is told', () => bed.receiver.told('operation.confirmed')[0]);
  expect(await bed.metric('operations_total', { account: 'hxy', action: 'stop', outcome: 'confirmed' })).toBe(1);
});

test('activity during the notice cancels it, and it is announced anew when the machine has rested again', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [idle('a')])],
    policies: { 'idle.yaml': STOP_IDLE },
  });
  await restHalfAnHour(bed);
  await bed.until('the stop is announced', () => bed.receiver.told('decision.announced')[0]);
  bed.sim.account('hxy').instance('a').workload = alwaysBusy(bed.clock.now());
  await bed.roll(MINUTE, 12);
  expect(await bed.operations()).toEqual([]);
  expect(await bed.list('plan')).toEqual([]);

  bed.sim.account('hxy').instance('a').workload = alwaysIdle(bed.clock.now());
  await bed.roll(5 * MINUTE, 5);
  expect(bed.receiver.told('decision.announced')).toHaveLength(1);
  await bed.rollUntil('it is announced again', MINUTE, () => bed.receiver.told('decision.announced')[1]);
  const done = await bed.operationInTime('hxy/a', 'confirmed');
  expect(done.createdAt - NOON).toBeGreaterThanOrEqual((30 + 12 + 30 + 10) * MINUTE);
});

test('a hold during the notice cancels the stop until it is released', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [idle('a')])],
    policies: { 'idle.yaml': STOP_IDLE },
  });
  await restHalfAnHour(bed);
  await bed.until('the stop is announced', () => bed.receiver.told('decision.announced')[0]);
  const held = await bed.control('/api/v1/holds', {
    instance: 'hxy/a',
    for: '2h',
    reason: 'a demonstration',
    owner: 'wang',
  });
  expect(held.status).toBe(200);
  await bed.roll(MINUTE, 12);
  expect(await bed.operations()).toEqual([]);
  const plan = await bed.list('plan');
  expect(plan).toMatchObject([{ instance: 'hxy/a', policy: 'stop-idle', reason: 'hold' }]);
  expect(await bed.metric('decisions_total', { policy: 'stop-idle', reason: 'hold' })).toBeGreaterThan(0);
  expect(await bed.metric('holds_active')).toBe(1);

  const [hold] = await bed.list('holds');
  const released = await bed.http(`/api/v1/holds/${String(hold?.id)}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${bed.controlToken}` },
  });
  expect(released.status).toBe(200);
  await bed.rollUntil('it is announced again', MINUTE, () => bed.receiver.told('decision.announced')[1]);
  await bed.operationInTime('hxy/a', 'confirmed');
});

test('reports of the instance itself stop it, and a report of activity takes the stop back', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [idle('a'), idle('b')])],
    policies: { 'idle.yaml': STOP_IDLE },
    config: { activity: [{ match: 'all', probes: [{ push: { staleAfter: '10m' } }] }] },
  });
  await bed.round();
  // What they say of the time before anybody heard them proves nothing: they are listened to for the whole half hour.
  for (let minute = 0; minute <= 30; minute += 3) {
    expect(bed.receiver.told()).toEqual([]);
    expect(await bed.report('hxy/a', 'idle', NOON - 40 * MINUTE)).toBe(200);
    expect(await bed.report('hxy/b', 'idle', NOON - 40 * MINUTE)).toBe(200);
    if (minute < 30) await bed.roll(3 * MINUTE, 1);
  }
  await bed.round();
  await bed.until('both stops are announced', () => bed.receiver.told('decision.announced')[1]);
  for (let minute = 0; minute < 9; minute += 1) {
    bed.clock.pass(MINUTE);
    await bed.report('hxy/a', 'idle', NOON - 40 * MINUTE);
    await bed.report('hxy/b', 'idle', NOON - 40 * MINUTE);
    await bed.round();
  }
  await bed.report('hxy/b', 'active');
  bed.clock.pass(61 * SECOND);
  // Its last report is a minute old and nobody can go and ask: that is no reason to call anything off.
  await bed.round();
  const { id } = await bed.operation('hxy/a', 'armed');
  await bed.until('it was looked at', () =>
    bed.log.some((line) => line.includes('the evidence is') && line.includes(id)),
  );
  bed.clock.pass(30 * SECOND);
  const reportedAt = bed.clock.now();
  await bed.report('hxy/a', 'idle', NOON - 40 * MINUTE);
  const done = await bed.operationInTime('hxy/a', 'confirmed');
  expect(done).toMatchObject({ id, policy: 'stop-idle' });
  expect(done.sendingAt).toBeGreaterThanOrEqual(reportedAt);
  await bed.until('the other stop is off', () => bed.receiver.told('policy.notice')[0]);
  expect(bed.receiver.told('policy.notice')).toMatchObject([{ instance: { id: 'b' }, reason: 'activity' }]);
  expect(await bed.operations({ instance: 'hxy/b' })).toEqual([]);
  expect(bed.sim.account('hxy').instance('b').status).toBe('running');
});

test('a token of one instance cannot report for another, nor do anything else', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [idle('a'), idle('b')])],
    policies: { 'idle.yaml': STOP_IDLE },
    config: { activity: [{ match: 'all', probes: [{ push: null }] }] },
  });
  const token = bed.daemon.tokens?.tokenFor('hxy/a') ?? '';
  const forged = await bed.post('/api/v1/activity', { instance: 'hxy/b', verdict: 'idle' }, token);
  expect(forged.status).toBe(401);
  for (const path of ['/api/v1/pause', '/api/v1/holds', '/-/reload']) {
    expect((await bed.post(path, {}, token)).status).toBe(401);
  }
  expect(await bed.daemon.work.store.paused()).toBe(false);
});

test('a report that no rule asks for is refused with what to do, and not swallowed', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [idle('a')])],
    policies: { 'idle.yaml': STOP_IDLE },
  });
  await bed.round();
  const token = bed.daemon.tokens?.tokenFor('hxy/a') ?? '';
  const answer = await bed.post('/api/v1/activity', { instance: 'hxy/a', verdict: 'idle' }, token);
  expect(answer.status).toBe(404);
  expect(await answer.text()).toContain('no push probe judges hxy/a');
});

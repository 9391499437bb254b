import { expect, test } from 'vitest';
import { z } from 'zod';
import { alwaysBusy, alwaysIdle } from '../../src/simulator/workload.ts';
import { pass } from '../../src/work/pass.ts';
import { useBeds } from '../support/beds.ts';
import { HOUR, MINUTE, NOON } from '../support/clock.ts';
import { account, busy, GPU_4090, idle } from '../support/cloud.ts';
import type { Bed } from '../support/daemon.ts';

const STOP_IDLE = `
policies:
  - name: stop-idle
    match: { name: "dev-*", status: running }
    when: { idleFor: 30m }
    do: stop
    notice: 10m
    requireNotice: true
    limits: { percent: "100%" }
`;
const PRICES = { hxy: { prices: { [GPU_4090]: { hourly: 1.98, daily: 40, monthly: 900 } } } };

const beds = useBeds();

/** Until the half hour is over that it takes to prove it. */
async function restHalfAnHour(bed: Bed): Promise<void> {
  await bed.round();
  await bed.roll(5 * MINUTE, 6);
}

async function announced(bed: Bed, times = 1) {
  return await bed.until('the stop is announced', () => bed.receiver.told('decision.announced')[times - 1]);
}

const WHY = z.object({
  idle: z.object({
    verdict: z.string(),
    since: z.string().nullable(),
    watchedFrom: z.string().nullable(),
    nextCheckAt: z.string().nullable(),
    cause: z.string().nullable(),
    readings: z.array(
      z.object({ probe: z.string(), verdict: z.string(), age: z.string(), signals: z.array(z.unknown()) }),
    ),
    policies: z.array(
      z.object({
        policy: z.string(),
        provenFor: z.string(),
        countedSince: z.string().nullable(),
        eligibleAt: z.string().nullable(),
        blockers: z.array(z.object({ what: z.string(), until: z.string().nullable() })),
      }),
    ),
  }),
  shadows: z.array(z.object({ policy: z.string(), outcome: z.string(), savedYuan: z.string().nullable() })),
  operations: z.array(
    z.object({
      lastLook: z.object({ verdict: z.string(), readings: z.array(z.object({ probe: z.string() })) }).nullable(),
    }),
  ),
});

async function why(bed: Bed, instance = 'hxy/a') {
  const answer = await bed.http(`/api/v1/instances/${instance}`);
  expect(answer.status).toBe(200);
  return WHY.parse(await answer.json());
}

test('an announcement says what it costs and what is lost, and whoever was told hears that it is off', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [idle('a')])],
    policies: { 'idle.yaml': STOP_IDLE },
    accountConfig: PRICES,
    // Only announcements are wanted there; that one is off concerns the same people.
    config: { notifiers: { hook: { type: 'webhook', urlFile: 'secrets/hook', events: ['decision.announced'] } } },
  });
  await restHalfAnHour(bed);
  const told = await announced(bed);
  expect(told.details).toMatchObject({ costPerHour: '1.98', idleFor: '30m', lost: expect.stringContaining('memory') });
  expect(told.text).toMatch(/it has been idle since 2025-12-01T\d\d:\d\d:\d\d\+08:00 \(jupyter: \d kernels/);
  expect(told.text).toContain('it costs 1.98 yuan an hour; lost: everything in memory');
  bed.sim.account('hxy').instance('a').workload = alwaysBusy(bed.clock.now());
  await bed.roll(5 * MINUTE, 1);
  const off = await bed.until('it is off', () => bed.receiver.told('policy.notice')[0]);
  expect(off).toMatchObject({ instance: { id: 'a' }, policy: 'stop-idle', reason: 'activity' });
  expect(off.text).toContain('is off: activity');
  expect(await bed.operations()).toEqual([]);
});

test('work that begins between the decision and the act is seen at the last look, and the stop is called off and told', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [idle('a')])],
    policies: { 'idle.yaml': STOP_IDLE },
  });
  await restHalfAnHour(bed);
  await announced(bed);
  await bed.roll(5 * MINUTE, 1);
  bed.clock.pass(4 * MINUTE);
  await bed.round();
  // Decided on what was read a minute ago, while it has begun to work since.
  bed.clock.pass(MINUTE);
  bed.sim.account('hxy').instance('a').workload = alwaysBusy(bed.clock.now());
  await pass(bed.daemon.work, 'hxy', new AbortController().signal);
  const off = await bed.operation('hxy/a', 'cancelled');
  expect(off).toMatchObject({ reason: 'activity', detail: { kind: 'at-work-again' }, sendingAt: null });
  const told = await bed.until('it is off', () => bed.receiver.told('policy.notice')[0]);
  expect(told).toMatchObject({ reason: 'activity', policy: 'stop-idle' });
  expect(told.details).toMatchObject({ operation: off.id });
  expect(bed.sim.account('hxy').instance('a').status).toBe('running');
});

test('a stop that needs its notice waits while nobody can be told', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [idle('a')])],
    policies: { 'idle.yaml': STOP_IDLE },
  });
  bed.receiver.refusals.push(...Array.from({ length: 1_000 }, () => 400));
  await restHalfAnHour(bed);
  await bed.roll(MINUTE, 12);
  expect(bed.receiver.bodies.length).toBeGreaterThan(0);
  expect(await bed.operations()).toEqual([]);
  expect(await bed.list('plan')).toMatchObject([
    { reason: 'notice', detail: 'announced, but no notifier has taken the announcement' },
  ]);
  bed.receiver.refusals.length = 0;
  // It is announced anew when the deadline is long over, and now somebody hears it.
  const done = await bed.operationInTime('hxy/a', 'confirmed', undefined, MINUTE);
  expect(bed.receiver.told('decision.announced')).toHaveLength(1);
  expect(done.evidence).toMatchObject({ announcedAt: expect.stringContaining('2025-12-01') });
});

test('why tells what was read, when it may be stopped and what is in the way, and later what the stop rested on', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [idle('a'), busy('b')])],
    policies: { 'idle.yaml': STOP_IDLE },
  });
  await bed.round();
  await bed.roll(5 * MINUTE, 2);
  const now = await why(bed);
  // Nobody is asked for it; a look of the daemon's own may come in between, but not each time.
  const asked: number[] = [];
  for (let time = 0; time < 3 && !asked.includes(0); time += 1) {
    const before = bed.sim.calls.length;
    await why(bed);
    asked.push(bed.sim.calls.length - before);
  }
  expect(asked).toContain(0);
  expect(now.idle).toMatchObject({ verdict: 'idle', watchedFrom: new Date(NOON).toISOString().replace('.000', '') });
  expect(now.idle.readings).toMatchObject([{ probe: 'jupyter', verdict: 'idle', age: '0s' }]);
  expect(now.idle.readings[0]?.signals.length).toBeGreaterThan(0);
  const eligible = new Date(NOON + 30 * MINUTE).toISOString().replace('.000', '');
  expect(now.idle.policies).toMatchObject([
    {
      policy: 'stop-idle',
      provenFor: '10m',
      eligibleAt: eligible,
      blockers: [{ what: 'not-idle-long-enough', until: eligible }, { what: 'minimum-uptime' }],
    },
  ]);
  expect((await why(bed, 'hxy/b')).idle.policies).toMatchObject([
    { eligibleAt: null, blockers: [{ what: 'working' }, {}] },
  ]);

  await bed.roll(5 * MINUTE, 4);
  const done = await bed.operationInTime('hxy/a', 'confirmed');
  expect((await why(bed)).operations).toMatchObject([
    { lastLook: { verdict: 'idle', readings: [{ probe: 'jupyter' }] } },
  ]);
  const one = await bed.http(`/api/v1/operations/${done.id}`);
  expect(await one.json()).toMatchObject({ lastLook: { verdict: 'idle', readings: [{ probe: 'jupyter' }] } });
  expect((await bed.http('/api/v1/instances/hxy/nobody')).status).toBe(404);
});

test('a daemon that comes back begins to count anew, with or without a hole in what it saw', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [idle('a')])],
    policies: { 'idle.yaml': STOP_IDLE },
  });
  await bed.round();
  await bed.roll(5 * MINUTE, 4);
  expect((await why(bed)).idle.policies).toMatchObject([{ provenFor: '20m', countedSince: 'boot' }]);
  await bed.stopDaemon();
  await bed.start();
  await bed.roll(5 * MINUTE, 1);
  expect((await why(bed)).idle.policies).toMatchObject([{ provenFor: '5m', countedSince: 'daemon-start' }]);
  // One beside it has looked all the while, so that a further one that comes changes nothing.
  await bed.start();
  await bed.roll(5 * MINUTE, 1);
  expect((await why(bed)).idle.policies).toMatchObject([{ provenFor: '10m' }]);
  await bed.stopDaemon();
  await bed.stopDaemon();
  bed.clock.pass(HOUR);
  await bed.start();
  await bed.round();
  expect((await why(bed)).idle.policies).toMatchObject([{ provenFor: '0s' }]);
  expect(bed.receiver.told()).toEqual([]);
});

test('the end of a hold and a changed policy begin the idle clock anew', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [idle('a')])],
    policies: { 'idle.yaml': STOP_IDLE },
  });
  await bed.round();
  await bed.roll(5 * MINUTE, 2);
  await bed.writePolicy('idle.yaml', STOP_IDLE.replace('30m', '20m'));
  expect(await bed.daemon.reload()).toMatchObject({ kind: 'done' });
  await bed.roll(5 * MINUTE, 1);
  expect((await why(bed)).idle.policies).toMatchObject([{ provenFor: '5m' }]);
  await bed.control('/api/v1/holds', { instance: 'hxy/a', for: '5m', reason: 'a demonstration', owner: 'wang' });
  await bed.roll(5 * MINUTE, 2);
  expect((await why(bed)).idle.policies).toMatchObject([{ provenFor: '5m' }]);
});

test('an observing policy tells what it would have stopped, once for each stretch, and how often it would have been wrong', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [idle('a'), idle('b')])],
    policies: { 'idle.yaml': STOP_IDLE.replace('    when:', '    mode: observe\n    when:') },
    accountConfig: PRICES,
  });
  await restHalfAnHour(bed);
  expect(await bed.list('plan')).toMatchObject([{ reason: 'observe' }, { reason: 'observe' }]);
  await bed.roll(5 * MINUTE, 3);
  // It would have been stopped ten minutes after its notice, five minutes ago.
  bed.sim.account('hxy').instance('b').workload = alwaysBusy(bed.clock.now() - MINUTE);
  await bed.roll(5 * MINUTE, 1);
  bed.sim.account('hxy').instance('b').workload = alwaysIdle(bed.clock.now());
  await bed.roll(5 * MINUTE, 5);
  expect(await bed.metric('shadow_stops_total', { policy: 'stop-idle', outcome: 'wrong' })).toBe(1);
  expect(await bed.metric('shadow_stops_total', { policy: 'stop-idle', outcome: 'right' })).toBe(1);
  expect((await why(bed)).shadows).toMatchObject([{ policy: 'stop-idle', outcome: 'right' }]);
  await bed.roll(5 * MINUTE, 12);
  // The same stretch counts once, and the one that began anew after its work is another.
  expect(await bed.list('policies')).toMatchObject([
    { name: 'stop-idle', observed: { stops: 3, right: 2, wrong: 1, unknown: 0, open: 0 } },
  ]);
  const saved = await bed.metric('shadow_saved_yuan_total', { policy: 'stop-idle' });
  expect(saved).toBeGreaterThan(2.5);
  expect(saved).toBeLessThan(5);
  expect((await bed.list('plan'))[0]?.detail).toContain('Observed so far: 3 stops, 1 of them wrong');
  expect(await bed.operations()).toEqual([]);
  expect(bed.receiver.told()).toEqual([]);
});

test('machines of which nobody can tell for half an hour are told of once, all together, and again when it happens again', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [idle('a'), idle('b'), idle('c', { name: 'prod-c' })])],
    policies: { 'idle.yaml': STOP_IDLE },
    accountConfig: { hxy: { prices: { [GPU_4090]: { hourly: 6, daily: 100, monthly: 2000 } } } },
  });
  await bed.round();
  const blind = bed.sim.faults.add({
    kind: 'http-status',
    operation: 'jupyter-kernels',
    status: 500,
    times: Number.POSITIVE_INFINITY,
  });
  await bed.roll(5 * MINUTE, 5);
  expect(bed.receiver.told()).toEqual([]);
  await bed.roll(5 * MINUTE, 4);
  const told = await bed.until('it is told', () => bed.receiver.told('policy.notice')[0]);
  expect(told).toMatchObject({ reason: 'unknown-activity', account: 'hxy', details: { instances: 2 } });
  expect(told.text).toContain('dev-a (hxy/a): bad-answer (jupyter: api/kernels answered 500)');
  expect((await why(bed)).idle).toMatchObject({ verdict: 'unknown', cause: 'jupyter: api/kernels answered 500' });
  expect(told.severity).toBe('warning');
  expect(await bed.metric('account_blind_instances', { account: 'hxy' })).toBe(2);
  await bed.roll(30 * MINUTE, 4);
  expect(bed.receiver.told()).toHaveLength(1);
  // Three hours, and together they are dear: that wakes somebody.
  await bed.roll(30 * MINUTE, 1);
  const dear = await bed.until('it is told loudly', () => bed.receiver.told('policy.notice')[1]);
  expect(dear).toMatchObject({ severity: 'critical', reason: 'unknown-activity', details: { costPerHour: '12.00' } });
  expect(dear.text).toContain('nobody could tell for 3h what 2 instances of hxy do');
  await bed.roll(30 * MINUTE, 1);
  expect(bed.receiver.told()).toHaveLength(2);
  blind.remove();
  await bed.roll(5 * MINUTE, 2);
  bed.sim.faults.add({
    kind: 'http-status',
    operation: 'jupyter-kernels',
    status: 500,
    times: Number.POSITIVE_INFINITY,
  });
  await bed.roll(5 * MINUTE, 8);
  await bed.until('it is told again', () => bed.receiver.told('policy.notice')[2]);
  expect(await bed.operations()).toEqual([]);
});

test('a machine that somebody starts soon after its stop is left alone for longer, and people hear that the policy may be wrong', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [idle('a')])],
    policies: { 'idle.yaml': STOP_IDLE },
  });
  await restHalfAnHour(bed);
  await announced(bed);
  await bed.roll(5 * MINUTE, 1);
  await bed.operationInTime('hxy/a', 'confirmed');
  await bed.roll(MINUTE, 2);
  const machine = bed.sim.account('hxy').instance('a');
  machine.status = 'running';
  machine.startedAt = bed.clock.now();
  machine.workload = alwaysIdle(bed.clock.now());
  // It is seen to be up a minute later.
  const startedAt = bed.clock.now();
  await bed.roll(MINUTE, 1);
  const told = await bed.until('it is told', () => bed.receiver.told('policy.notice')[0]);
  expect(told).toMatchObject({
    policy: 'stop-idle',
    reason: 'minimum-uptime',
    details: { restarts: 1, aloneFor: '1h' },
  });
  await bed.roll(5 * MINUTE, 9);
  expect((await why(bed)).idle.policies).toMatchObject([
    {
      provenFor: '30m',
      blockers: [
        { what: 'minimum-uptime', until: new Date(startedAt + MINUTE + HOUR).toISOString().replace('.000', '') },
      ],
    },
  ]);
  expect(await bed.list('plan')).toMatchObject([{ reason: 'minimum-uptime' }]);
  expect(bed.receiver.told('decision.announced')).toHaveLength(1);
  await bed.roll(5 * MINUTE, 4);
  await announced(bed, 2);
  expect(bed.receiver.told('policy.notice')).toHaveLength(1);
});

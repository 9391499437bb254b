import { afterEach, beforeEach, test } from 'vitest';
import { AddressGuard } from '../../src/activity/address-guard.ts';
import { JupyterProbe } from '../../src/activity/jupyter-probe.ts';
import type { Clock } from '../../src/fleet/clock.ts';
import { busyOnce } from '../../src/simulator/workload.ts';
import { Bed, HOUR, MINUTE, NOON } from '../simulator/bed.ts';
import { expect } from '../support/in-words.ts';
import { forever, instance } from './fleet.ts';

let bed: Bed;
beforeEach(async () => {
  bed = new Bed();
  await bed.sim.start();
});
afterEach(() => bed.sim.stop());

/** Our clock, `aheadMs` ahead of the cloud's. */
function probe(aheadMs = 0): JupyterProbe {
  const clock: Clock = {
    now: () => bed.clock.now() + aheadMs,
    monotonic: () => bed.clock.now(),
    sleep: () => Promise.resolve(),
    toReal: (ms) => ms,
  };
  return new JupyterProbe({
    url: `${bed.sim.origin}/jupyter/{account}/{id}/`,
    token: () => 'jt',
    guard: new AddressGuard([]),
    clock,
  });
}

async function serverActivityAt(): Promise<unknown> {
  const { body } = await bed.send('/jupyter/cy/inst_a/api/status', { headers: { authorization: 'token jt' } });
  return typeof body === 'object' && body !== null && 'last_activity' in body ? body.last_activity : null;
}

beforeEach(() => {
  const machine = bed.sim.account('cy').instance('inst_a');
  machine.jupyterToken = 'jt';
  machine.workload = busyOnce(NOON, 10 * MINUTE);
  bed.clock.pass(HOUR);
});

test('a hundred readings do not move what they read', async () => {
  const before = await serverActivityAt();
  for (let round = 0; round < 100; round += 1) {
    bed.clock.pass(MINUTE);
    expect(await probe().read(instance(), forever())).toMatchObject({
      verdict: 'idle',
      lastActiveAt: NOON + 10 * MINUTE,
    });
  }
  expect(await serverActivityAt()).toBe(before);
});

test('the same request without the mark would have moved it', async () => {
  const before = await serverActivityAt();
  bed.clock.pass(MINUTE);
  await bed.send('/jupyter/cy/inst_a/api/kernels', { headers: { authorization: 'token jt' } });
  expect(await serverActivityAt()).not.toBe(before);
});

test('the Date of the answers is that of the cloud’s clock, so a clock of ours that is wrong changes nothing', async () => {
  const { headers } = await bed.send('/jupyter/cy/inst_a/api/kernels?no_track_activity=1', {});
  expect(Date.parse(headers.get('date') ?? '')).toBe(bed.clock.now());
  for (const aheadMs of [-HOUR, HOUR]) {
    const got = await probe(aheadMs).read(instance(), forever());
    expect(got).toMatchObject({ verdict: 'idle', lastActiveAt: NOON + aheadMs + 10 * MINUTE });
  }
});

test('a kernel at work without a word is still at work', async () => {
  bed.sim.account('cy').instance('inst_a').workload = busyOnce(NOON, 5 * HOUR, { silent: true });
  expect(await probe().read(instance(), forever())).toMatchObject({ verdict: 'active', lastActiveAt: bed.clock.now() });
});

test('a wrong token and a machine that is down are unknown', async () => {
  bed.sim.account('cy').instance('inst_a').jupyterToken = 'another';
  expect(await probe().read(instance(), forever())).toMatchObject({ verdict: 'unknown', reason: 'unauthorised' });
  bed.sim.account('cy').instance('inst_a').status = 'stopped';
  expect(await probe().read(instance(), forever())).toMatchObject({ verdict: 'unknown', reason: 'bad-answer' });
});

import { afterEach, beforeEach, test } from 'vitest';
import { AddressGuard } from '../../src/activity/address-guard.ts';
import { ServiceProbe } from '../../src/activity/service-probe.ts';
import { serviceRules } from '../../src/activity/service-rules.ts';
import type { ProbeReading } from '../../src/fleet/activity.ts';
import { busyCycle } from '../../src/simulator/workload.ts';
import { Bed, HOUR, MINUTE, NOON } from '../simulator/bed.ts';
import { expect } from '../support/in-words.ts';
import { forever, instance } from './fleet.ts';

let bed: Bed;
beforeEach(async () => {
  bed = new Bed();
  await bed.sim.start();
  bed.sim.account('cy').instance('inst_a').workload = busyCycle(NOON, 10 * MINUTE, 50 * MINUTE);
});
afterEach(() => bed.sim.stop());

test.each([
  ['comfyui', NOON + 10 * MINUTE],
  ['sd-webui', null],
  ['vllm', null],
] as const)('the demo’s %s is understood: at work, at rest, and at work between two looks', async (kind, endedAt) => {
  const probe = new ServiceProbe(serviceRules(kind), {
    url: `${bed.sim.origin}/${kind}/{account}/{id}/`,
    token: () => null,
    optional: false,
    guard: new AddressGuard([]),
    clock: {
      now: () => bed.clock.now(),
      monotonic: () => bed.clock.now(),
      sleep: () => Promise.resolve(),
      toReal: (ms) => ms,
    },
  });
  let previous: ProbeReading | undefined;
  const look = async (): Promise<ProbeReading> => {
    previous = await probe.read(instance(), forever(), previous);
    return previous;
  };
  bed.clock.pass(5 * MINUTE);
  expect(await look()).toMatchObject({ verdict: 'active' });
  bed.clock.pass(10 * MINUTE);
  await look();
  expect(await look()).toMatchObject({ verdict: 'idle', lastActiveAt: endedAt });
  bed.clock.pass(HOUR);
  expect(await look()).toMatchObject({ verdict: 'active' });
  bed.sim.account('cy').instance('inst_a').status = 'stopped';
  expect(await look()).toMatchObject({ verdict: 'unknown', reason: 'bad-answer' });
});

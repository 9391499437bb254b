import { expect, test } from 'vitest';
import { alwaysBusy } from '../../src/simulator/workload.ts';
import { account, idle, MINUTE, NOON, SECOND, useFaultBeds } from './harness.ts';

const beds = useFaultBeds();
const STOP_IDLE = {
  'stop-idle.yaml': `
policies:
  - name: stop-idle
    match: { name: "dev-*" }
    when: { idleFor: 5m }
    do: stop
    minimumUptime: 1m
`,
};

test('L3: ten minutes pass between deciding and acting; the machine has work again, and is not stopped', async () => {
  const bed = await beds.prepare({
    accounts: [account('chenyu', [idle('a', { jupyterToken: null })])],
    policies: STOP_IDLE,
  });
  const child = await bed.spawnFaulty({ strikes: [{ point: 'after-arm', do: 'wait' }] });
  await bed.attend('the stop is armed, and the daemon goes no further', 20 * SECOND, () => child.reached('after-arm'));
  const [armed] = await bed.operations();
  expect(armed).toMatchObject({ state: 'armed', action: 'stop' });
  await bed.pass(10 * MINUTE);
  bed.sim.account('cy').instance('a').workload = alwaysBusy(bed.clock.now() - SECOND);
  child.go();
  const off = await bed.attend('it is called off', SECOND, async () =>
    (await bed.operations()).find(({ state }) => state === 'cancelled'),
  );
  expect(['activity', 'unknown-activity', 'no-longer-due']).toContain(off.reason);
  expect(off.detail).not.toBe('');
  expect(child.stderr).toContain(`"reason":"${off.reason}"`);
  const from = bed.clock.now();
  await bed.attend('ten more minutes', MINUTE, () => bed.clock.now() > from + 10 * MINUTE);
  expect(bed.sim.calls.filter(({ operation }) => operation === 'stop')).toEqual([]);
  expect(bed.sim.account('cy').instance('a').status).toBe('running');
  await bed.expectSound();
});

test('L3: of a machine that was idle all the time the same delay only puts the stop off', async () => {
  const bed = await beds.prepare({
    accounts: [account('chenyu', [idle('a', { jupyterToken: null })])],
    policies: STOP_IDLE,
  });
  const child = await bed.spawnFaulty({ strikes: [{ point: 'after-arm', do: 'wait' }] });
  await bed.attend('it goes no further', 20 * SECOND, () => child.reached('after-arm'));
  await bed.pass(10 * MINUTE);
  child.go();
  await bed.attend('it is stopped', 20 * SECOND, async () =>
    (await bed.operations()).find(({ state }) => state === 'confirmed'),
  );
  expect(bed.clock.now()).toBeGreaterThan(NOON + 10 * MINUTE);
  await bed.expectSound();
});

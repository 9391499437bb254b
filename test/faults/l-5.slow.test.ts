import { expect, test } from 'vitest';
import { ActivityTokens } from '../../src/activity/push-probe.ts';
import { account, busy, type FaultBed, type FaultChild, HOUR, MINUTE, SECOND, useFaultBeds } from './harness.ts';

const beds = useFaultBeds();
const STOP_IDLE = {
  'stop-idle.yaml': `
policies:
  - name: stop-idle
    match: { name: "dev-*" }
    when: { idleFor: 10m }
    do: stop
    minimumUptime: 1m
    limits: { percent: "100%" }
`,
};

/** What the agent in a machine reports; answers the HTTP status. */
async function report(bed: FaultBed, child: FaultChild, id: string, body: object): Promise<number> {
  const instance = `hxy/${id}`;
  const response = await fetch(`${child.origin}/api/v1/activity`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${new ActivityTokens(bed.controlToken).tokenFor(instance)}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ instance, ...body }),
  });
  await response.body?.cancel();
  return response.status;
}

test('L5: where reports are missing, no numbers, one only, stale, or of an agent that began anew, nothing is stopped', async () => {
  const names = ['missing', 'odd', 'once', 'stale', 'anew', 'sure'];
  const bed = await beds.prepare({
    accounts: [
      account(
        'huixingyun',
        names.map((name) => busy(name)),
      ),
    ],
    policies: STOP_IDLE,
    config: { activity: [{ match: { provider: 'huixingyun' }, probes: [{ push: null }] }] },
  });
  const child = await bed.spawnFaulty();
  await bed.attend('all are listed', SECOND, async () => (await bed.metricOf(child, 'snapshot_instances')) === 6);
  const ago = (ms: number) => new Date(bed.clock.now() - ms).toISOString();
  expect(await report(bed, child, 'once', { verdict: 'idle' })).toBeLessThan(300);
  expect(await report(bed, child, 'stale', { verdict: 'idle', lastActiveAt: ago(3 * HOUR) })).toBeLessThan(300);
  const odd: readonly object[] = [
    { verdict: 'idle', lastActiveAt: 'NaN' },
    { verdict: 'idle', lastActiveAt: Number.NaN },
    { verdict: 'idle', lastActiveAt: 0 },
    { verdict: Number.NaN },
    { verdict: 'asleep' },
    {},
  ];
  for (const body of odd) expect(await report(bed, child, 'odd', body), JSON.stringify(body)).toBe(400);
  // No agent can say that it was idle before the machine was last seen to come up, nor in the future.
  const from = bed.clock.now();
  let minute = 0;
  const stopped = await bed.attend('the one that is surely idle is stopped', 20 * SECOND, async () => {
    if (bed.clock.now() >= from + minute * MINUTE) {
      minute += 1;
      await report(bed, child, 'sure', { verdict: 'idle', lastActiveAt: ago(2 * HOUR) });
      // It begins anew again and again, says once that all is quiet, and then nothing for a while.
      if (minute % 7 === 1) await report(bed, child, 'anew', { verdict: 'idle' });
    }
    return (await bed.operations()).find(({ state }) => state === 'confirmed');
  });
  expect(stopped.instance).toBe('hxy/sure');
  expect(bed.clock.now() - from).toBeGreaterThan(10 * MINUTE);
  expect((await bed.operations()).filter(({ instance }) => instance !== 'hxy/sure')).toEqual([]);
  const listed = await bed.listOf(child, 'instances');
  for (const name of ['missing', 'odd', 'once', 'stale']) {
    expect(listed.find(({ id }) => id === name)?.activity, name).toMatchObject({ verdict: 'unknown' });
  }
  expect(new Set(bed.sim.calls.map(({ operation }) => operation))).toEqual(new Set(['list', 'stop']));
  await bed.expectSound();
});

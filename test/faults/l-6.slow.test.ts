import { expect, test } from 'vitest';
import type { SimInstanceSeed } from '../../src/simulator/sim-instance.ts';
import { Front, relist } from './front.ts';
import { account, DAY, type FaultBed, HOUR, MINUTE, NOON, SECOND, useFaultBeds } from './harness.ts';

const beds = useFaultBeds();
const SWEEP = {
  'sweep.yaml': `
policies:
  - name: sweep
    match: { name: "old-*", status: stopped }
    when: { stoppedFor: 10m }
    do: destroy
    limits: { percent: "100%" }
`,
};

function old(id: string): SimInstanceSeed {
  return { id, name: `old-${id}`, status: 'stopped', billing: 'hourly', createdAt: NOON - 9 * DAY };
}

async function prepare(front: Front, ids: readonly string[]): Promise<FaultBed> {
  const bed = await beds.prepare({
    accounts: [account('huixingyun', ids.map(old))],
    policies: SWEEP,
    accountConfig: { hxy: { baseUrl: front.origin, actions: ['start', 'stop', 'destroy'] } },
  });
  front.target = bed.sim.origin;
  return bed;
}

/** From now on the machine of this id is another one: made a minute ago. */
function replace(front: Front, bed: FaultBed, id: string): void {
  const made = new Date(bed.clock.now() - MINUTE + 8 * HOUR).toISOString().slice(0, 19);
  const change = relist((rows) => rows.map((row) => (row.gid === id ? { ...row, create_at: `${made}+08:00` } : row)));
  front.add('/list', change, Number.POSITIVE_INFINITY);
}

function destroyed(bed: FaultBed): readonly string[] {
  return bed.sim.calls.filter(({ operation }) => operation === 'destroy').flatMap(({ ids }) => ids);
}

test('L6: of what was marked for a day only that is destroyed which is still the same and still unused', async () => {
  const front = await new Front().start();
  const bed = await prepare(front, ['reused', 'wanted', 'left']);
  await bed.spawnFaulty();
  const announced = (id: string) =>
    bed.receiver.told('decision.announced').filter(({ instance }) => JSON.stringify(instance).includes(`"${id}"`));
  await bed.attend('all are announced', MINUTE, () => bed.receiver.told('decision.announced').length === 3);
  const begunAt = bed.clock.now();
  expect(await bed.operations()).toEqual([]);
  await bed.pass(22 * HOUR);
  replace(front, bed, 'reused');
  // Its owner starts it, looks into it, and stops it again.
  bed.sim.account('hxy').instance('wanted').status = 'running';
  const from = bed.clock.now();
  await bed.attend('that was seen', 20 * SECOND, () => bed.clock.now() > from + 3 * MINUTE);
  bed.sim.account('hxy').instance('wanted').status = 'stopped';
  await bed.pass(2 * HOUR - 5 * MINUTE);
  await bed.attend('the one that is left is destroyed', 20 * SECOND, async () =>
    (await bed.operations()).find(({ state }) => state === 'confirmed'),
  );
  // Both are marked anew, for a day from when they were last seen as they are.
  await bed.attend('both are announced again', MINUTE, () =>
    ['reused', 'wanted'].every((id) => announced(id).length === 2),
  );
  const until = bed.clock.now() + 20 * MINUTE;
  await bed.attend('a while passes', 2 * MINUTE, () => bed.clock.now() > until);
  expect(bed.clock.now()).toBeGreaterThan(begunAt + DAY);
  expect(destroyed(bed)).toEqual(['left']);
  await bed.expectSound();
  await front.stop();
});

test('L6: the id goes to a new machine after the decision: the request is not sent', async () => {
  const front = await new Front().start();
  const bed = await prepare(front, ['reused']);
  const child = await bed.spawnFaulty({ strikes: [{ point: 'after-arm', do: 'wait' }] });
  await bed.attend('it is announced', MINUTE, () => bed.receiver.told('decision.announced').length === 1);
  await bed.pass(DAY);
  await bed.attend('it is armed', 20 * SECOND, () => child.reached('after-arm'));
  replace(front, bed, 'reused');
  child.go();
  const off = await bed.until('it is called off', async () => {
    const [operation] = await bed.operations();
    return operation !== undefined && operation.state !== 'armed' && operation;
  });
  expect(off).toMatchObject({ state: 'superseded', reason: 'changed', detail: { kind: 'another-machine' } });
  expect(destroyed(bed)).toEqual([]);
  expect(bed.sim.account('hxy').has('reused')).toBe(true);
  await bed.expectSound();
  await front.stop();
});

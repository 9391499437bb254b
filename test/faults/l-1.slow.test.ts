import { expect, test } from 'vitest';
import { runCommand } from '../support/command.ts';
import { Front, relist } from './front.ts';
import { account, busy, type FaultBed, MINUTE, SECOND, useFaultBeds } from './harness.ts';

const beds = useFaultBeds();

/** From half past twelve on, half an hour after these cases begin. */
const LIGHTS_OUT = {
  'lights-out.yaml': `
policies:
  - name: lights-out
    match: { name: "dev-*", status: running }
    when: { during: "Mon-Sun 12:30-20:00" }
    do: stop
    limits: { perPass: 50 }
`,
};

async function prepare(front: Front, machines: number): Promise<FaultBed> {
  const bed = await beds.prepare({
    accounts: [
      account(
        'huixingyun',
        Array.from({ length: machines }, (_, index) =>
          busy(`m${index}`, { name: index < 3 ? `dev-${index}` : 'other' }),
        ),
      ),
    ],
    policies: LIGHTS_OUT,
    accountConfig: { hxy: { baseUrl: front.origin, actions: ['stop', 'start', 'renew', 'destroy', 'create'] } },
  });
  front.target = bed.sim.origin;
  return bed;
}

/** How many machines were stopped, whatever was called off in between. */
async function stopped(bed: FaultBed): Promise<number> {
  return (await bed.operations()).filter(({ state }) => state === 'confirmed').length;
}

test('L1: of 40 machines a listing shows none, then half: nothing is stopped, destroyed or bought until it is believed', async () => {
  const front = await new Front().start();
  const bed = await prepare(front, 40);
  const child = await bed.spawnFaulty();
  await bed.attend('all are listed', SECOND, async () => (await bed.metricOf(child, 'snapshot_instances')) === 40);

  let shown = 0;
  front.add(
    '/list',
    relist((rows) => rows.slice(0, shown)),
    Number.POSITIVE_INFINITY,
  );
  const told = await bed.attend('it is quarantined', 20 * SECOND, () => bed.receiver.told('snapshot.quarantined')[0]);
  expect(told).toMatchObject({ account: 'hxy', severity: 'critical', reason: 'shrunken-snapshot' });
  // The hour comes, and nothing is done on an empty word; however often it is said.
  const openedAt = bed.clock.now() + 30 * MINUTE;
  await bed.pass(30 * MINUTE);
  await bed.attend('five minutes later', 20 * SECOND, () => bed.clock.now() > openedAt + 5 * MINUTE);
  expect(await bed.operations()).toEqual([]);
  expect(await bed.metricOf(child, 'decisions_total', { reason: 'shrunken-snapshot' })).toBeGreaterThan(0);
  expect(await bed.metricOf(child, 'snapshot_complete')).toBe(0);
  // They are all still known, and none is taken for gone.
  expect(await bed.metricOf(child, 'snapshot_instances')).toBe(40);

  shown = 20;
  const halfAt = bed.clock.now();
  const first = await bed.attend('what is left is acted on', 15 * SECOND, async () => (await bed.operations())[0]);
  // Not before two more listings, a minute apart, have said the same.
  expect(first.createdAt - halfAt).toBeGreaterThanOrEqual(2 * MINUTE - 30 * SECOND);
  await bed.attend('what is left is stopped', 20 * SECOND, async () => (await stopped(bed)) === 3);
  const acts = bed.sim.calls.filter(({ operation }) => operation !== 'list' && operation !== 'jupyter-kernels');
  expect(new Set(acts.map(({ operation }) => operation))).toEqual(new Set(['stop']));
  expect(new Set(acts.flatMap(({ ids }) => ids)).size).toBe(3);
  await bed.expectSound();
  await front.stop();
});

test('L1: less than half is believed by nobody but a person', async () => {
  const front = await new Front().start();
  const bed = await prepare(front, 10);
  const child = await bed.spawnFaulty();
  await bed.attend('all are listed', SECOND, async () => (await bed.metricOf(child, 'snapshot_instances')) === 10);
  front.add(
    '/list',
    relist((rows) => rows.slice(0, 4)),
    Number.POSITIVE_INFINITY,
  );
  await bed.attend('it is quarantined', 20 * SECOND, () => bed.receiver.told('snapshot.quarantined')[0]);
  const from = bed.clock.now();
  await bed.pass(30 * MINUTE);
  await bed.attend('ten minutes later', 30 * SECOND, () => bed.clock.now() > from + 40 * MINUTE);
  expect(await bed.operations()).toEqual([]);

  const reconcile = ['--config', bed.configFile, 'reconcile', '--listing', 'hxy'];
  const unsure = await runCommand(reconcile, { cwd: bed.dir });
  expect(unsure.code).not.toBe(0);
  expect(unsure.err).toContain('hxy lists 4 instances and had more');
  expect((await runCommand([...reconcile, '--yes'], { cwd: bed.dir })).code).toBe(0);
  await bed.attend('what is left is stopped', 20 * SECOND, async () => (await stopped(bed)) === 3);
  await bed.expectSound();
  await front.stop();
});

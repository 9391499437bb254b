import { afterEach, expect, test } from 'vitest';
import { demoFleet } from '../../src/simulator/demo-fleet.ts';
import { parseSavedState } from '../../src/simulator/saved-state.ts';
import { Simulator } from '../../src/simulator/simulator.ts';
import { Bed, DAY, HOUR, MINUTE, NOON, SECOND } from './bed.ts';

const beds: Bed[] = [];
afterEach(async () => {
  await Promise.all(beds.splice(0).map((bed) => bed.sim.stop()));
});

async function startedBed(options: ConstructorParameters<typeof Bed>[0] = {}): Promise<Bed> {
  const bed = new Bed(options);
  beds.push(bed);
  await bed.sim.start();
  return bed;
}

test('a simulator goes on where another left off', async () => {
  const first = await startedBed();
  await first.hxy('/gpu/instances/stop', { gid: 'gpu-hourly', card_less: true });
  await first.hxy('/gpu/instance/snapshot', { gid: 'gpu-daily', name: 'kept' });
  first.sim.faults.add({ kind: 'delayed-effect', delayMs: HOUR, operation: 'renew' });
  await first.hxy('/gpu/instances/renew', { gid: 'gpu-daily', pay_period: 1 });
  await first.cy('/instance/shutdown_timer', {
    instance_uuid: 'inst_a',
    enable: true,
    shutdown_time: (NOON + 30 * MINUTE) / 1000,
  });
  first.clock.pass(10 * SECOND);
  const state = parseSavedState(JSON.parse(JSON.stringify(first.sim.save())));

  const second = await startedBed({ state });
  const hxy = second.sim.account('hxy');
  expect(hxy.instance('gpu-hourly').status).toBe('stopping');
  second.clock.pass(2 * HOUR);
  expect(hxy.instance('gpu-hourly')).toMatchObject({ status: 'stopped', cardless: true });
  expect(second.sim.account('cy').instance('inst_a').status).toBe('stopped');
  expect(hxy.commits).toMatchObject([{ kind: 'renew', at: NOON + HOUR }]);
  expect(hxy.instance('gpu-daily').expiresAt).toBe(NOON + 6 * HOUR + DAY);
  expect((await second.hxy('/gpu/images/mine', { room_name: '105' })).body).toMatchObject({ total_items: 1 });

  first.clock.pass(2 * HOUR - 10 * SECOND);
  expect(second.sim.save().accounts.map((account) => account.balanceFen)).toEqual(
    first.sim.save().accounts.map((account) => account.balanceFen),
  );
});

test('accounts that the state does not know begin from their seed', () => {
  const { sim } = new Bed();
  const [kept] = sim.save().accounts;
  const partial = { version: 1 as const, seq: 7, accounts: kept === undefined ? [] : [kept] };
  const bed = new Bed({ state: partial });
  expect(bed.sim.accounts.map((account) => account.name)).toEqual(['hxy', 'cy', 'cy1']);
  expect(bed.sim.nextSeq()).toBe(8);
});

test('a foreign state is refused with the place', () => {
  expect(() => parseSavedState({ version: 2, seq: 0, accounts: [] })).toThrow(/version/);
  expect(() => parseSavedState(null)).toThrow(/not a saved state/);
});

test('the demo fleet is some forty instances, always under the same ids, and can be saved', () => {
  const fleet = demoFleet(NOON);
  expect(fleet.map((account) => account.instances.length)).toEqual([21, 14, 6]);
  const ids = (now: number) => demoFleet(now).flatMap((account) => account.instances.map((instance) => instance.id));
  expect(ids(NOON + DAY)).toEqual(ids(NOON));
  expect(new Set(ids(NOON)).size).toBe(41);
  const clock = { at: NOON, now: () => clock.at };
  const sim = new Simulator({ clock, accounts: fleet });
  const chenyu = sim.account('chenyu');
  clock.at += 5 * HOUR;
  expect(chenyu.balanceFen).toBeLessThan(20_000);
  clock.at += 30 * DAY;
  sim.settle();
  expect(chenyu.balanceFen).toBeGreaterThan(0);
  expect(parseSavedState(JSON.parse(JSON.stringify(sim.save())))).toEqual(sim.save());
});

import { expect, test } from 'vitest';
import { useBeds } from '../support/beds.ts';
import { HOUR, MINUTE, NOON, SECOND, TestClock } from '../support/clock.ts';
import { account, busy, idle } from '../support/cloud.ts';
import type { Bed } from '../support/daemon.ts';

const LIGHTS_OUT = `
policies:
  - name: lights-out
    match: { provider: huixingyun, name: "dev-*" }
    when: { during: "Mon-Sun 23:00-08:00" }
    do: cardless-stop
    afterwards: start
    limits: { percent: "100%" }
`;

/** 22:50 in Shanghai. */
const EVENING = NOON + 10 * HOUR + 50 * MINUTE;
const beds = useBeds();

async function evening(policies: Readonly<Record<string, string>>): Promise<Bed> {
  return await beds.start({
    accounts: [
      account('huixingyun', [busy('a'), busy('b'), idle('off', { status: 'stopped' }), busy('x', { name: 'prod-x' })]),
    ],
    clock: new TestClock(EVENING),
    policies,
  });
}

function status(bed: Bed, id: string): string {
  return bed.sim.account('hxy').instance(id).status;
}

test('the lights go out at eleven and on again at eight, only where they went out', async () => {
  const bed = await evening({ 'night.yaml': LIGHTS_OUT });
  await bed.round();
  expect(await bed.operations()).toEqual([]);
  bed.clock.pass(10 * MINUTE);
  await bed.round();
  await bed.operationInTime('hxy/a', 'confirmed');
  await bed.operationInTime('hxy/b', 'confirmed');
  expect(bed.sim.account('hxy').effects.filter(({ kind }) => kind === 'stop')).toMatchObject([
    { cardless: true },
    { cardless: true },
  ]);
  expect([status(bed, 'off'), status(bed, 'x')]).toEqual(['stopped', 'running']);

  // All night long, and nothing twice.
  await bed.roll(HOUR, 8);
  expect(await bed.operations()).toHaveLength(2);
  bed.clock.pass(EVENING + 9 * HOUR + 10 * MINUTE - bed.clock.now());
  await bed.round();
  const on = await bed.operationInTime('hxy/a', 'confirmed', 'start');
  expect(on).toMatchObject({ policy: 'lights-out', reason: 'seen', call: { kind: 'start', stopMode: 'cardless' } });
  await bed.operationInTime('hxy/b', 'confirmed', 'start');
  expect([status(bed, 'a'), status(bed, 'b'), status(bed, 'off')]).toEqual(['running', 'running', 'stopped']);
  const starts = bed.sim.calls.filter(({ operation }) => operation === 'start' || operation === 'cardless-start');
  expect(starts.map(({ operation }) => operation)).toEqual(['cardless-start', 'cardless-start']);
  await bed.roll(HOUR, 3);
  expect(await bed.operations()).toHaveLength(4);
});

test('a person who starts a machine at night keeps it until the next evening, and owes it no start', async () => {
  const bed = await evening({ 'night.yaml': LIGHTS_OUT });
  await bed.round();
  bed.clock.pass(10 * MINUTE);
  await bed.round();
  await bed.operationInTime('hxy/a', 'confirmed');
  await bed.operationInTime('hxy/b', 'confirmed');
  const machine = bed.sim.account('hxy').instance('a');
  machine.status = 'running';
  machine.startedAt = bed.clock.now();
  await bed.roll(30 * MINUTE, 4);
  expect(status(bed, 'a')).toBe('running');
  bed.clock.pass(EVENING + 9 * HOUR + 10 * MINUTE - bed.clock.now());
  await bed.operationInTime('hxy/b', 'confirmed', 'start');
  expect((await bed.operations({ instance: 'hxy/a' })).map(({ action }) => action)).toEqual(['cardless-stop']);

  bed.clock.pass(EVENING + 24 * HOUR + 10 * MINUTE - bed.clock.now());
  await bed.rollUntil('the next evening', 20 * SECOND, () => status(bed, 'a') === 'stopped');
  await bed.until('both are on the ledger', async () => (await bed.operations({ instance: 'hxy/a' })).length === 2);
});

test('a hold over the morning delays the start, and its release lets it happen', async () => {
  const bed = await evening({ 'night.yaml': LIGHTS_OUT });
  await bed.round();
  bed.clock.pass(10 * MINUTE);
  await bed.operationInTime('hxy/a', 'confirmed');
  await bed.operationInTime('hxy/b', 'confirmed');
  bed.clock.pass(EVENING + 9 * HOUR - bed.clock.now());
  const held = await bed.control('/api/v1/holds', { instance: 'hxy/a', for: '3h', reason: 'disk swap', owner: 'li' });
  expect(held.status).toBe(200);
  bed.clock.pass(15 * MINUTE);
  await bed.operationInTime('hxy/b', 'confirmed', 'start');
  expect(status(bed, 'a')).toBe('stopped');
  expect(await bed.list('plan')).toMatchObject([{ instance: 'hxy/a', action: 'start', reason: 'hold' }]);
  bed.clock.pass(3 * HOUR);
  await bed.operationInTime('hxy/a', 'confirmed', 'start');
});

test('a start that fails is tried again, and nobody waits for it in vain', async () => {
  const bed = await evening({ 'night.yaml': LIGHTS_OUT });
  await bed.round();
  bed.clock.pass(10 * MINUTE);
  await bed.operationInTime('hxy/a', 'confirmed');
  await bed.operationInTime('hxy/b', 'confirmed');
  bed.clock.pass(EVENING + 9 * HOUR + 10 * MINUTE - bed.clock.now());
  bed.sim.account('hxy').outOfStock.add('*');
  const refused = await bed.operationInTime('hxy/a', 'rejected', 'start');
  expect(refused.reason).toBe('refused');
  await bed.until('it is told', () =>
    bed.receiver.told('operation.rejected').find(({ details }) => details.instance === 'hxy/a'),
  );
  bed.sim.account('hxy').outOfStock.clear();
  const on = await bed.operationInTime('hxy/a', 'confirmed', 'start', MINUTE);
  expect(on.id).not.toBe(refused.id);
});

test('what another policy stopped inside the window is started when it closes', async () => {
  const bed = await evening({
    'night.yaml': LIGHTS_OUT.replace('do: cardless-stop', 'do: cardless-stop\n    mode: enforce').replace(
      'when: { during: "Mon-Sun 23:00-08:00" }',
      'when: { during: "Mon-Sun 23:00-08:00", idleFor: 9h }',
    ),
    'stop-b.yaml': `
policies:
  - name: stop-b
    match: { id: b }
    when: { during: "Mon-Sun 23:30-23:40" }
    do: stop
`,
  });
  await bed.round();
  bed.clock.pass(45 * MINUTE);
  const off = await bed.operationInTime('hxy/b', 'confirmed', 'stop');
  expect(off.policy).toBe('stop-b');
  expect(status(bed, 'a')).toBe('running');
  bed.clock.pass(EVENING + 9 * HOUR + 10 * MINUTE - bed.clock.now());
  const on = await bed.operationInTime('hxy/b', 'confirmed', 'start');
  expect(on).toMatchObject({ policy: 'lights-out', call: { kind: 'start', stopMode: 'normal' } });
});

import { expect, test } from 'vitest';
import { alwaysBusy } from '../../src/simulator/workload.ts';
import { useBeds } from '../support/beds.ts';
import { MINUTE, SECOND, TestClock } from '../support/clock.ts';
import { account, idle } from '../support/cloud.ts';
import type { Bed } from '../support/daemon.ts';

const STOP_IDLE = `
policies:
  - name: stop-idle
    match: { name: "dev-*", status: running }
    when: { idleFor: 30m }
    do: stop
    limits: { percent: "100%" }
`;
const beds = useBeds();

/** An idle machine at chenyu v1, up to the moment when its shutdown timer is set. */
async function timed(): Promise<Bed> {
  const bed = await beds.start({ accounts: [account('chenyu-v1', [idle('a')])], policies: { 'idle.yaml': STOP_IDLE } });
  await bed.round();
  await bed.roll(10 * MINUTE, 3);
  await bed.rollUntil('the timer is set', 10 * SECOND, () =>
    bed.sim.account('cy1').effects.find(({ kind }) => kind === 'timer-set'),
  );
  const timer = await bed.until('it is accepted', async () =>
    (await bed.operations()).find(({ effectiveAt }) => effectiveAt !== null),
  );
  expect((timer.effectiveAt ?? 0) - bed.clock.now()).toBeGreaterThan(MINUTE);
  return bed;
}

test('chenyu v1 is stopped by a timer a few minutes ahead, and confirmed when it has fired', async () => {
  const bed = await timed();
  const done = await bed.operationInTime('cy1/a', 'confirmed', 'stop', MINUTE);
  expect(done.reason).toBe('seen');
  expect(bed.sim.account('cy1').effects.map(({ kind }) => kind)).toEqual(['timer-set', 'timer-fired']);
  expect(bed.sim.account('cy1').instance('a').status).toBe('stopped');
});

test('a hold takes the timer of chenyu v1 back before it fires', async () => {
  const bed = await timed();
  await bed.control('/api/v1/holds', { instance: 'cy1/a', for: '1h', reason: 'class at three', owner: 'zhou' });
  const off = await bed.operationInTime('cy1/a', 'cancelled', 'stop');
  expect(off.reason).toBe('hold');
  await bed.roll(MINUTE, 8);
  expect(bed.sim.account('cy1').effects.map(({ kind }) => kind)).toEqual(['timer-set', 'timer-cancel']);
  expect(bed.sim.account('cy1').instance('a').status).toBe('running');
});

test('activity takes the timer of chenyu v1 back before it fires', async () => {
  const bed = await timed();
  bed.sim.account('cy1').instance('a').workload = alwaysBusy(bed.clock.now());
  const off = await bed.operationInTime('cy1/a', 'cancelled', 'stop');
  expect(off.reason).toBe('activity');
  await bed.roll(MINUTE, 8);
  expect(bed.sim.account('cy1').effects.map(({ kind }) => kind)).toEqual(['timer-set', 'timer-cancel']);
});

test('a snapshot at chenyu is confirmed when its image is saved', async () => {
  const bed = await beds.start({
    accounts: [account('chenyu', [idle('inst_a')])],
    clock: new TestClock(),
    policies: {
      'save.yaml': `
policies:
  - name: save
    match: { account: cy }
    when: { cron: "30 12 * * *" }
    do: { snapshot: { name: "{name}-{date}" } }
`,
    },
  });
  await bed.round();
  await bed.roll(10 * MINUTE, 2);
  expect(await bed.operations()).toEqual([]);
  await bed.roll(10 * MINUTE, 1);
  const done = await bed.operationInTime('cy/inst_a', 'confirmed', 'snapshot', MINUTE);
  expect(done.occurrence).toBe('cron=2025-12-01T04:30:00Z');
  expect(bed.sim.account('cy').images).toMatchObject([{ name: 'dev-inst_a-2025-12-01', status: 2 }]);
  await bed.roll(10 * MINUTE, 6);
  expect(await bed.operations()).toHaveLength(1);
});

test('nobody knows how it was stopped: the ordinary start is refused, and the cardless one starts it', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [idle('a', { status: 'stopped', cardless: true })])],
    policies: {
      'up.yaml': `
policies:
  - name: up-at-noon
    match: { status: stopped }
    when: { during: "Mon-Sun 12:00-18:00" }
    do: start
`,
    },
  });
  await bed.round();
  const done = await bed.operationInTime('hxy/a', 'confirmed', 'start');
  const starts = bed.sim.calls.filter(({ operation }) => operation === 'start' || operation === 'cardless-start');
  expect(starts.map(({ operation }) => operation)).toEqual(['start', 'cardless-start']);
  expect(done.transitions.map(({ reason }) => reason)).toContain('refused');
  expect(bed.sim.account('hxy').instance('a').status).toBe('running');
});

test('a list of actions is done one after the other', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [idle('a')])],
    policies: {
      'both.yaml': `
policies:
  - name: save-and-stop
    match: { id: a }
    when: { during: "Mon-Sun 12:00-18:00" }
    do: [{ snapshot: { name: "{name}-{date}" } }, stop]
`,
    },
  });
  await bed.round();
  await bed.operationInTime('hxy/a', 'confirmed', 'snapshot');
  await bed.operationInTime('hxy/a', 'confirmed', 'stop');
  const effects = bed.sim.account('hxy').effects.map(({ kind }) => kind);
  expect(effects).toEqual(['snapshot', 'stop']);
});

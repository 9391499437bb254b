import { expect, test } from 'vitest';
import { peopleStore } from '../../src/app/client.ts';
import { Control } from '../../src/app/control.ts';
import { applyPlan, makePlanFile } from '../../src/app/plan-file.ts';
import { makeReader } from '../../src/app/reader.ts';
import type { Clock } from '../../src/fleet/clock.ts';
import { useBeds } from '../support/beds.ts';
import { HOUR, MINUTE, NOON, SECOND, TestClock } from '../support/clock.ts';
import { account, busy, daily, GPU_4090, idle } from '../support/cloud.ts';
import { runCommand } from '../support/command.ts';
import type { Bed } from '../support/daemon.ts';

const STOP_IDLE = {
  'idle.yaml': `
policies:
  - name: stop-idle
    match: { name: "dev-*" }
    when: { idleFor: 30m }
    do: stop
`,
};
const beds = useBeds();

async function planned(bed: Bed, at: number | null): Promise<readonly unknown[]> {
  const { work, store } = bed.daemon;
  const rows = await makeReader(work, store).plan({ at, explain: false, signal: AbortSignal.timeout(10 * SECOND) });
  return rows.map(({ instance, decision }) => `${instance} ${decision}`);
}

test('a plan for later takes the activity as it is known now', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [idle('a'), busy('b')])],
    policies: STOP_IDLE,
  });
  await bed.round();
  expect(await planned(bed, NOON + 10 * MINUTE)).toEqual([]);
  expect(await planned(bed, NOON + 40 * MINUTE)).toEqual(['hxy/a act']);
});

test('a plan that is written down is for its time, and for nobody to do much later or on another world', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [busy('a', { name: 'dev-a' }), busy('x', { name: 'web-x' }), daily('d', 20)])],
    policies: {
      'night.yaml': `
policies:
  - { name: night, mode: observe, match: { name: "dev-*" }, when: { during: "Mon-Sun 23:00-08:00" }, do: stop }
  - { name: keep-paid, mode: observe, match: { billing: daily }, when: { expiresWithin: 12h }, do: { renew: { periods: 1 } } }
  - { name: told-first, mode: observe, match: { name: "web-*" }, when: { runningFor: 1h }, do: restart, notice: 10m }
`,
    },
    accountConfig: { hxy: { prices: { [GPU_4090]: { hourly: 2, daily: 40, monthly: 900 } } } },
  });
  await bed.round();
  const { work, store } = bed.daemon;
  const evening = NOON + 11 * HOUR + MINUTE;
  const made = await makePlanFile(work, evening);
  expect([made.announced, made.kept, made.unlisted]).toEqual([1, new Map(), []]);
  expect(made.plan.acts.map(({ policy, action, costYuan }) => [policy, action, costYuan])).toEqual([
    ['night', 'stop', null],
    ['keep-paid', 'renew', '40.00'],
  ]);
  const moved = async () => {
    const applied = await applyPlan(work, new Control(work, peopleStore(store)), made.plan, 'wang');
    return applied.kind === 'moved' ? applied.differences : [applied.kind];
  };
  expect(await moved()).toEqual(['early']);
  bed.clock.pass(evening + 24 * HOUR + MINUTE - bed.clock.now());
  expect(await moved()).toEqual(['it is for 2025-12-01T23:01:00+08:00, longer ago than 1d']);
  bed.clock.pass(evening + MINUTE - bed.clock.now());
  // Meanwhile somebody has stopped the one, and renewed the other.
  bed.sim.account('hxy').instance('a').status = 'stopped';
  bed.sim.account('hxy').instance('d').expiresAt = NOON + 22 * HOUR;
  await bed.round();
  expect(await moved()).toEqual([
    'stop of dev-a (night) is not due any more: not-due, it is stopped (hourly)',
    expect.stringMatching(
      /^renew of prod-d \(keep-paid\) is another now: occasion expiresWithin=\S+ became expiresWithin=\S+$/,
    ),
  ]);
  expect(await bed.operations()).toEqual([]);
});

test('what a policy may do in an hour is counted over all accounts', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [busy('a')]), account('huixingyun', [busy('b')], { name: 'second' })],
    policies: {
      'all.yaml': `
policies:
  - { name: one, mode: observe, match: all, when: { during: "Mon-Sun 11:00-13:00" }, do: stop, limits: { perHour: 1 } }
`,
    },
  });
  await bed.round();
  const { plan, kept } = await makePlanFile(bed.daemon.work, null);
  expect(plan.acts.map(({ instance }) => instance)).toEqual(['hxy/a']);
  expect(kept).toEqual(new Map([['limit-per-hour', 1]]));
});

test('a plan from another process knows that the daemon doubts its clock, as long as it does', async () => {
  // The command goes by the real time, in whose future no listing is believed: it is the cloud that is behind.
  const now = Date.now();
  const bed = await beds.prepare({
    clock: new TestClock(now - 90 * SECOND),
    accounts: [account('huixingyun', [daily('d', 0, { expiresAt: now + 6 * HOUR })])],
    policies: {
      'paid.yaml': `
policies:
  - name: keep-paid
    match: { name: "prod-*" }
    when: { expiresWithin: 12h }
    do: { renew: { periods: 1 } }
`,
    },
  });
  // Ahead of what the cloud's answers say, until somebody sets it right.
  const { clock } = bed;
  let aheadMs = 80 * SECOND;
  const ahead: Clock = {
    now: () => clock.now() + aheadMs,
    monotonic: () => clock.monotonic(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    toReal: (ms) => clock.toReal(ms),
  };
  await bed.start({ clock: ahead });
  await bed.round();
  const { work, store } = bed.daemon;
  expect(work.paidWorkOff()).toMatch(/^our clock is .* ahead of the Date headers/);
  const why = await bed.until('it is said', () => store.doubts.standing());
  expect(why).toMatch(/^our clock is .* ahead/);
  const plan = await runCommand(['plan', '--explain', '--json'], { cwd: bed.dir });
  expect(plan.out).toContain('the daemon holds it: our clock is');
  const asked = await runCommand(['do', 'renew', 'hxy/d', '--periods', '1', '--yes'], { cwd: bed.dir });
  expect([asked.code, asked.err]).toEqual([1, expect.stringContaining('the daemon holds it: our clock is')]);
  aheadMs = 0;
  await bed.round();
  await bed.round();
  await bed.until('it is taken back', async () => (await store.doubts.standing()) === null);
  expect(bed.sim.calls.filter(({ operation }) => operation === 'renew').length).toBeLessThan(2);
});

test('a plan on an account that nobody has listed looks at it and leaves nothing behind', async () => {
  const bed = await beds.prepare({
    accounts: [account('huixingyun', [busy('a', { name: 'prod-a' })])],
    policies: {
      'told.yaml': `
policies:
  - name: night
    match: { name: "prod-*" }
    when: { during: always }
    do: stop
`,
    },
  });
  const plan = await runCommand(['plan', '--json'], { cwd: bed.dir });
  expect(plan.code).toBe(0);
  expect(plan.out).toContain('"instance": "hxy/a"');
  const store = await bed.store();
  expect(await store.loadSnapshot('hxy')).toBeNull();
  expect(await store.health('hxy')).toMatchObject({ triedAt: null });
});

test('an account that cannot be listed is named, and the plan of the others stands', async () => {
  const bed = await beds.prepare({
    accounts: [account('huixingyun', [busy('a')]), account('huixingyun', [busy('b')], { name: 'second' })],
    policies: { 'all.yaml': STOP_IDLE['idle.yaml'].replace('idleFor: 30m', 'during: always') },
  });
  await bed.secret('second', 'a-token-that-nobody-knows');
  const plan = await runCommand(['plan', '--json'], { cwd: bed.dir });
  expect(plan.code).toBe(0);
  expect(plan.err).toContain('second cannot be listed: ');
  expect(plan.out).toContain('"instance": "hxy/a"');
});

import { expect, test } from 'vitest';
import { makeReader } from '../../src/app/reader.ts';
import type { Clock } from '../../src/fleet/clock.ts';
import { useBeds } from '../support/beds.ts';
import { HOUR, MINUTE, NOON, SECOND, TestClock } from '../support/clock.ts';
import { account, busy, daily, idle } from '../support/cloud.ts';
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

test('a plan from another process knows that the daemon doubts its clock, as long as it does', async () => {
  // The command goes by the real time.
  const now = Date.now();
  const bed = await beds.prepare({
    clock: new TestClock(now),
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
  // An hour ahead of what the cloud's answers say, until somebody sets it right.
  const { clock } = bed;
  let aheadMs = HOUR;
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

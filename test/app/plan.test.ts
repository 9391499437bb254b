import { expect, test } from 'vitest';
import { makeReader } from '../../src/app/reader.ts';
import { useBeds } from '../support/beds.ts';
import { MINUTE, NOON, SECOND } from '../support/clock.ts';
import { account, busy, idle } from '../support/cloud.ts';
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

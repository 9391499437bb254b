import { expect, test } from 'vitest';
import { z } from 'zod';
import type { SimAccount } from '../../src/simulator/sim-account.ts';
import type { SimInstanceSeed } from '../../src/simulator/sim-instance.ts';
import { useBeds } from '../support/beds.ts';
import { MINUTE } from '../support/clock.ts';
import { account, busy, idle } from '../support/cloud.ts';
import type { Bed } from '../support/daemon.ts';

const beds = useBeds();
const DARK = `
policies:
  - name: dark
    match: { name: "dev-*" }
    when: { during: "always" }
    do: stop
    limits: { percent: "100%" }
`;
const WHY = z.object({ policies: z.array(z.object({ policy: z.string(), reason: z.string() })) });

interface Case {
  readonly reason: string;
  readonly policy?: string;
  readonly machine?: SimInstanceSeed;
  readonly accountConfig?: object;
  readonly others?: readonly SimAccount[];
  readonly config?: object;
  readonly prepare?: (bed: Bed) => Promise<void> | void;
}

const CASES: readonly Case[] = [
  { reason: 'observe', policy: DARK.replace('do: stop', 'mode: observe\n    do: stop') },
  {
    reason: 'protected',
    config: { labels: [{ match: { name: 'dev-*' }, set: { protect: 'true' } }] },
  },
  // Where no account at all may do it, the policy is not valid.
  {
    reason: 'not-allowed',
    accountConfig: { actions: ['start'] },
    others: [account('huixingyun', [], { name: 'hxy-b' })],
  },
  { reason: 'unknown-status', machine: { statusWord: 'Hibernating' } },
  {
    reason: 'hold',
    prepare: async (bed) => {
      await bed.control('/api/v1/holds', { instance: 'hxy/a', for: '1h', reason: 'mine', owner: 'qian' });
    },
  },
  {
    reason: 'paused',
    prepare: async (bed) => {
      await bed.control('/api/v1/pause', { by: 'qian', reason: 'a drill' });
    },
  },
  {
    reason: 'unknown-activity',
    policy: DARK.replace('during: "always"', 'idleFor: 1m').replace('do: stop', 'do: stop\n    minimumUptime: 1m'),
    machine: { jupyterToken: 'a token that nobody told us' },
  },
  {
    reason: 'minimum-uptime',
    policy: DARK.replace('during: "always"', 'idleFor: 1m').replace('do: stop', 'do: stop\n    minimumUptime: 3h'),
  },
  {
    reason: 'incomplete-snapshot',
    prepare: (bed) => {
      bed.sim.faults.add({
        kind: 'bad-row',
        operation: 'list',
        row: 1,
        keepId: false,
        times: Number.POSITIVE_INFINITY,
      });
    },
  },
];

for (const { reason, policy = DARK, machine = {}, accountConfig, config, others = [], prepare } of CASES) {
  test(`refused with "${reason}", and plan, why and metrics say so`, async () => {
    const bed = await beds.prepare({
      accounts: [account('huixingyun', [idle('a', machine), busy('b', { name: 'prod-b' })]), ...others],
      policies: { 'dark.yaml': DARK.replace('do: stop', 'enabled: false\n    do: stop') },
      ...(accountConfig === undefined ? {} : { accountConfig: { hxy: accountConfig } }),
      ...(config === undefined ? {} : { config }),
    });
    await bed.start();
    await bed.round();
    if (prepare !== undefined) {
      await prepare(bed);
      // Seen before the policy is in force: a reload decides at once, by what was seen last. A minute later, since of two
      // listings of one instant the first stays.
      await bed.roll(MINUTE, 1);
    }
    await bed.writePolicy('dark.yaml', policy);
    await bed.control('/-/reload');
    await bed.roll(2 * MINUTE, 2);

    expect(bed.sim.calls.filter(({ operation }) => operation === 'stop')).toEqual([]);
    const rows = (await bed.list('plan')).filter((row) => row.instance === 'hxy/a');
    expect(rows).toMatchObject([{ policy: 'dark', action: 'stop', reason }]);
    const why = WHY.parse(await bed.why('hxy/a'));
    expect(why.policies).toMatchObject([{ policy: 'dark', reason }]);
    expect(await bed.metric('decisions_total', { policy: 'dark', action: 'stop', reason })).toBeGreaterThan(0);
  });
}

test('not-supported where an account lacks an action, done where another has it', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [busy('a')]), account('chenyu', [busy('inst_a')])],
    policies: { 'dark.yaml': DARK.replace('do: stop', 'do: cardless-stop') },
  });
  await bed.round();
  await bed.operationInTime('hxy/a', 'confirmed', 'cardless-stop');
  expect(await bed.list('plan')).toMatchObject([{ instance: 'cy/inst_a', reason: 'not-supported' }]);
});

test('at most a tenth of an account, three at once, is interrupted in a minute; the rest follow', async () => {
  const machines = Array.from({ length: 8 }, (_, index) => busy(`m${index}`));
  const bed = await beds.start({
    accounts: [account('huixingyun', machines)],
    policies: { 'dark.yaml': DARK.replace('    limits: { percent: "100%" }\n', '') },
  });
  await bed.round();
  expect(await bed.operations()).toHaveLength(1);
  expect(await bed.list('plan')).toHaveLength(7);
  expect(await bed.metric('decisions_total', { policy: 'dark', reason: 'limit-percent' })).toBeGreaterThan(0);
  for (let done = 1; done < 8; done += 1) {
    bed.clock.pass(61_000);
    await bed.round();
    expect(await bed.operations()).toHaveLength(done + 1);
  }
});

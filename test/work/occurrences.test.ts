import { expect, test } from 'vitest';
import { useBeds } from '../support/beds.ts';
import { HOUR, MINUTE, NOON, SECOND } from '../support/clock.ts';
import { account, busy } from '../support/cloud.ts';
import type { Bed } from '../support/daemon.ts';

const HOURLY = {
  'hourly.yaml': `
policies:
  - name: hourly
    match: { id: a }
    when: { cron: "0 * * * *" }
    do: restart
`,
};
const beds = useBeds();
const occurrence = (at: number) => `cron=${new Date(at).toISOString().replace('.000', '')}`;

/** Everything that is on record of an occurrence: operations, refusals and missed times. */
async function records(bed: Bed): Promise<string> {
  const store = await bed.store();
  const { items } = await store.auditLog.list({ limit: 10_000, kinds: ['refusal', 'missed'] });
  const operations = (await bed.operations()).map((operation) => `${operation.state} ${operation.occurrence}`);
  return [...operations, ...items.map(({ kind, text, data }) => `${kind} ${text} ${JSON.stringify(data)}`)].join('\n');
}

/** Seeded, so that a failure can be seen again. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

test.each([1, 2, 3])(
  'seed %i: every tick ends in an operation, a recorded refusal or a missed record, whatever happens',
  async (seed) => {
    const random = dice(seed);
    const bed = await beds.start({ accounts: [account('huixingyun', [busy('a'), busy('b')])], policies: HOURLY });
    await bed.round();
    const began = bed.clock.now();
    for (let step = 0; step < 24; step += 1) {
      const chance = random();
      if (chance < 0.15) {
        const hours = 1 + Math.floor(random() * 5);
        await bed.stopDaemon();
        bed.clock.pass(hours * HOUR + Math.floor(random() * 40) * MINUTE);
        await bed.start();
      } else if (chance < 0.3) await bed.control('/api/v1/pause', { by: 'li', reason: 'a drill' });
      else if (chance < 0.5) await bed.control('/api/v1/resume', { by: 'li' });
      else if (chance < 0.6) {
        await bed.control('/api/v1/holds', { instance: 'hxy/a', for: '90m', reason: 'mine', owner: 'li' });
      } else if (chance < 0.7) {
        bed.sim.faults.add({ kind: 'http-status', status: 500, operation: 'list', times: 3 });
      } else if (chance < 0.8) bed.sim.faults.add({ kind: 'refused', operation: 'restart' });
      await bed.roll(10 * MINUTE + Math.floor(random() * 20) * SECOND, 3).catch(() => {});
    }
    // The last one may still wait for its time to run out.
    bed.sim.faults.clear();
    await bed.roll(10 * MINUTE, 3);
    const ended = bed.clock.now() - 30 * MINUTE;
    const known = await records(bed);
    const lost: string[] = [];
    for (let at = NOON + HOUR; at < ended; at += HOUR) {
      if (at > began && !known.includes(occurrence(at))) lost.push(occurrence(at));
    }
    expect(lost).toEqual([]);
  },
  60_000,
);

test('a night that passed while the daemon was down is on record when it is back', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [busy('a')])],
    policies: {
      'night.yaml': `
policies:
  - name: lights-out
    match: { name: "dev-*" }
    when: { during: "Mon-Sun 23:00-08:00", idleFor: 15m }
    do: stop
`,
    },
  });
  await bed.round();
  await bed.stopDaemon();
  bed.clock.pass(24 * HOUR);
  await bed.start();
  await bed.round();
  const { items } = await (await bed.store()).auditLog.list({ limit: 10, kinds: ['missed'] });
  expect(items).toMatchObject([{ policy: 'lights-out', account: 'hxy', reason: 'missed' }]);
  expect(items[0]?.text).toContain('during=2025-12-01T23:00:00+08:00');
  await bed.roll(MINUTE, 2);
  expect((await (await bed.store()).auditLog.list({ limit: 10, kinds: ['missed'] })).items).toHaveLength(1);
});

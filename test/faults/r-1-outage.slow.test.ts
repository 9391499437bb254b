import { expect, test } from 'vitest';
import { useBeds } from '../support/beds.ts';
import { MINUTE, SECOND } from '../support/clock.ts';
import { account, busy, daily } from '../support/cloud.ts';
import { away, POLICIES } from '../system/redis-away.ts';

const beds = useBeds();

test('Redis is away for 15 s in the middle of stops and renewals: all of them end, each done once', {
  timeout: 60_000,
}, async () => {
  const machines = 8;
  const bed = await beds.start({
    accounts: [
      account('huixingyun', [
        ...Array.from({ length: machines }, (_, index) => daily(`d${index}`, 2 + index / 2)),
        ...Array.from({ length: machines }, (_, index) => busy(`h${index}`)),
      ]),
    ],
    policies: POLICIES,
    accountConfig: { hxy: { spendLimit: { callsPerDay: 100 } } },
  });
  bed.clock.pass(40 * MINUTE);
  await bed.until('it is in the middle of it', () => bed.sim.account('hxy').commits.length >= 2);
  await away(bed, beds.redis, 15 * SECOND);
  await bed.attend(
    'everything has ended',
    30 * SECOND,
    async () => {
      const ends = (await bed.operations()).filter(({ state }) => state === 'confirmed' || state === 'escalated');
      return ends.length >= 2 * machines;
    },
    20_000,
  );
  const all = await bed.operations();
  const confirmed = all.filter(({ state }) => state === 'confirmed');
  const { commits } = bed.sim.account('hxy');
  expect(new Set(commits.map(({ instanceId }) => instanceId)).size).toBe(commits.length);
  expect(commits).toHaveLength(confirmed.filter(({ action }) => action === 'renew').length);
  expect(
    bed.sim.account('hxy').instances.filter(({ id, status }) => id.startsWith('h') && status !== 'stopped'),
  ).toEqual([]);
});

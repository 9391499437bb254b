import { expect, test } from 'vitest';
import { isTerminal, type Operation } from '../../src/fleet/operation.ts';
import { seededRandom } from '../../src/simulator/random.ts';
import { useBeds } from '../support/beds.ts';
import { SECOND } from '../support/clock.ts';
import { account, busy, daily } from '../support/cloud.ts';
import type { Bed } from '../support/daemon.ts';

const POLICIES = {
  'all.yaml': `
policies:
  - name: keep-paid
    match: { name: "prod-*" }
    when: { expiresWithin: 12h }
    do: { renew: { periods: 1 } }
  - name: dark
    match: { name: "dev-*" }
    when: { during: "Mon-Sun 00:00-24:00" }
    do: cardless-stop
    limits: { percent: "100%" }
`,
};
const beds = useBeds();

/** No machine was ever paid for twice for one expiry. */
function paidTwice(bed: Bed): readonly string[] {
  const keys = bed.sim
    .account('hxy')
    .commits.map(({ instanceId, expiresAtBefore }) => `${instanceId} ${expiresAtBefore}`);
  return keys.filter((key, index) => keys.indexOf(key) !== index);
}

function isOver({ state }: Operation): boolean {
  return state === 'escalated' || isTerminal(state);
}

// Two replicas are killed by the fault case K7; here one daemon, with stops among the renewals. Each seed kills at other moments.
for (const seed of [1]) {
  test(`killed again and again while it renews and stops, it does everything once (seed ${seed})`, {
    timeout: 60_000,
  }, async () => {
    const random = seededRandom(seed);
    const machines = 12;
    const bed = await beds.prepare({
      accounts: [
        account('huixingyun', [
          ...Array.from({ length: machines }, (_, index) => daily(`d${index}`, 2 + index / 2)),
          ...Array.from({ length: machines }, (_, index) => busy(`h${index}`)),
        ]),
      ],
      policies: POLICIES,
      accountConfig: { hxy: { spendLimit: { callsPerDay: 100 } } },
    });
    for (let death = 0; death < 6; death += 1) {
      const child = await bed.spawn();
      let left = Math.floor(random() * 40);
      await bed.until('it is time to die', () => {
        left -= 1;
        return left < 0;
      });
      await child.kill();
      await bed.pass(10 * SECOND);
    }
    await bed.spawn();
    await bed.attend(
      'everything is settled',
      20 * SECOND,
      async () => {
        const all = await bed.operations();
        const ends = all.filter(({ state }) => state === 'confirmed' || state === 'escalated');
        return new Set(ends.map(({ instance }) => instance)).size === 2 * machines && all.every(isOver);
      },
      30_000,
    );
    expect(paidTwice(bed)).toEqual([]);
    const states = (await bed.operations()).map(({ instance, action, state, reason }) => ({
      instance,
      action,
      state,
      reason,
    }));
    const confirmed = states.filter(({ state }) => state === 'confirmed');
    const escalated = states.filter(({ state }) => state === 'escalated');
    // Whatever was asked of a person was never paid, and whatever was paid was seen.
    expect(bed.sim.account('hxy').commits).toHaveLength(confirmed.filter(({ action }) => action === 'renew').length);
    expect(escalated.filter(({ action }) => action !== 'renew')).toEqual([]);
    expect(
      bed.sim.account('hxy').instances.filter(({ id, status }) => id.startsWith('h') && status !== 'stopped'),
    ).toEqual([]);
  });
}

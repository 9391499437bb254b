import { expect } from 'vitest';
import {
  account,
  canaryToken,
  daily,
  type FaultBed,
  type FaultChild,
  KEEP_PAID,
  type useFaultBeds,
} from './harness.ts';

/** Two accounts at the cloud, of which the daemon knows one. Both have a machine that is to be renewed. */
export async function twoAccounts(beds: ReturnType<typeof useFaultBeds>): Promise<FaultBed> {
  const bed = await beds.prepare({
    // Ours is due 6 minutes after the case begins, so that it is known by then.
    accounts: [
      account('huixingyun', [daily('ours', 12.1), daily('calm', 300)]),
      account('huixingyun', [daily('theirs', 6)], { name: 'somebody' }),
    ],
    policies: KEEP_PAID,
  });
  await writeOnly(bed, 'hxy');
  return bed;
}

async function writeOnly(bed: FaultBed, name: string): Promise<void> {
  const only = {
    provider: 'huixingyun',
    baseUrl: bed.sim.origin,
    tokenFile: `secrets/${name}`,
    requestsPerSecond: 100,
  };
  await bed.writeConfig({ accounts: { hxy: { ...only, spendLimit: { callsPerDay: 10 } } } });
}

/** Puts the token of that account where ours was. */
export async function mount(bed: FaultBed, owner: string, child: FaultChild): Promise<void> {
  await bed.secret('hxy', canaryToken(owner));
  expect((await bed.controlOf(child, '/-/reload')).status).toBe(200);
}

import { type Calibrated, calibrate } from '../activity/calibration.ts';
import type { Store } from '../store/store.ts';

export type { CalibratedSignal } from '../activity/calibration.ts';

/** What the noise of each kind of machine has been, by what is kept of the readings of what runs there now. */
export async function calibration(
  store: Pick<Store, 'loadSnapshot' | 'readings'>,
  accounts: readonly string[],
  now: number,
): Promise<readonly Calibrated[]> {
  const rows = await Promise.all(
    accounts.map(async (account) => {
      const [snapshot, readings] = await Promise.all([store.loadSnapshot(account), store.readings.load(account)]);
      return (snapshot?.instances ?? []).map(({ instance }) => ({
        account,
        image: instance.imageId,
        gpu: instance.gpu,
        readings: readings.get(instance.id) ?? [],
      }));
    }),
  );
  return calibrate(rows.flat(), now);
}

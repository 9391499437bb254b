import { blindness, isJudged } from '../decide/blind.ts';
import { hourlyCostFen } from '../decide/hourly-cost.ts';
import { renewalsBy } from '../decide/renewal-due.ts';
import type { Price } from '../fleet/account.ts';
import type { Activity } from '../fleet/activity.ts';
import { instanceKey } from '../fleet/instance.ts';
import type { Snapshot } from '../fleet/snapshot.ts';
import type { FleetSeriesSource } from '../telemetry/fleet-series.ts';
import type { Standing, Work } from '../work/ports.ts';
import { strangeToken } from '../work/strange-token.ts';
import { accountMoney } from './web-source.ts';

const NO_PRICES: ReadonlyMap<string, Price> = new Map();

/** What the fleet series are written from, for every account that has been listed. */
export async function fleetSources(work: Work, snapshots: readonly Snapshot[]): Promise<readonly FleetSeriesSource[]> {
  const standing = work.standing();
  const now = work.clock.now();
  const renewals = renewalsBy(standing.policies);
  return await Promise.all(
    snapshots.map(async (snapshot) => {
      const runtime = standing.accounts.get(snapshot.account);
      const prices = runtime?.account.prices ?? NO_PRICES;
      const activity = await standing.observer.activities(snapshot, standing.labels, now);
      return {
        snapshot,
        activity,
        blind: blindCount(standing, snapshot, activity, now),
        ...(await accountMoney(work, snapshot.account)),
        costFenPerHour: (instance) => hourlyCostFen(instance, prices),
        renewals: (instance) => renewals(instance, standing.labels),
        foreign: runtime !== undefined && (await strangeToken(work, runtime)) !== null,
      };
    }),
  );
}

/** Machines that a policy would stop when idle, and of which nobody could tell for long. */
function blindCount(
  standing: Standing,
  snapshot: Snapshot,
  activity: ReadonlyMap<string, Activity>,
  now: number,
): number {
  const account = { name: snapshot.account, provider: snapshot.provider };
  return snapshot.instances.filter((tracked) => {
    const view = { tracked, activity: activity.get(instanceKey(tracked.instance)) ?? null };
    if (blindness(view, now) === null) return false;
    return isJudged(standing.policies, account, { tracked, labels: standing.labels(tracked.instance) });
  }).length;
}

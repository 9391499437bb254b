import { blindness, isJudged } from '../decide/blind.ts';
import { hourlyCostFen } from '../decide/hourly-cost.ts';
import { renewalsBy } from '../decide/renewal-due.ts';
import type { Activity } from '../fleet/activity.ts';
import { type Instance, instanceKey } from '../fleet/instance.ts';
import type { Snapshot } from '../fleet/snapshot.ts';
import type { FleetSeriesSource } from '../telemetry/fleet-series.ts';
import type { Standing, Work } from '../work/ports.ts';
import { strangeToken } from '../work/strange-token.ts';
import { moneyOf } from './web-source.ts';

/** What is asked of each instance; made anew with what is in force, since until then the answers stay as they are. */
type Questions = Required<Pick<FleetSeriesSource, 'costFenPerHour' | 'renewals'>>;
const QUESTIONS = new WeakMap<Standing, ReadonlyMap<string, Questions>>();

function questionsOf(standing: Standing): ReadonlyMap<string, Questions> {
  const known = QUESTIONS.get(standing);
  if (known !== undefined) return known;
  const renewals = renewalsBy(standing.policies);
  const made = new Map(
    [...standing.accounts.values()].map(({ account }) => [
      account.name,
      {
        costFenPerHour: (instance: Instance) => hourlyCostFen(instance, account.prices),
        renewals: (instance: Instance) => renewals(instance, standing.labels),
      },
    ]),
  );
  QUESTIONS.set(standing, made);
  return made;
}

/** What the fleet series are written from, for every account that has been listed. */
export async function fleetSources(work: Work, snapshots: readonly Snapshot[]): Promise<readonly FleetSeriesSource[]> {
  const standing = work.standing();
  const now = work.clock.now();
  const questions = questionsOf(standing);
  return await Promise.all(
    snapshots.map(async (snapshot) => {
      const runtime = standing.accounts.get(snapshot.account);
      const activity = await standing.observer.activities(snapshot, standing.labels, now);
      return {
        snapshot,
        activity,
        blind: blindCount(standing, snapshot, activity, now),
        ...(await moneyOf(work, snapshot.account)),
        ...questions.get(snapshot.account),
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

import { blindness, isJudged } from '../decide/blind.ts';
import { hourlyCostFen } from '../decide/hourly-cost.ts';
import { renewalsBy } from '../decide/renewal-due.ts';
import type { AccountView } from '../decide/world.ts';
import type { Instance } from '../fleet/instance.ts';
import type { Snapshot, Tracked } from '../fleet/snapshot.ts';
import type { FleetSeriesSource } from '../telemetry/fleet-series.ts';
import type { Standing, Work } from '../work/ports.ts';
import { accountMoney } from '../work/runway.ts';
import { strangeToken } from '../work/strange-token.ts';

/** What is asked of each instance; made anew with what is in force, since until then the answers stay as they are. */
interface Questions extends Required<Pick<FleetSeriesSource, 'costFenPerHour' | 'renewals'>> {
  /** Is there a policy that would stop it when idle? */
  readonly isJudged: (tracked: Tracked) => boolean;
}
const QUESTIONS = new WeakMap<Standing, ReadonlyMap<string, Questions>>();

function questionsOf(standing: Standing): ReadonlyMap<string, Questions> {
  const known = QUESTIONS.get(standing);
  if (known !== undefined) return known;
  const renewals = renewalsBy(standing.policies);
  const made = new Map(
    [...standing.accounts.values()].map(({ account }): [string, Questions] => [
      account.name,
      {
        costFenPerHour: (instance) => hourlyCostFen(instance, account.prices),
        renewals: (instance) => renewals(instance, standing.labels),
        isJudged: judgedOnce(standing, account),
      },
    ]),
  );
  QUESTIONS.set(standing, made);
  return made;
}

/** Asked of each instance once: at every scrape it would be asked of all that no probe looks at. */
function judgedOnce({ policies, labels }: Standing, account: Pick<AccountView, 'name' | 'provider'>) {
  const known = new WeakMap<Instance, boolean>();
  return (tracked: Tracked): boolean => {
    const { instance } = tracked;
    const told = known.get(instance) ?? isJudged(policies, account, { tracked, labels: labels(instance) });
    known.set(instance, told);
    return told;
  };
}

/** What the fleet series are written from, for every account that has been listed. */
export async function fleetSources(work: Work, snapshots: readonly Snapshot[]): Promise<readonly FleetSeriesSource[]> {
  const standing = work.standing();
  const now = work.clock.now();
  const questions = questionsOf(standing);
  const sources = snapshots.map(async (snapshot): Promise<FleetSeriesSource | null> => {
    const runtime = standing.accounts.get(snapshot.account);
    const asked = questions.get(snapshot.account);
    // A reload has removed it since it was read.
    if (runtime === undefined || asked === undefined) return null;
    const [activities, money, strange] = await Promise.all([
      standing.observer.judged(snapshot, standing.labels, now),
      accountMoney(work, runtime, snapshot),
      strangeToken(work, runtime),
    ]);
    // Machines that a policy would stop when idle, and of which nobody could tell for long.
    const blind = snapshot.instances.filter((tracked, place) => {
      const activity = activities[place] ?? null;
      return blindness({ tracked, activity }, now) !== null && asked.isJudged(tracked);
    });
    const { costFenPerHour, renewals } = asked;
    const foreign = strange !== null;
    return { snapshot, activities, blind: blind.length, ...money, costFenPerHour, renewals, foreign };
  });
  return (await Promise.all(sources)).filter((source) => source !== null);
}

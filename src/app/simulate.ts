import { type ComingBill, type ComingUse, comingBill, comingUse } from '../decide/coming-bill.ts';
import { type ComingDecision, forecast } from '../decide/forecast.ts';
import type { AccountView } from '../decide/world.ts';
import { rfc3339 } from '../fleet/rfc3339.ts';
import type { Policy } from '../policy/policy.ts';
import type { Work } from '../work/ports.ts';
import { accountWorld } from '../work/world.ts';

/** The coming days as the policies would have them, on the fleet as last seen. */
export interface Simulation {
  readonly from: number;
  /** Earlier than asked for where there is too much to decide. */
  readonly reached: number;
  readonly accounts: readonly { readonly name: string; readonly uses: readonly ComingUse[] }[];
  /** Acts, messages and announcements, and what would be done by observing policies or is kept from being done. */
  readonly coming: readonly ComingDecision[];
  readonly bill: ComingBill;
  /** The fleet that it began with. */
  readonly fleet: readonly AccountView[];
  /** Accounts that were never listed. */
  readonly unlisted: readonly string[];
}

/**
 * Leads the fleet as last seen through the coming days: the live evaluator decides, what it decides is taken to be done at
 * once, and machines go on as they are: what idles idles, what works works.
 * @param from the instant at which the days begin, with the fleet as it is now; epoch ms
 * @param policies other ones than those in force, where given
 */
export async function simulate(
  work: Work,
  options: { readonly from: number; readonly untilMs: number; readonly policies?: readonly Policy[] },
): Promise<Simulation> {
  const standing = work.standing();
  const policies = options.policies ?? standing.policies;
  const now = work.clock.now();
  const accounts: { name: string; uses: readonly ComingUse[] }[] = [];
  const coming: ComingDecision[] = [];
  const fleet: AccountView[] = [];
  const unlisted: string[] = [];
  let reached = options.from + options.untilMs;
  for (const [name, runtime] of standing.accounts) {
    const world = await accountWorld(work, standing, runtime, now);
    const [view] = world?.accounts ?? [];
    if (world === null || view === undefined) {
      unlisted.push(name);
      continue;
    }
    const then = { ...world, now: options.from, accounts: [asOf(view, options.from)] };
    const seen = forecast(policies, then, { until: options.from + options.untilMs, zone: standing.zone });
    accounts.push({ name, uses: comingUse(seen, view) });
    coming.push(...seen.coming);
    fleet.push(view);
    reached = Math.min(reached, seen.reached);
  }
  const bill = comingBill(accounts.flatMap(({ uses }) => uses));
  return { from: options.from, reached, accounts, coming: coming.sort((a, b) => a.at - b.at), bill, fleet, unlisted };
}

/** A listing that was good counts as taken then: nothing else is known of that time. */
function asOf(view: AccountView, from: number): AccountView {
  return view.takenAt === null || view.trust !== 'good' ? view : { ...view, takenAt: from };
}

const HOUR_MS = 3_600_000;

/** The same as plain data: RFC 3339 times, hours and yuan. */
export function simulationView({ from, reached, accounts, coming, bill, unlisted }: Simulation) {
  return {
    from: rfc3339(from),
    until: rfc3339(reached),
    unlisted,
    totals: billView(bill),
    instances: accounts.flatMap(({ uses }) =>
      uses.map(({ key, name, acts, ...use }) => ({
        instance: key,
        name,
        ...useView(use),
        acts: acts.map(({ at, action, policy, reason }) => ({ at: rfc3339(at), action, policy, reason })),
      })),
    ),
    decisions: coming.map(({ at, ...decision }) => ({ at: rfc3339(at), ...decision })),
  };
}

function useView(use: Omit<ComingUse, 'key' | 'name' | 'acts'>) {
  return {
    upHours: hours(use.upMs),
    upHoursWithout: hours(use.upWithoutMs),
    yuan: yuan(use.fen),
    yuanWithout: yuan(use.withoutFen),
    paidYuan: yuan(use.paidFen),
    interruptions: use.interruptions,
  };
}

function billView(bill: ComingBill) {
  const { instances, unpriced } = bill;
  const savedYuan = yuan(bill.withoutFen - bill.fen);
  return { instances, unpriced, ...useView(bill), savedHours: hours(bill.upWithoutMs - bill.upMs), savedYuan };
}

function hours(ms: number): number {
  return Math.round((ms / HOUR_MS) * 100) / 100;
}

function yuan(fen: number | null): string | null {
  return fen === null ? null : (fen / 100).toFixed(2);
}

import { zoneNamed } from '../calendar/zone.ts';
import type { Config } from '../config/config.ts';
import { type ComingBill, comingBill } from '../decide/coming-bill.ts';
import type { ComingDecision } from '../decide/forecast.ts';
import { historyOfAll } from '../decide/histories.ts';
import type { AccountView, World } from '../decide/world.ts';
import { rfc3339 } from '../fleet/rfc3339.ts';
import type { Policy } from '../policy/policy.ts';
import type { Work } from '../work/ports.ts';
import { accountWorld } from '../work/world.ts';
import { readFleetFile } from './simulate/fleet-file.ts';
import { type Led, ledTogether } from './simulate/led-together.ts';
import { type AccountRun, type MachineRun, type RunTime, runAccounts } from './simulate/run.ts';
import { hourBegan } from './simulate/track.ts';

/** What was taken for granted, so that whoever reads the result knows what it rests on. */
export interface Assumptions {
  /**
   * `as-now`: machines go on with what they are at; `file`: as the fleet file says, by dice of the seed; `recorded`: as they
   * did when it was recorded, led by other policies, and "without" is as it was then; `as-recorded`: all of it is as it was,
   * and "without" is without policies.
   */
  readonly work: 'as-now' | 'file' | 'recorded' | 'as-recorded';
  /** Machines of which nobody can say what they are at; none is stopped for idling. */
  readonly unknown: number;
  /** Machines that stay as they are, since their listing cannot be read. */
  readonly unread: number;
  /** Accounts whose money never ends, since nobody knows what is on them. */
  readonly endless: readonly string[];
  /** Policies that only say what they would do. */
  readonly observing: readonly string[];
  /** Time of the accounts that nobody recorded, ms; absent: there is none. */
  readonly unrecordedMs?: number;
}

/** Days as the policies would have them: to come, or those of a recording. */
export interface Simulation {
  readonly from: number;
  /** Earlier than asked for where there is too much to decide. */
  readonly reached: number;
  /** There was too much to decide. */
  readonly isCut: boolean;
  /** `null`: nothing is left to dice. */
  readonly seed: number | null;
  readonly timezone: string;
  readonly policies: readonly Policy[];
  readonly accounts: readonly AccountRun[];
  /** Acts, messages and announcements, and what would be done by observing policies or is kept from being done. */
  readonly coming: readonly ComingDecision[];
  readonly bill: ComingBill;
  /** The fleet that it began with. */
  readonly fleet: readonly AccountView[];
  /** Accounts that were never listed. */
  readonly unlisted: readonly string[];
  readonly assumptions: Assumptions;
}

/** The dice where nobody names a seed. */
export const DEFAULT_SEED = 1;

/**
 * Leads the fleet as last seen through the coming days: the live evaluator decides, the simulator's state machines carry out,
 * and machines go on with what they are at: what idles idles, what works works.
 * @param from the instant at which the days begin, with the fleet as it is now; epoch ms
 * @param policies other ones than those in force, where given
 */
export async function simulate(
  work: Work,
  options: {
    readonly from: number;
    readonly untilMs: number;
    readonly policies?: readonly Policy[];
    readonly seed?: number;
  },
): Promise<Simulation> {
  const standing = work.standing();
  const policies = options.policies ?? standing.policies;
  const now = work.clock.now();
  const worlds: Led[] = [];
  const unlisted: string[] = [];
  for (const [name, runtime] of standing.accounts) {
    const world = await accountWorld(work, standing, runtime, now);
    const [view] = world?.accounts ?? [];
    if (world === null || view === undefined) {
      unlisted.push(name);
      continue;
    }
    const then = asOf(view, options.from);
    worlds.push({
      world: { ...world, now: options.from, accounts: [then] },
      setup: {
        view: then,
        purseFen: view.balanceFen,
        topUp: null,
        isOutOfStock: () => false,
        workOf: () => ({ kind: 'as-now' }),
      },
    });
  }
  const { zone } = standing;
  const time = { ...options, until: options.from + options.untilMs, seed: options.seed ?? DEFAULT_SEED, zone };
  return led(policies, worlds, time, { work: 'as-now', unlisted });
}

/**
 * The same for a fleet file: without a daemon, Redis or network, policies from disk. The same file, policies and seed give
 * the same days.
 * @param from epoch ms; `null`: as the file says, or today at 00:00
 * @throws InvalidInput where the file or the policies hold a mistake
 */
export async function simulateFile(
  config: Config,
  options: {
    readonly file: string;
    readonly cwd: string;
    readonly now: number;
    readonly from: number | null;
    readonly untilMs: number;
    readonly seed: number;
  },
): Promise<Simulation> {
  const given = await readFleetFile(config, options);
  const { from, policies, world } = given;
  const until = from + options.untilMs;
  const worlds = given
    .setups(until, options.seed)
    .map((setup) => ({ world: { ...world, accounts: [setup.view] }, setup }));
  const time = { from, until, seed: options.seed, zone: zoneNamed(config.timezone) };
  return led(policies, worlds, time, { work: 'file', unlisted: [] });
}

function led(
  policies: readonly Policy[],
  worlds: readonly Led[],
  time: RunTime,
  ground: { readonly work: Assumptions['work']; readonly unlisted: readonly string[] },
): Simulation {
  const runs = ledTogether(policies, worlds).flatMap((group) =>
    runAccounts(
      policies,
      worldOfAll(group),
      group.map(({ setup }) => setup),
      time,
    ),
  );
  // In the order of the fleet, whoever was led with whom.
  const order = new Map(worlds.map(({ setup }, place) => [setup.view.name, place]));
  const accounts = [...runs].sort((a, b) => (order.get(a.name) ?? 0) - (order.get(b.name) ?? 0));
  const coming = accounts.flatMap((account) => account.coming);
  const machines = accounts.flatMap((account) => account.machines);
  const reached = Math.min(time.until, ...accounts.map((account) => account.reached));
  return {
    from: time.from,
    reached,
    isCut: reached < time.until,
    seed: time.seed,
    timezone: time.zone.name,
    policies,
    accounts,
    coming: coming.sort((a, b) => a.at - b.at),
    bill: comingBill(machines),
    fleet: worlds.map(({ setup }) => setup.view),
    unlisted: ground.unlisted,
    assumptions: {
      work: ground.work,
      unknown: machines.filter(({ timeline }) => timeline.some(({ doing }) => doing === 'unknown')).length,
      unread: machines.filter(({ timeline }) => timeline.length === 0).length,
      endless: worlds.filter(({ setup }) => setup.purseFen === null).map(({ setup }) => setup.view.name),
      observing: policies.filter(({ enabled, mode }) => enabled && mode === 'observe').map(({ name }) => name),
    },
  };
}

function worldOfAll(group: readonly Led[]): World {
  const [first] = group;
  if (first === undefined) throw new Error('no account to lead; a bug of ours');
  if (group.length === 1) return first.world;
  const histories = new Map(group.map(({ world, setup }) => [setup.view.name, world.history]));
  const accounts = group.map(({ setup }) => setup.view);
  const holds = new Map(group.flatMap(({ world }) => [...world.holds]));
  return { ...first.world, accounts, holds, history: historyOfAll(histories) };
}

/** A listing that was good counts as taken then: nothing else is known of that time. */
function asOf(view: AccountView, from: number): AccountView {
  return view.takenAt === null || view.trust !== 'good' ? view : { ...view, takenAt: from };
}

const HOUR_MS = 3_600_000;

/** The same as plain data: RFC 3339 times, hours and yuan. */
export function simulationView(simulation: Simulation) {
  const { from, reached, seed, timezone, accounts, coming, bill, unlisted, assumptions } = simulation;
  return {
    from: rfc3339(from),
    until: rfc3339(reached),
    timezone,
    seed,
    assumptions,
    unlisted,
    totals: billView(bill, accounts),
    accounts: accounts.map(({ name, broke, hours: { running, without, paid, balance } }) => ({
      account: name,
      moneyEndsAt: broke.at === null ? null : rfc3339(broke.at),
      moneyEndsWithoutAt: broke.withoutAt === null ? null : rfc3339(broke.withoutAt),
      hourly: {
        from: rfc3339(hourBegan(from, zoneNamed(timezone))),
        yuan: running.map(twoPlaces),
        yuanWithout: without.map(twoPlaces),
        paidYuan: paid.map(twoPlaces),
        balanceYuan: balance?.map((fen) => (fen === null ? null : twoPlaces(fen))) ?? null,
      },
    })),
    instances: accounts.flatMap(({ machines }) => machines.map(machineView)),
    happenings: accounts.flatMap(({ happenings }) =>
      happenings.map(({ at, ...each }) => ({ at: rfc3339(at), ...each })),
    ),
    decisions: coming.map(({ at, ...decision }) => ({ at: rfc3339(at), ...decision })),
  };
}

function machineView({ key, name, acts, timeline, whileBusy, ...use }: MachineRun) {
  return {
    instance: key,
    name,
    ...useView(use),
    interruptionsWhileBusy: whileBusy,
    acts: acts.map(({ at, action, policy, reason, refused = null }) => ({
      at: rfc3339(at),
      action,
      policy,
      reason,
      refused,
    })),
    timeline: timeline.map(({ at, doing }) => ({ at: rfc3339(at), doing })),
  };
}

function useView(use: Pick<MachineRun, 'upMs' | 'upWithoutMs' | 'fen' | 'withoutFen' | 'paidFen' | 'interruptions'>) {
  return {
    upHours: hours(use.upMs),
    upHoursWithout: hours(use.upWithoutMs),
    yuan: yuan(use.fen),
    yuanWithout: yuan(use.withoutFen),
    paidYuan: yuan(use.paidFen),
    interruptions: use.interruptions,
  };
}

function billView(bill: ComingBill, accounts: readonly AccountRun[]) {
  const { instances, unpriced } = bill;
  const machines = accounts.flatMap((account) => account.machines);
  return {
    instances,
    unpriced,
    ...useView(bill),
    interruptionsWhileBusy: machines.reduce((sum, { whileBusy }) => sum + whileBusy, 0),
    savedHours: hours(bill.upWithoutMs - bill.upMs),
    savedYuan: yuan(bill.withoutFen - bill.fen),
  };
}

function hours(ms: number): number {
  return Math.round((ms / HOUR_MS) * 100) / 100;
}

function yuan(fen: number | null): string | null {
  return fen === null ? null : (fen / 100).toFixed(2);
}

function twoPlaces(fen: number): number {
  return Math.round(fen) / 100;
}

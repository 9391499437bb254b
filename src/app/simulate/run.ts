import { type ComingUse, paidOf } from '../../decide/coming-bill.ts';
import { type ComingDecision, forecast } from '../../decide/forecast.ts';
import { hourlyPriceFen } from '../../decide/price.ts';
import type { AccountView, InstanceView, World } from '../../decide/world.ts';
import { interrupts, POLICY_ACTIONS } from '../../fleet/action.ts';
import type { InstanceKey } from '../../fleet/instance.ts';
import { isUp } from '../../fleet/status.ts';
import type { Policy } from '../../policy/policy.ts';
import { type AccountSetup, type Happening, SimulatedMachines } from './machines.ts';
import { type Doing, HOUR_MS, type TimeSpan, type Track } from './track.ts';

const MINUTE_MS = 60_000;

/** One machine through the simulated time. */
export interface MachineRun extends ComingUse {
  readonly account: string;
  readonly billing: string;
  /** What it was at, from each instant on. */
  readonly timeline: readonly { readonly at: number; readonly doing: Doing }[];
  /** Interruptions while it worked. */
  readonly whileBusy: number;
  /** Its price is not known, so its money is not in the sums. */
  readonly isUnpriced: boolean;
}

/** One account through the simulated time. */
export interface AccountRun {
  readonly name: string;
  readonly machines: readonly MachineRun[];
  readonly coming: readonly ComingDecision[];
  readonly happenings: readonly Happening[];
  /** When there is no money left on it, with policies and without; `null`: there is to the end. */
  readonly broke: { readonly at: number | null; readonly withoutAt: number | null };
  /** Earlier than asked for where there is too much to decide. */
  readonly reached: number;
  /**
   * Fen by hour of the clock, from the one on in which the time begins, not rounded: what ran, with policies and without, and
   * what was paid at once.
   */
  readonly hours: {
    readonly running: readonly number[];
    readonly without: readonly number[];
    readonly paid: readonly number[];
    /** What is on the account at the end of each hour, `null` where that is not known; of all of them: at no time. */
    readonly balance: readonly (number | null)[] | null;
  };
}

/** What time is led through, and how far. */
export interface RunTime extends TimeSpan {
  readonly seed: number;
}

/**
 * Leads accounts through virtual time: the live evaluator decides, and the simulator's machines carry it out and go on by
 * themselves. Beside it they are led through the same time with nobody deciding anything. More than one at once where what
 * is done on the one counts for the other; see {@link ledTogether}.
 * @param world with the accounts of the setups
 */
export function runAccounts(
  policies: readonly Policy[],
  world: World,
  setups: readonly AccountSetup[],
  time: RunTime,
): readonly AccountRun[] {
  const { from, until, zone } = time;
  const machines = new SimulatedMachines(setups, time);
  const seen = forecast(policies, world, {
    until,
    zone,
    machines,
    // A look a minute at most, as a daemon has it.
    mostSteps: Math.ceil((until - from) / MINUTE_MS) + 1,
  });
  machines.settle(seen.reached);
  machines.close(seen.reached);
  const undecided = setups.map((setup) => ({ ...setup, view: withoutPolicies(setup.view, from) }));
  const without = new SimulatedMachines(undecided, time);
  without.settle(seen.reached);
  without.close(seen.reached);
  const acts = Map.groupBy(
    seen.coming.filter(({ kind }) => kind === 'act'),
    ({ instance }) => instance,
  );
  return setups.map((setup): AccountRun => {
    const { view } = setup;
    const book = machines.book(view.name);
    return {
      name: view.name,
      machines: view.instances.map((each) =>
        machineRun(each, view, {
          track: machines.track(each.key),
          without: without.track(each.key),
          acts: acts.get(each.key) ?? [],
          time,
        }),
      ),
      coming: seen.coming.filter(({ account }) => account === view.name),
      happenings: machines.happenings.filter(({ account }) => account === view.name),
      broke: { at: brokeAt(machines, view.name), withoutAt: brokeAt(without, view.name) },
      reached: seen.reached,
      hours: {
        running: book?.runningFen ?? [],
        without: without.book(view.name)?.runningFen ?? [],
        paid: book?.paidFen ?? [],
        balance: balanceOf(setup, book),
      },
    };
  });
}

function brokeAt({ happenings }: SimulatedMachines, name: string): number | null {
  return happenings.find(({ kind, account }) => kind === 'arrears' && account === name)?.at ?? null;
}

/** What a policy has stopped would be up if there were none. */
function withoutPolicies(view: AccountView, from: number): AccountView {
  return {
    ...view,
    instances: view.instances.map((each): InstanceView => {
      const { tracked } = each;
      if (tracked.stoppedBy === null || isUp(tracked.instance.status)) return each;
      const instance = { ...tracked.instance, status: 'running' as const };
      const up = { ...tracked, instance, statusSince: from, upSince: from, stopMode: null, stoppedBy: null };
      return { ...each, tracked: up };
    }),
  };
}

function balanceOf(setup: AccountSetup, book: ReturnType<SimulatedMachines['book']>): readonly number[] | null {
  if (setup.purseFen === null || book === null) return null;
  const { runningFen, paidFen, paidInFen } = book;
  let fen = setup.purseFen;
  return runningFen.map((running, hour) => {
    fen += (paidInFen[hour] ?? 0) - running - (paidFen[hour] ?? 0);
    return fen;
  });
}

function machineRun(
  { key, tracked }: InstanceView,
  { prices, provider, name: account }: AccountView,
  ran: {
    readonly track: Track | null;
    readonly without: Track | null;
    readonly acts: readonly ComingDecision[];
    readonly time: RunTime;
  },
): MachineRun {
  const { instance } = tracked;
  const { track, without, acts } = ran;
  const done = acts.filter(({ refused }) => refused === undefined);
  const prepaid = instance.billing === 'daily' || instance.billing === 'monthly';
  const isKnown = prepaid || hourlyPriceFen(instance, prices) !== null;
  const cost = (each: Track | null) => (each === null || (!isKnown && each.upMs > 0) ? null : each.fenMs / HOUR_MS);
  const fen = cost(track);
  const withoutFen = cost(without);
  const paidFen = paidOf(done);
  const timeline = track?.changes ?? [];
  return {
    key,
    account,
    name: instance.name,
    billing: instance.billing,
    upMs: track?.upMs ?? 0,
    upWithoutMs: without?.upMs ?? 0,
    fen,
    withoutFen,
    paidFen,
    ...interruptionsOf(done, timeline, provider),
    acts,
    timeline,
    isUnpriced: fen === null || withoutFen === null || paidFen === null,
  };
}

/** How often what was done to a machine interrupts whoever is there, and how often at work. */
export function interruptionsOf(
  done: readonly ComingDecision[],
  timeline: MachineRun['timeline'],
  provider: AccountView['provider'],
): Pick<MachineRun, 'interruptions' | 'whileBusy'> {
  const interrupting = done.filter(({ action }) =>
    POLICY_ACTIONS.some((known) => known === action && interrupts(known, provider)),
  );
  return {
    interruptions: interrupting.length,
    whileBusy: interrupting.filter(({ at }) => doingBefore(timeline, at) === 'busy').length,
  };
}

/** What it was at just before. */
function doingBefore(timeline: MachineRun['timeline'], at: number): Doing | null {
  let low = 0;
  let high = timeline.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((timeline[middle]?.at ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  // At the very beginning what it began with.
  return timeline[Math.max(0, low - 1)]?.doing ?? null;
}

/** The machines of all accounts under their keys. */
export function machinesByKey(accounts: readonly AccountRun[]): ReadonlyMap<InstanceKey, MachineRun> {
  return new Map(accounts.flatMap(({ machines }) => machines.map((machine) => [machine.key, machine] as const)));
}

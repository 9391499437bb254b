import type { Zone } from '../../calendar/zone.ts';
import { comingBill, paidOf } from '../../decide/coming-bill.ts';
import { type ComingDecision, withoutMere } from '../../decide/forecast.ts';
import type { AccountView, InstanceView } from '../../decide/world.ts';
import { assertNever } from '../../fleet/assert-never.ts';
import type { InstanceKey } from '../../fleet/instance.ts';
import type { Policy } from '../../policy/policy.ts';
import { type AccountRun, interruptionsOf, type MachineRun } from '../simulate/run.ts';
import { type Doing, HourBook } from '../simulate/track.ts';
import type { Simulation } from '../simulate.ts';
import type { WhatIfUse } from './what-if.ts';

/** A page on no time at all could draw nothing. */
const LEAST_MS = 60_000;

/** Times are epoch ms, money is fen an hour. */
interface Stretch {
  readonly from: number;
  until: number;
  readonly rateFen: number;
  /** As it is beside that, to be held against it. */
  readonly besideFen: number;
}

/** What is noted of one machine. */
interface Noted {
  billing: string;
  readonly timeline: { readonly at: number; readonly doing: Doing }[];
  readonly stretches: Stretch[];
}

/** One account, as it was last seen. */
interface NotedAccount {
  view: AccountView;
  readonly machines: Map<InstanceKey, Noted>;
  /** What was on it, by time. */
  readonly balances: { readonly at: number; readonly fen: number }[];
}

/** What the machines of a recording were at, or would have been, and what that costs, from pass to pass. */
export class RecordedDays {
  readonly #accounts = new Map<string, NotedAccount>();

  /** What a machine is at between two passes. */
  ran(account: AccountView, view: InstanceView, stretch: Stretch): void {
    const noted = this.#noted(account, view);
    change(noted, stretch.from, doingOf(view));
    const last = noted.stretches.at(-1);
    const goesOn =
      last?.until === stretch.from && last.rateFen === stretch.rateFen && last.besideFen === stretch.besideFen;
    if (goesOn) last.until = stretch.until;
    else noted.stretches.push({ ...stretch });
  }

  /** From then on nobody recorded anything. */
  unknown(account: AccountView, views: readonly InstanceView[], at: number): void {
    for (const view of views) change(this.#noted(account, view), at, 'unknown');
  }

  /** Of the machines of an account these are all that are still there. */
  goneBut({ name }: AccountView, views: readonly InstanceView[], at: number): void {
    const there = new Set(views.map(({ key }) => key));
    for (const [key, noted] of this.#accounts.get(name)?.machines ?? []) if (!there.has(key)) change(noted, at, 'gone');
  }

  /** What is on an account; `null`: nobody knows. */
  balance(account: AccountView, at: number, fen: number | null): void {
    if (fen !== null) this.#of(account).balances.push({ at, fen });
  }

  /** In the order in which they were first seen. */
  get accounts(): Iterable<Readonly<NotedAccount>> {
    return this.#accounts.values();
  }

  #of(view: AccountView): NotedAccount {
    const account = this.#accounts.get(view.name) ?? { view, machines: new Map<InstanceKey, Noted>(), balances: [] };
    this.#accounts.set(view.name, account);
    account.view = view;
    return account;
  }

  #noted(view: AccountView, { key, tracked }: InstanceView): Noted {
    const account = this.#of(view);
    const noted = account.machines.get(key) ?? { billing: '', timeline: [], stretches: [] };
    account.machines.set(key, noted);
    noted.billing = tracked.instance.billing;
    return noted;
  }
}

/** The days of a recording in the form of days to come, so that the same tables and pages show them. */
export function recordedSimulation(
  days: RecordedDays,
  uses: readonly WhatIfUse[],
  led: {
    readonly from: number;
    readonly until: number;
    readonly zone: Zone;
    /** Those in force at the end. */
    readonly policies: readonly Policy[];
    readonly coming: readonly ComingDecision[];
    readonly unknownMs: number;
    readonly work: 'recorded' | 'as-recorded';
  },
): Simulation {
  const { from, zone, policies, unknownMs, work } = led;
  const reached = Math.max(led.until, from + LEAST_MS);
  const coming = withoutMere(led.coming).toSorted((a, b) => a.at - b.at);
  const byUse = new Map(uses.map((use) => [use.instance, work === 'recorded' ? use : turned(use)]));
  const noted = [...days.accounts];
  const accounts = noted.map(({ view, machines, balances }): AccountRun => {
    const own = coming.filter(({ account }) => account === view.name);
    const time = { from, until: reached, zone };
    const [book, beside] = [new HourBook(time), new HourBook(time)];
    for (const { kind, costYuan, at, refused } of own)
      if (kind === 'act' && refused === undefined && costYuan !== null)
        book.pay(Math.round(Number(costYuan) * 100), Math.min(at, reached - 1));
    const acts = Map.groupBy(
      own.filter(({ kind }) => kind === 'act'),
      ({ instance }) => instance,
    );
    const runs = [...machines].map(([key, each]) => machineRun(view, key, each, byUse.get(key), acts.get(key) ?? []));
    for (const { key, isUnpriced } of runs) {
      // What is left out of the sums is left out of the curves.
      if (isUnpriced) continue;
      for (const stretch of machines.get(key)?.stretches ?? []) {
        book.run(stretch.rateFen, stretch.from, stretch.until);
        beside.run(stretch.besideFen, stretch.from, stretch.until);
      }
    }
    return {
      name: view.name,
      machines: runs,
      coming: own,
      happenings: [],
      broke: { at: null, withoutAt: null },
      reached,
      hours: {
        running: book.runningFen,
        without: beside.runningFen,
        paid: book.paidFen,
        balance: balances.length === 0 ? null : book.known(balances),
      },
    };
  });
  const machines = accounts.flatMap((account) => account.machines);
  return {
    from,
    reached,
    isCut: false,
    seed: null,
    timezone: zone.name,
    policies,
    accounts,
    coming,
    bill: comingBill(machines),
    fleet: noted.map(({ view }) => view),
    unlisted: [],
    assumptions: {
      work,
      unknown: machines.filter(({ timeline }) => timeline.some(({ doing }) => doing === 'unknown')).length,
      unread: 0,
      endless: [],
      observing: policies.filter(({ enabled, mode }) => enabled && mode === 'observe').map(({ name }) => name),
      ...(unknownMs > 0 && { unrecordedMs: unknownMs }),
    },
  };
}

/** The days as they were, held against what they would have been. */
function turned({ upMs, recordedUpMs, fen, recordedFen, ...use }: WhatIfUse): WhatIfUse {
  return { ...use, upMs: recordedUpMs, recordedUpMs: upMs, fen: recordedFen, recordedFen: fen };
}

function machineRun(
  { name: account, provider }: AccountView,
  key: InstanceKey,
  { billing, timeline }: Noted,
  use: WhatIfUse | undefined,
  acts: readonly ComingDecision[],
): MachineRun {
  const { name = key, upMs = 0, recordedUpMs = 0, fen = 0, recordedFen = 0 } = use ?? {};
  const done = acts.filter(({ refused }) => refused === undefined);
  const paidFen = paidOf(done);
  return {
    key,
    account,
    name,
    billing,
    upMs,
    upWithoutMs: recordedUpMs,
    fen,
    withoutFen: recordedFen,
    paidFen,
    ...interruptionsOf(done, timeline, provider),
    acts,
    timeline,
    isUnpriced: fen === null || recordedFen === null || paidFen === null,
  };
}

function change({ timeline }: Noted, at: number, doing: Doing): void {
  if (timeline.at(-1)?.doing !== doing) timeline.push({ at, doing });
}

function doingOf({ tracked, activity }: InstanceView): Doing {
  const { status } = tracked.instance;
  switch (status) {
    case 'running':
      if (activity?.kind === 'active') return 'busy';
      return activity?.kind === 'idle' ? 'idle' : 'unknown';
    case 'stopped':
      return tracked.stopMode === 'cardless' ? 'cardless' : 'off';
    case 'destroyed':
      return 'gone';
    case 'unknown':
      return 'unknown';
    case 'creating':
    case 'starting':
    case 'stopping':
    case 'restarting':
      return 'moving';
    default:
      return assertNever(status);
  }
}

import type { MachineAnswer, MachineState, Machines } from '../../decide/machines.ts';
import { configuredPrice, hourlyPriceFen, stoppedPriceFen } from '../../decide/price.ts';
import type { AccountView, InstanceView } from '../../decide/world.ts';
import type { ActionCall } from '../../fleet/action-call.ts';
import type { Activity } from '../../fleet/activity.ts';
import { assertNever } from '../../fleet/assert-never.ts';
import { type InstanceKey, instanceKey } from '../../fleet/instance.ts';
import type { Fen } from '../../fleet/money.ts';
import { isUp, type Status } from '../../fleet/status.ts';
import { DueQueue } from '../../simulator/due-queue.ts';
import type { SimEffect } from '../../simulator/history.ts';
import {
  destroy,
  destroyForGood,
  restart,
  saveImage,
  setShutdownTimer,
  snapshot,
  start,
  stop,
} from '../../simulator/lifecycle.ts';
import { hourlyRateFen } from '../../simulator/meter.ts';
import type { Cause, Outcome } from '../../simulator/outcome.ts';
import { lengthen, renew } from '../../simulator/paid.ts';
import { type Random, seededRandom } from '../../simulator/random.ts';
import { DEFAULT_RULES, type SimRules } from '../../simulator/rules.ts';
import { seedToSaved } from '../../simulator/seed-account.ts';
import type { TopUp } from '../../simulator/sim-account.ts';
import type { OwnPrice, SimInstance, SimInstanceSeed, SimStatus } from '../../simulator/sim-instance.ts';
import { type AccountContext, SimulatedAccount } from '../../simulator/simulated-account.ts';
import { busyBetween, isBusy, lastBusyAt, nextChangeAt } from '../../simulator/workload.ts';
import { type Doing, HourBook, type TimeSpan, type Track } from './track.ts';

/** What runs on a machine. `as-now`: whatever it is at, it goes on with. `edges`: when work begins and ends, by turns. */
export type Work =
  | { readonly kind: 'as-now' }
  | {
      readonly kind: 'edges';
      readonly edges: readonly number[];
      /** When work begins and the machine is down, its person starts it. */
      readonly comesBack: boolean;
    };

/** One account with what is taken for granted of it. */
export interface AccountSetup {
  readonly view: AccountView;
  readonly workOf: (view: InstanceView) => Work;
  /** What is on it, whether its cloud tells or not; `null`: nobody knows, so it never runs out. */
  readonly purseFen: Fen | null;
  readonly topUp: TopUp | null;
  /** Are there no cards of that product just then? Whoever is to be started is refused. */
  readonly isOutOfStock: (gpuType: string, at: number) => boolean;
}

/** Something that nobody decided: it befell a machine or an account. */
export interface Happening {
  readonly at: number;
  readonly account: string;
  readonly instance: InstanceKey | null;
  readonly kind: 'person-start' | 'expired' | 'released' | 'arrears' | 'top-up';
}

/** A stuck machine stays stuck: whatever takes a few minutes would have been over by then. */
const STUCK_AFTER_MS = 15 * 60_000;
/** chenyu v1 stops by a timer, which lies at least so far ahead (its doc "scheduled/shutdown"). */
const TIMER_LEAD_MS = 5 * 60_000;
const MINUTE_MS = 60_000;
/** For an account of which nobody knows what is on it. */
const NO_END_FEN = 1e14;

interface Machine {
  readonly key: InstanceKey;
  readonly account: Account;
  readonly work: Work;
  /** What it was at when the simulated time began; `null`: it was down. And since when it had been up. */
  readonly asNow: Activity | null;
  readonly upAsNow: number | null;
  readonly track: Track;
  status: Status;
  statusSince: number;
  upSince: number | null;
  stopMode: 'normal' | 'cardless' | null;
  personStartAt: number | null;
  /** Its own billing word stays where the cloud's is not known. */
  readonly billing: InstanceView['tracked']['instance']['billing'];
}

interface Account {
  readonly setup: AccountSetup;
  readonly book: HourBook;
  readonly edges: DueQueue;
  /** By the cloud's own ids. */
  readonly machines: Map<string, Machine>;
  cloud: SimulatedAccount | null;
}

/**
 * The simulator's own state machines, prices and purse, led through virtual time: what a forecast asks how machines go on.
 * The same arguments give the same answers.
 */
export class SimulatedMachines implements Machines {
  readonly happenings: Happening[] = [];
  readonly #rules: SimRules;
  readonly #machines = new Map<InstanceKey, Machine>();
  readonly #accounts = new Map<string, Account>();
  readonly #changed = new Set<InstanceKey>();
  #now: number;
  #seq = 0;

  /** @param rules what no vendor's page says; see the simulator's */
  constructor(
    setups: readonly AccountSetup[],
    time: TimeSpan & { readonly seed: number },
    rules: SimRules = DEFAULT_RULES,
  ) {
    this.#now = time.from;
    this.#rules = rules;
    const random = seededRandom(time.seed);
    for (const setup of setups) this.#add(setup, time, random);
  }

  act(key: InstanceKey, call: ActionCall): MachineAnswer {
    const machine = this.#machines.get(key);
    const cloud = machine?.account.cloud ?? null;
    if (machine === undefined || cloud === null) return { kind: 'refused', why: 'not-found' };
    const { outcome, tookMs } = this.#call(machine, cloud, call);
    return outcome === null ? { kind: 'accepted', doneAt: this.#now + tookMs } : { kind: 'refused', why: outcome };
  }

  settle(now: number): Iterable<InstanceKey> {
    for (const account of this.#accounts.values()) this.#settle(account, now);
    this.#now = Math.max(this.#now, now);
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }

  nextAt(): number | null {
    let next: number | null = null;
    for (const { cloud, edges } of this.#accounts.values()) {
      for (const at of [cloud?.nextDueAt, edges.nextAt])
        if (at !== null && at !== undefined && (next === null || at < next)) next = at;
    }
    return next;
  }

  state(key: InstanceKey): MachineState | null {
    const machine = this.#machines.get(key);
    const instance = machine === undefined ? undefined : machine.account.cloud?.raw(idOf(key));
    if (machine === undefined || instance === undefined) return null;
    const { status, statusSince, upSince, stopMode, personStartAt } = machine;
    return {
      status,
      statusSince,
      upSince,
      stopMode: status === 'stopped' ? stopMode : null,
      personStartAt,
      billing: machine.billing === 'unknown' ? 'unknown' : instance.billing,
      expiresAt: instance.expiresAt,
      savingImage: instance.saveStatus === 1,
      activity: this.#activity(machine, instance),
    };
  }

  balanceFen(account: string): Fen | null {
    const known = this.#accounts.get(account);
    if (known === undefined || known.setup.view.balanceFen === null) return null;
    return known.cloud?.balanceAtHandFen ?? null;
  }

  /** Ends the books at `until`, which everything must have been settled to. */
  close(until: number): void {
    for (const { track, account } of this.#machines.values()) count(track, account.book, until);
  }

  track(key: InstanceKey): Track | null {
    return this.#machines.get(key)?.track ?? null;
  }

  book(account: string): HourBook | null {
    return this.#accounts.get(account)?.book ?? null;
  }

  #add(setup: AccountSetup, time: TimeSpan, random: Random): void {
    const { view } = setup;
    const { from } = time;
    const account: Account = {
      setup,
      book: new HourBook(time),
      edges: new DueQueue(),
      machines: new Map(),
      cloud: null,
    };
    this.#accounts.set(view.name, account);
    // What cannot be read, or is about to vanish, goes on as it is: nobody knows how.
    const known = view.instances.flatMap((each) => {
      const status = simStatusOf(each);
      return status === null ? [] : [{ each, status, work: setup.workOf(each) }];
    });
    for (const { each, work } of known) {
      const machine = machineOf(each, work, account, from);
      this.#machines.set(each.key, machine);
      account.machines.set(each.tracked.instance.id, machine);
    }
    const saved = seedToSaved(
      {
        name: view.name,
        provider: view.provider,
        token: '',
        balanceFen: setup.purseFen ?? NO_END_FEN,
        ...(setup.topUp === null ? {} : { topUp: setup.topUp }),
        instances: known.map(({ each, status, work }) =>
          seedOf(each, status, work, { view, from, rules: this.#rules }),
        ),
      },
      { now: from, random },
    );
    // A machine that is paid ahead and tells no end has none, whatever the simulator would give it.
    for (const [index, { each }] of known.entries()) {
      const instance = saved.instances[index];
      if (instance !== undefined) instance.expiresAt = each.tracked.instance.expiresAt;
    }
    const context: AccountContext = {
      clock: { now: () => this.#now },
      random,
      rules: this.#rules,
      nextSeq: () => {
        this.#seq += 1;
        return this.#seq;
      },
      effect: (effect) => this.#effect(account, effect),
      perform: () => undefined,
      touched: (_cloud, id, instance, at) => this.#touched(account, id, instance, Math.max(at, from)),
    };
    account.cloud = new SimulatedAccount(saved, context);
  }

  #settle(account: Account, now: number): void {
    const { cloud, edges } = account;
    if (cloud === null) return;
    for (;;) {
      const at = Math.min(cloud.nextDueAt ?? Number.POSITIVE_INFINITY, edges.nextAt ?? Number.POSITIVE_INFINITY);
      if (at > now) break;
      cloud.settle(at);
      while (edges.nextAt !== undefined && edges.nextAt <= at) {
        const id = edges.take() ?? '';
        this.#touched(account, id, cloud.raw(id) ?? null, at);
      }
    }
    cloud.settle(now);
  }

  /** Books what has been, and notes what is from now on. */
  #touched(account: Account, id: string, instance: SimInstance | null, at: number): void {
    const machine = account.machines.get(id);
    if (machine === undefined) return;
    const { track, key } = machine;
    count(track, account.book, at);
    const before = machine.status;
    const status = instance === null ? 'destroyed' : statusOf(instance.status);
    if (status !== before) {
      machine.status = status;
      machine.statusSince = at;
      if (!isUp(status)) machine.upSince = null;
      else if (!isUp(before) || (status === 'restarting') !== (before === 'restarting')) machine.upSince = at;
      if (isUp(status)) machine.stopMode = null;
    }
    track.isUp = isUp(status);
    track.rateFen = instance === null ? 0 : hourlyRateFen(instance, this.#rules);
    const doing = instance === null ? 'gone' : doingOf(machine, instance, this.#activity(machine, instance, at));
    if (track.changes.at(-1)?.doing !== doing) track.changes.push({ at, doing });
    if (instance !== null && status === 'running' && machine.work.kind === 'edges') {
      const next = nextChangeAt(instance.workload, at);
      if (next !== null) account.edges.add(id, next);
    }
    this.#changed.add(key);
  }

  #effect(account: Account, effect: SimEffect): void {
    const { view } = account.setup;
    const instance = effect.instanceId === null ? null : instanceKey({ account: view.name, id: effect.instanceId });
    const machine = instance === null ? undefined : this.#machines.get(instance);
    const kind = happeningOf(effect);
    if (kind !== null) this.happenings.push({ at: effect.at, account: view.name, instance, kind });
    if (effect.costFen !== 0) account.book.pay(effect.costFen, effect.at);
    if (machine === undefined) return;
    if (effect.costFen > 0) machine.track.paidFen += effect.costFen;
    if (kind === 'person-start') machine.personStartAt = effect.at;
    if (kind === 'expired' || kind === 'arrears') machine.stopMode = null;
  }

  #call(machine: Machine, cloud: SimulatedAccount, call: ActionCall): { outcome: Outcome; tookMs: number } {
    const id = idOf(machine.key);
    const now = this.#now;
    // A sequence number of a call, so that it is not taken for the clock's own doing.
    const cause: Cause = { at: now, callSeq: this.#seq };
    const rules = this.#rules;
    const { provider } = cloud;
    switch (call.kind) {
      case 'stop':
      case 'cardless-stop': {
        const cardless = call.kind === 'cardless-stop';
        if (provider === 'chenyu-v1') {
          const shutdownAt = Math.ceil((now + TIMER_LEAD_MS) / MINUTE_MS) * MINUTE_MS;
          const outcome = setShutdownTimer(cloud, id, cause, { shutdownAt, minLeadMs: 0 });
          if (outcome === null) machine.stopMode = 'normal';
          return { outcome, tookMs: shutdownAt - now + rules.stoppingMs };
        }
        const outcome = stop(cloud, id, cause, { cardless });
        if (outcome === null) machine.stopMode = cardless ? 'cardless' : 'normal';
        return { outcome, tookMs: rules.stoppingMs };
      }
      case 'start': {
        const known = provider === 'huixingyun' && call.stopMode !== 'unknown';
        const gpu = cloud.raw(id)?.gpu ?? '';
        if (machine.account.setup.isOutOfStock(gpu, now)) cloud.outOfStock.add(gpu);
        else cloud.outOfStock.delete(gpu);
        const outcome = start(cloud, id, cause, { cardless: known ? call.stopMode === 'cardless' : null });
        if (outcome === null) machine.personStartAt = null;
        return { outcome, tookMs: rules.startingMs };
      }
      case 'restart':
        return { outcome: restart(cloud, id, cause), tookMs: rules.restartingMs };
      case 'snapshot': {
        if (provider === 'huixingyun')
          return { outcome: snapshot(cloud, id, cause, { name: call.name }), tookMs: rules.snapshotMs };
        const outcome = saveImage(cloud, id, cause, { name: call.name, remark: '' });
        if (outcome === null) machine.stopMode = 'normal';
        return { outcome, tookMs: rules.saveImageMs + rules.stoppingMs };
      }
      case 'renew':
        return { outcome: renew(cloud, id, cause, call.periods), tookMs: 0 };
      case 'lengthen':
        return { outcome: lengthen(cloud, id, cause, call.to), tookMs: 0 };
      case 'destroy': {
        const how = provider === 'huixingyun' ? destroy : destroyForGood;
        return { outcome: how(cloud, id, cause), tookMs: 0 };
      }
      case 'rebuild':
      case 'create':
      case 'shutdown-timer':
        // By hand only.
        return { outcome: 'bad-argument', tookMs: 0 };
      default:
        return assertNever(call);
    }
  }

  #activity(machine: Machine, instance: SimInstance, at = this.#now): Activity {
    if (machine.status !== 'running') return { kind: 'not-applicable', at };
    const { work, asNow, upSince, upAsNow } = machine;
    if (work.kind === 'as-now') {
      if (asNow?.kind === 'idle') return upSince === upAsNow ? asNow : idleFrom(upSince ?? at, at);
      // Of what was down nobody knows whether it would idle, so it is left alone.
      return asNow?.kind === 'unknown' ? asNow : { kind: 'active', at, readings: [] };
    }
    if (isBusy(instance.workload, at)) return { kind: 'active', at, readings: [] };
    const worked = lastBusyAt(instance.workload, at);
    // Nothing is known of the work before the simulated time, unless somebody has looked.
    const before = asNow?.kind === 'idle' ? asNow.since : (upSince ?? at);
    return idleFrom(Math.max(worked ?? before, upSince ?? at), at);
  }
}

function idleFrom(since: number, at: number): Activity {
  return { kind: 'idle', at, since, readings: [], watched: { from: since, to: at, holes: [] } };
}

/** Adds up what has been since the last time. */
function count(track: Track, book: HourBook, at: number): void {
  const ms = at - track.sinceAt;
  if (ms <= 0) return;
  if (track.isUp) track.upMs += ms;
  track.fenMs += track.rateFen * ms;
  book.run(track.rateFen, track.sinceAt, at);
  track.sinceAt = at;
}

function idOf(key: InstanceKey): string {
  return key.slice(key.indexOf('/') + 1);
}

function machineOf(view: InstanceView, work: Work, account: Account, from: number): Machine {
  const { tracked, key, activity } = view;
  const { status, billing } = tracked.instance;
  const { statusSince, upSince, stopMode, personStartAt } = tracked;
  const track: Track = { changes: [], upMs: 0, fenMs: 0, paidFen: 0, sinceAt: from, isUp: isUp(status), rateFen: 0 };
  const noProbe: Activity = { kind: 'unknown', at: from, reason: 'no-probe', readings: [] };
  const asNow = activity === null ? noProbe : activity.kind === 'not-applicable' ? null : activity;
  const upAsNow = upSince;
  return { key, account, work, asNow, upAsNow, track, status, statusSince, upSince, stopMode, personStartAt, billing };
}

function seedOf(
  { tracked }: InstanceView,
  status: SimStatus,
  work: Work,
  ground: { readonly view: AccountView; readonly from: number; readonly rules: SimRules },
): SimInstanceSeed {
  const { instance, statusSince, upSince, stopMode } = tracked;
  const { from, rules, view } = ground;
  const isStuck = from - statusSince > STUCK_AFTER_MS;
  const next = isStuck ? null : nextOf(status, from, rules);
  return {
    id: instance.id,
    name: instance.name,
    gpu: instance.gpuType,
    gpuCount: instance.gpuCount ?? 1,
    room: instance.room,
    billing: instance.billing === 'unknown' ? 'hourly' : instance.billing,
    status,
    next,
    cardless: stopMode === 'cardless',
    createdAt: instance.createdAt ?? tracked.firstSeenAt,
    startedAt: upSince,
    shutdownAt: instance.shutdownTimerAt,
    workload: busyBetween(work.kind === 'edges' ? work.edges : []),
    ownerStarts: work.kind === 'edges' && work.comesBack,
    price: priceOf(instance, view),
  };
}

/** Fen; 0 for what has no known price, which is told apart. */
function priceOf(instance: InstanceView['tracked']['instance'], { prices }: AccountView): OwnPrice {
  const price = configuredPrice(instance, prices);
  return {
    hourly: hourlyPriceFen(instance, prices) ?? 0,
    daily: price?.dailyFen ?? 0,
    monthly: price?.monthlyFen ?? 0,
    stopped: stoppedPriceFen(instance, prices, 'normal') ?? 0,
    cardless: stoppedPriceFen(instance, prices, 'cardless') ?? 0,
  };
}

function nextOf(status: SimStatus, from: number, rules: SimRules): SimInstance['next'] {
  const ways: Partial<Record<SimStatus, { readonly to: SimStatus; readonly ms: number }>> = {
    creating: { to: 'running', ms: rules.creatingMs },
    starting: { to: 'running', ms: rules.startingMs },
    restarting: { to: 'running', ms: rules.restartingMs },
    stopping: { to: 'stopped', ms: rules.stoppingMs },
  };
  const way = ways[status];
  return way === undefined ? null : { status: way.to, at: from + way.ms };
}

/** `null`: nobody knows how it goes on. */
function simStatusOf({ tracked }: InstanceView): SimStatus | null {
  const { status, problems } = tracked.instance;
  if (status === 'unknown' || status === 'destroyed' || problems.length > 0) return null;
  return (tracked.missing ?? 0) > 0 ? null : status;
}

function statusOf(status: SimStatus): Status {
  if (status === 'ordered') return 'creating';
  return status === 'created' ? 'stopped' : status;
}

function doingOf({ status }: Machine, instance: SimInstance, activity: Activity): Doing {
  if (status === 'running') return activity.kind === 'active' ? 'busy' : activity.kind === 'idle' ? 'idle' : 'unknown';
  if (status === 'stopped') return instance.cardless ? 'cardless' : 'off';
  return status === 'destroyed' ? 'gone' : 'moving';
}

/** What the clock itself did, in words of ours. */
const BEFELL: Partial<Record<SimEffect['kind'], Happening['kind']>> = {
  start: 'person-start',
  expired: 'expired',
  arrears: 'arrears',
  vanished: 'released',
  recharge: 'top-up',
};

function happeningOf({ kind, callSeq }: SimEffect): Happening['kind'] | null {
  return callSeq === null ? (BEFELL[kind] ?? null) : null;
}

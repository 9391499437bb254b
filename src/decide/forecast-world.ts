import { DAY_MS } from '../calendar/civil.ts';
import { localDay, type Zone } from '../calendar/zone.ts';
import { interrupts } from '../fleet/action.ts';
import type { Activity } from '../fleet/activity.ts';
import { assertNever } from '../fleet/assert-never.ts';
import type { Hold } from '../fleet/hold.ts';
import type { InstanceKey } from '../fleet/instance.ts';
import type { Announcement, CloudAct, NotifyAct, Tidy } from './decision.ts';
import { doneAtOnce } from './done-at-once.ts';
import { ForecastHistory } from './forecast-history.ts';
import { ForecastMoney, type MoneyLevels } from './forecast-money.ts';
import type { MachineAnswer, MachineState, Machines } from './machines.ts';
import { afterTry } from './obligations.ts';
import { ROLLING_MS } from './pass.ts';
import type { AccountView, InstanceView, World } from './world.ts';

/** An act that a cloud would not carry out. */
export interface RefusedAct {
  readonly at: number;
  readonly policy: string;
  readonly instance: InstanceKey;
  readonly occurrence: string;
  readonly step: number;
  readonly why: string;
}

/** One account as the forecast has it at its present instant. */
interface Future {
  view: AccountView;
  places: ReadonlyMap<InstanceKey, number>;
  instances: InstanceView[];
  interruptedAt: number[];
  calls: number;
  fen: number;
  day: string;
  /** `null`: it stays as it is. */
  readonly money: ForecastMoney | null;
}

/**
 * A world that is led into the future. With {@link Machines} of its own these say what becomes of an act and how a machine
 * goes on; without, what is decided is taken to be done at once and without fail, and the rest to stay as it is: machines
 * that idle go on idling. Listings and readings go on being made.
 */
export class ForecastWorld {
  readonly history: ForecastHistory;
  readonly refused: RefusedAct[] = [];
  readonly #start: World;
  readonly #zone: Zone;
  readonly #machines: Machines | null;
  readonly #futures: ReadonlyMap<string, Future>;
  /** Also of machines that have gone. */
  readonly #futureByKey = new Map<InstanceKey, Future>();
  /** Which policy has stopped a machine that has not come up since. */
  readonly #stops = new Map<InstanceKey, string>();
  /** Of machines that were stopped on the way: what they were at before. */
  readonly #before = new Map<InstanceKey, Activity>();
  readonly #holds: Map<InstanceKey, Hold>;
  #now: number;
  #day = { number: Number.NaN, text: '' };

  /** @param levels of money that policies ask about; needed with machines, whose account draws down */
  constructor(world: World, zone: Zone, machines: Machines | null = null, levels: MoneyLevels = NO_LEVELS) {
    this.#start = world;
    this.#machines = machines;
    this.#zone = zone;
    this.#now = world.now;
    this.#holds = new Map(world.holds);
    this.history = new ForecastHistory(
      world.history,
      world.accounts.map(({ name }) => name),
      world.now,
    );
    this.#futures = new Map(
      world.accounts.map((view) => [
        view.name,
        {
          view,
          places: placesIn(view.instances),
          instances: [...view.instances],
          interruptedAt: [...view.interruptedAt],
          calls: view.spend?.callsToday ?? 0,
          fen: view.spend?.spentTodayFen ?? 0,
          day: localDay(world.now, zone),
          money: (machines?.balanceFen(view.name) ?? null) === null ? null : new ForecastMoney(view, levels),
        },
      ]),
    );
    for (const future of this.#futures.values()) {
      for (const { key, tracked } of future.instances) {
        this.#futureByKey.set(key, future);
        if (tracked.stoppedBy !== null) this.#stops.set(key, tracked.stoppedBy);
      }
    }
  }

  get accounts(): readonly AccountView[] {
    return [...this.#futures.values()].map(({ view, instances }) => ({ ...view, instances }));
  }

  instance(key: InstanceKey): InstanceView | null {
    const future = this.#futureOf(key);
    const place = future?.places.get(key);
    return place === undefined ? null : (future?.instances[place] ?? null);
  }

  /** Where some instances stand in the views of their accounts, for a look at only these. */
  placesOf(keys: Iterable<InstanceKey>): ReadonlyMap<string, readonly number[]> {
    const found = new Map<string, number[]>();
    for (const key of keys) {
      const future = this.#futureOf(key);
      const place = future?.places.get(key);
      if (future === null || place === undefined) continue;
      const list = found.get(future.view.name);
      if (list === undefined) found.set(future.view.name, [place]);
      else list.push(place);
    }
    // In the order of the listing, as a whole pass has it.
    for (const list of found.values()) list.sort((a, b) => a - b);
    return found;
  }

  /** When a machine next becomes otherwise by itself; `null`: never. */
  nextAt(): number | null {
    return this.#machines?.nextAt() ?? null;
  }

  /** Lets the machines go on until `now`, and answers which have become otherwise. */
  settle(now: number): ReadonlySet<InstanceKey> {
    this.#now = now;
    this.history.moveTo(now);
    const changed = new Set<InstanceKey>();
    if (this.#machines === null) return changed;
    const gone = new Set<InstanceKey>();
    for (const key of this.#machines.settle(now)) {
      const state = this.#machines.state(key);
      if (state === null) gone.add(key);
      else this.#goOn(key, state);
      changed.add(key);
    }
    if (gone.size > 0) this.#remove(gone);
    return changed;
  }

  /** Looks at the money of all accounts; whether a level has been crossed that some policy asks about. */
  countMoney(now: number): boolean {
    let isCrossed = false;
    for (const { view, instances, money } of this.#futures.values()) {
      const balanceFen = this.#machines?.balanceFen(view.name) ?? null;
      if (money === null || balanceFen === null) continue;
      if (money.moveTo(now, { ...view, instances }, balanceFen)) isCrossed = true;
    }
    return isCrossed;
  }

  /** The world at a later instant; the one it was made from at its own. */
  at(now: number): World {
    this.#now = now;
    this.history.moveTo(now);
    const day = this.#dayAt(now);
    const accounts = [...this.#futures.values()].map((future): AccountView => {
      const { instances, money } = future;
      const view = money === null ? future.view : money.over(future.view);
      if (future.day !== day) {
        future.day = day;
        future.calls = 0;
        future.fen = 0;
      }
      if (future.interruptedAt.some((at) => at <= now - ROLLING_MS))
        future.interruptedAt = future.interruptedAt.filter((at) => at > now - ROLLING_MS);
      return {
        ...view,
        instances,
        interruptedAt: future.interruptedAt,
        takenAt: view.trust === 'stale-snapshot' || view.takenAt === null ? view.takenAt : Math.max(view.takenAt, now),
        spend: view.spend === null ? null : { ...view.spend, callsToday: future.calls, spentTodayFen: future.fen },
      };
    });
    return { ...this.#start, now, accounts, holds: this.#holds, history: this.history };
  }

  /** Something about an instance becomes otherwise by itself. */
  becomes(key: InstanceKey, change: (view: InstanceView) => InstanceView): void {
    this.#change(key, change);
  }

  putHold(hold: Hold): void {
    this.#holds.set(hold.instance, hold);
  }

  /** Something about an account becomes otherwise by itself. */
  accountBecomes(name: string, change: (view: AccountView) => AccountView): void {
    const future = this.#futures.get(name);
    if (future !== undefined) future.view = change(future.view);
  }

  /** A hold ends, and with it begins the idle clock. */
  endHold(key: InstanceKey, until: number): void {
    this.#change(key, (view) => ({ ...view, heldUntil: until }));
  }

  /** @returns when it has been carried out; `null`: the cloud refuses it */
  act(act: CloudAct): number | null {
    const { view, policy, account, occurrence, step, call } = act;
    const { key } = view;
    const future = this.#futureOf(key);
    if (future === null) return null;
    const answer: MachineAnswer = this.#machines?.act(key, call) ?? { kind: 'accepted', doneAt: this.#now };
    const doneAt = answer.kind === 'accepted' ? answer.doneAt : null;
    this.history.acted({ policy, target: key, account, occurrence, step, doneAt });
    this.history.dropNotice({ policy, instance: key, occurrence });
    if (act.obligation !== null) {
      this.history.dropObligation(act.obligation);
      if (answer.kind === 'refused') this.history.putObligation(afterTry(act.obligation, this.#now));
    }
    if (answer.kind === 'refused')
      this.refused.push({ at: this.#now, policy, instance: key, occurrence, step, why: answer.why });
    if (doneAt === null) return null;
    if (doneAt > this.#now) this.history.underWay(key, doneAt);
    for (const draft of act.obligations) {
      const stopMode = act.action === 'cardless-stop' ? 'cardless' : 'normal';
      this.history.putObligation({ ...draft, stopMode, stoppedAt: this.#now, attempts: 0, nextTryAt: 0 });
    }
    const snapshotStops = interrupts('snapshot', future.view.provider);
    if (interrupts(act.action, future.view.provider)) future.interruptedAt.push(this.#now);
    if (call.kind === 'renew' || call.kind === 'lengthen') this.#pay(future, act.costFen);
    if (call.kind === 'renew') this.history.renewed(key);
    if (call.kind === 'stop' || call.kind === 'cardless-stop' || (call.kind === 'snapshot' && snapshotStops))
      this.#stops.set(key, policy);
    if (this.#machines !== null) return doneAt;
    this.#change(key, (now) => {
      const before = this.#before.get(key) ?? null;
      const after = doneAtOnce(now, call, { now: this.#now, snapshotStops, policy, before });
      if (after.activity?.kind === 'not-applicable' && now.activity !== null && now.activity.kind !== 'not-applicable')
        this.#before.set(key, now.activity);
      return after;
    });
    return doneAt;
  }

  told({ policy, account, view, occurrence, step, event }: NotifyAct): void {
    this.history.acted({ policy, target: view?.key ?? account, account, occurrence, step, doneAt: this.#now });
    if (event === 'balance.low') this.history.setLow(policy, account, occurrence);
  }

  announced({ notice }: Announcement): void {
    this.history.putNotice({ ...notice, delivered: true, deliveredAt: notice.announcedAt });
  }

  tidied(tidy: Tidy): void {
    switch (tidy.kind) {
      case 'drop-notice':
        this.history.dropNotice(tidy.notice);
        break;
      case 'drop-obligation':
        this.history.dropObligation(tidy.obligation);
        break;
      case 'recovered':
        this.history.setLow(tidy.policy, tidy.account, null);
        break;
      default:
        assertNever(tidy);
    }
  }

  /** A machine as it now is; who stopped it is known here. */
  #goOn(key: InstanceKey, state: MachineState): void {
    const { status, statusSince, upSince, stopMode, personStartAt, billing, expiresAt, savingImage, activity } = state;
    if (upSince !== null) this.#stops.delete(key);
    this.#change(key, (view) => {
      const { tracked } = view;
      const instance = { ...tracked.instance, status, billing, expiresAt, savingImage };
      const stoppedBy = status === 'stopped' ? (this.#stops.get(key) ?? null) : null;
      return {
        ...view,
        activity,
        tracked: { ...tracked, instance, statusSince, upSince, stopMode, stoppedBy, personStartAt },
      };
    });
  }

  #remove(gone: ReadonlySet<InstanceKey>): void {
    for (const future of this.#futures.values()) {
      const left = future.instances.filter(({ key }) => !gone.has(key));
      if (left.length === future.instances.length) continue;
      future.instances = left;
      future.places = placesIn(left);
    }
  }

  /** The local day, put into words once a day. */
  #dayAt(now: number): string {
    const number = Math.floor((now + this.#zone.offsetMs(now)) / DAY_MS);
    if (number !== this.#day.number) this.#day = { number, text: localDay(now, this.#zone) };
    return this.#day.text;
  }

  #pay(future: Future, costFen: number | null): void {
    future.calls += 1;
    future.fen += costFen ?? 0;
  }

  #change(key: InstanceKey, change: (view: InstanceView) => InstanceView): void {
    const future = this.#futureOf(key);
    const place = future?.places.get(key);
    const view = place === undefined ? undefined : future?.instances[place];
    if (future !== null && place !== undefined && view !== undefined) future.instances[place] = change(view);
  }

  #futureOf(key: InstanceKey): Future | null {
    return this.#futureByKey.get(key) ?? null;
  }
}

const NO_LEVELS: MoneyLevels = { balances: [], runways: [] };

function placesIn(instances: readonly InstanceView[]): ReadonlyMap<InstanceKey, number> {
  return new Map(instances.map(({ key }, place) => [key, place]));
}

import { localDay, type Zone } from '../calendar/zone.ts';
import { interrupts } from '../fleet/action.ts';
import type { PrepaidUnit } from '../fleet/action-call.ts';
import type { Activity } from '../fleet/activity.ts';
import { assertNever } from '../fleet/assert-never.ts';
import type { Hold } from '../fleet/hold.ts';
import type { InstanceKey } from '../fleet/instance.ts';
import type { Tracked } from '../fleet/snapshot.ts';
import type { Announcement, CloudAct, NotifyAct, Tidy } from './decision.ts';
import { ForecastHistory } from './forecast-history.ts';
import type { AccountView, InstanceView, World } from './world.ts';

/** A month is 28 to 31 days, whichever the cloud means. */
const UNIT_MS: Readonly<Record<PrepaidUnit, number>> = { daily: 86_400_000, monthly: 30 * 86_400_000 };

/** One account as the forecast has it at its present instant. */
interface Future {
  view: AccountView;
  readonly places: ReadonlyMap<InstanceKey, number>;
  readonly instances: InstanceView[];
  readonly interruptedAt: number[];
  calls: number;
  fen: number;
  day: string;
}

/**
 * A world that is led into the future: what is decided is taken to be done at once and without fail, and the rest to stay
 * as it is. Machines that idle go on idling, and listings and readings go on being made.
 */
export class ForecastWorld {
  readonly history: ForecastHistory;
  readonly #start: World;
  readonly #zone: Zone;
  readonly #futures: readonly Future[];
  /** Of machines that were stopped on the way: what they were at before. */
  readonly #before = new Map<InstanceKey, Activity>();
  readonly #holds: Map<InstanceKey, Hold>;
  #now: number;

  constructor(world: World, zone: Zone) {
    this.#start = world;
    this.#zone = zone;
    this.#now = world.now;
    this.#holds = new Map(world.holds);
    this.history = new ForecastHistory(
      world.history,
      world.accounts.map(({ name }) => name),
      world.now,
    );
    this.#futures = world.accounts.map((view) => ({
      view,
      places: new Map(view.instances.map(({ key }, place) => [key, place])),
      instances: [...view.instances],
      interruptedAt: [...view.interruptedAt],
      calls: view.spend?.callsToday ?? 0,
      fen: view.spend?.spentTodayFen ?? 0,
      day: localDay(world.now, zone),
    }));
  }

  get accounts(): readonly AccountView[] {
    return this.#futures.map(({ view, instances }) => ({ ...view, instances }));
  }

  instance(key: InstanceKey): InstanceView | null {
    const future = this.#futureOf(key);
    const place = future?.places.get(key);
    return place === undefined ? null : (future?.instances[place] ?? null);
  }

  /** The world at a later instant; the one it was made from at its own. */
  at(now: number): World {
    this.#now = now;
    this.history.moveTo(now);
    const day = localDay(now, this.#zone);
    const accounts = this.#futures.map((future): AccountView => {
      const { view, instances, interruptedAt } = future;
      if (future.day !== day) {
        future.day = day;
        future.calls = 0;
        future.fen = 0;
      }
      return {
        ...view,
        instances,
        interruptedAt,
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
    const future = this.#futures.find(({ view }) => view.name === name);
    if (future !== undefined) future.view = change(future.view);
  }

  /** A hold ends, and with it begins the idle clock. */
  endHold(key: InstanceKey, until: number): void {
    this.#change(key, (view) => ({ ...view, heldUntil: until }));
  }

  act(act: CloudAct): void {
    const { view, policy, account, occurrence, step, call } = act;
    const { key } = view;
    const future = this.#futureOf(key);
    if (future === null) return;
    this.history.acted({ policy, target: key, account, occurrence, step });
    this.history.dropNotice({ policy, instance: key, occurrence });
    if (act.obligation !== null) this.history.dropObligation(act.obligation);
    for (const draft of act.obligations) {
      const stopMode = act.action === 'cardless-stop' ? 'cardless' : 'normal';
      this.history.putObligation({ ...draft, stopMode, stoppedAt: this.#now, attempts: 0, nextTryAt: 0 });
    }
    if (interrupts(act.action, future.view.provider)) future.interruptedAt.push(this.#now);
    switch (call.kind) {
      case 'stop':
        this.#goDown(key, 'normal', policy);
        break;
      case 'cardless-stop':
        this.#goDown(key, 'cardless', policy);
        break;
      case 'start':
      case 'restart':
        this.#comeUp(key);
        break;
      case 'snapshot':
        // There it ends in a shutdown.
        if (interrupts('snapshot', future.view.provider)) this.#goDown(key, 'normal', policy);
        break;
      case 'renew':
        this.#pay(future, act.costFen);
        this.history.renewed(key);
        this.#lengthenBy(key, call.periods * UNIT_MS[call.unit]);
        break;
      case 'lengthen':
        this.#pay(future, act.costFen);
        this.#track(key, (tracked) => ({
          ...tracked,
          instance: { ...tracked.instance, billing: call.to, expiresAt: this.#now + UNIT_MS[call.to] },
        }));
        break;
      case 'destroy':
        this.#goDown(key, 'normal', policy);
        this.#track(key, (tracked) => ({ ...tracked, instance: { ...tracked.instance, status: 'destroyed' } }));
        break;
      case 'rebuild':
      case 'create':
      case 'shutdown-timer':
        // By hand only.
        break;
      default:
        assertNever(call);
    }
  }

  told({ policy, account, view, occurrence, step, event }: NotifyAct): void {
    this.history.acted({ policy, target: view?.key ?? account, account, occurrence, step });
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

  #goDown(key: InstanceKey, stopMode: 'normal' | 'cardless', stoppedBy: string): void {
    const now = this.#now;
    this.#change(key, (view) => {
      if (view.activity !== null) this.#before.set(key, view.activity);
      const { tracked } = view;
      const instance = { ...tracked.instance, status: 'stopped' as const };
      return {
        ...view,
        activity: { kind: 'not-applicable', at: now },
        tracked: { ...tracked, instance, statusSince: now, upSince: null, stopMode, stoppedBy, personStartAt: null },
      };
    });
  }

  /** What it was at before it is at again; of one that was down from the beginning nobody knows, so it is left alone. */
  #comeUp(key: InstanceKey): void {
    const now = this.#now;
    this.#change(key, (view) => {
      const { tracked } = view;
      const before = this.#before.get(key) ?? view.activity;
      const instance = { ...tracked.instance, status: 'running' as const };
      return {
        ...view,
        activity: begunAnew(before, now),
        tracked: { ...tracked, instance, statusSince: now, upSince: now, stopMode: null, stoppedBy: null },
      };
    });
  }

  #lengthenBy(key: InstanceKey, ms: number): void {
    this.#track(key, (tracked) => {
      const { expiresAt } = tracked.instance;
      return expiresAt === null
        ? tracked
        : { ...tracked, instance: { ...tracked.instance, expiresAt: expiresAt + ms } };
    });
  }

  #pay(future: Future, costFen: number | null): void {
    future.calls += 1;
    future.fen += costFen ?? 0;
  }

  #track(key: InstanceKey, change: (tracked: Tracked) => Tracked): void {
    this.#change(key, (view) => ({ ...view, tracked: change(view.tracked) }));
  }

  #change(key: InstanceKey, change: (view: InstanceView) => InstanceView): void {
    const future = this.#futureOf(key);
    const place = future?.places.get(key);
    const view = place === undefined ? undefined : future?.instances[place];
    if (future !== null && place !== undefined && view !== undefined) future.instances[place] = change(view);
  }

  #futureOf(key: InstanceKey): Future | null {
    return this.#futures.find(({ places }) => places.has(key)) ?? null;
  }
}

function begunAnew(before: Activity | null, now: number): Activity {
  if (before?.kind !== 'idle') return { kind: 'active', at: now, readings: [] };
  return { kind: 'idle', at: now, since: now, readings: [], watched: { from: now, to: now, holes: [] } };
}

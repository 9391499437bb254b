import type { ReadingStore, WatchStore } from '../../src/activity/observer.ts';
import type { PeopleStore } from '../../src/app/control.ts';
import type { History } from '../../src/decide/world.ts';
import { CLOUD_ACTIONS, type CloudAction } from '../../src/fleet/action.ts';
import type { ProbeReading, Watched } from '../../src/fleet/activity.ts';
import { FROZEN_CLASSES, type FreezeReason, type FrozenClass, type StandingFreeze } from '../../src/fleet/freeze.ts';
import type { Hold } from '../../src/fleet/hold.ts';
import type { Notice } from '../../src/fleet/notice.ts';
import { noticeId } from '../../src/fleet/notice.ts';
import type { Obligation } from '../../src/fleet/obligation.ts';
import type { Snapshot } from '../../src/fleet/snapshot.ts';
import type { AccountHealth, AuditEntry, LedgerPort, StorePort, Work } from '../../src/work/ports.ts';
import type { StoreModel } from './store-model.ts';

/** How a process reaches the store: every call is a place where it may be killed, paused, answered late or not at all. */
export interface StoreLink {
  ask<T>(what: string, command: (store: StoreModel) => T): Promise<T>;
}

const NEVER_TRIED: AccountHealth = { triedAt: null, okAt: null, failures: 0, detail: '' };

/** Everything kept in Redis as one process sees it. */
export class VirtualStore implements StorePort, PeopleStore {
  readonly ledger: LedgerPort;
  readonly #link: StoreLink;
  readonly #onSnapshot: (snapshot: Snapshot | null) => void;

  /** @param onSnapshot told of each snapshot that was loaded, for whoever watches */
  constructor(link: StoreLink, ledger: LedgerPort, onSnapshot: (snapshot: Snapshot | null) => void) {
    this.#link = link;
    this.ledger = ledger;
    this.#onSnapshot = onSnapshot;
  }

  async loadSnapshot(account: string): Promise<Snapshot | null> {
    const snapshot = await this.#link.ask('snapshot', (store) => store.snapshots.get(account) ?? null);
    this.#onSnapshot(snapshot);
    return snapshot;
  }
  saveSnapshot(snapshot: Snapshot, now: number): Promise<boolean> {
    return this.#link.ask('save snapshot', (store) => store.saveSnapshot(snapshot, now));
  }
  loadShrink(account: string): Promise<unknown> {
    return this.#link.ask('shrink', (store) => store.shrink.get(account) ?? null);
  }
  saveShrink(account: string, state: unknown): Promise<void> {
    return this.#link.ask('save shrink', (store) => void store.shrink.set(account, state));
  }
  async addBalance(): Promise<void> {}
  async balances(): Promise<readonly []> {
    return [];
  }
  history(account: string, now: number): Promise<History> {
    return this.#link.ask('history', (store) => store.history(account, now));
  }
  holds(now: number): Promise<readonly Hold[]> {
    return this.#link.ask('holds', (store) => [...store.holds.values()].filter(({ until }) => until > now));
  }
  putHold(hold: Hold): Promise<void> {
    return this.#link.ask('hold', (store) => void store.holds.set(hold.id, hold));
  }
  dropHold(id: string): Promise<Hold | null> {
    return this.#link.ask('release', (store) => {
      const hold = store.holds.get(id) ?? null;
      store.holds.delete(id);
      return hold;
    });
  }
  paused(): Promise<boolean> {
    return this.#link.ask('paused', (store) => store.paused);
  }
  setPaused(paused: boolean): Promise<void> {
    return this.#link.ask('pause', (store) => {
      store.paused = paused;
    });
  }
  spentToday(account: string, day: string): Promise<{ readonly calls: number; readonly fen: number }> {
    return this.#link.ask('spent', (store) => store.ledger.spent(account, day));
  }
  interruptedAt(account: string, since: number): Promise<readonly number[]> {
    return this.#link.ask('interrupted', (store) => store.ledger.interruptedAt(account, since));
  }
  breaker(account: string, now: number): Promise<{ readonly all: boolean; readonly paid: boolean }> {
    return this.#link.ask('breaker', ({ breakers }) => ({
      all: (breakers.get(`${account} all`) ?? 0) > now,
      paid: (breakers.get(`${account} paid`) ?? 0) > now,
    }));
  }
  tripBreaker(account: string, what: 'all' | 'paid', until: number): Promise<void> {
    return this.#link.ask('trip', (store) => void store.breakers.set(`${account} ${what}`, until));
  }
  countUncertain(account: string, now: number): Promise<number> {
    return this.#link.ask('unclear', (store) => store.ledger.unclear(account, now));
  }
  putNotice(notice: Notice): Promise<boolean> {
    return this.#link.ask('notice', (store) => store.putNotice(notice));
  }
  dropNotice(notice: Notice): Promise<void> {
    return this.#link.ask('drop notice', (store) => void store.notices.delete(noticeId(notice)));
  }
  noticeDelivered(notice: Pick<Notice, 'policy' | 'instance' | 'occurrence'>): Promise<void> {
    return this.#link.ask('delivered', (store) => store.noticeDelivered(notice));
  }
  obligationsOf(account: string): Promise<readonly Obligation[]> {
    return this.#link.ask('obligations', (store) => store.ledger.obligations(account));
  }
  dropObligation(obligation: Obligation): Promise<void> {
    return this.#link.ask('drop obligation', (store) => store.ledger.dropObligation(obligation));
  }
  postponeObligation(obligation: Obligation, attempts: number, nextTryAt: number): Promise<void> {
    return this.#link.ask('postpone', (store) => store.ledger.postponeObligation(obligation, attempts, nextTryAt));
  }
  claim(policy: string, target: string, occurrence: string, step: number, now: number): Promise<boolean> {
    return this.#link.ask('claim', (store) => store.claim(policy, target, occurrence, step, now));
  }
  async setLowBalance(): Promise<void> {}
  sawPolicies(names: readonly string[], now: number): Promise<void> {
    return this.#link.ask('policies', ({ policySince }) => {
      for (const name of names) if (!policySince.has(name)) policySince.set(name, now);
    });
  }
  /** Written and never read by anything that decides: no place to yield at. */
  async audit(_entry: AuditEntry): Promise<void> {}
  sayOnce(key: string, now: number): Promise<boolean> {
    return this.#link.ask('say', ({ said }) => {
      if (said.has(key)) return false;
      said.set(key, now);
      return true;
    });
  }
  wasSaid(key: string): Promise<boolean> {
    return this.#link.ask('was said', ({ said }) => said.has(key));
  }
  unsay(key: string): Promise<boolean> {
    return this.#link.ask('unsay', ({ said }) => said.delete(key));
  }
  untold(before: number): Promise<readonly string[]> {
    return this.#link.ask('untold', (store) => store.ledger.untold(before));
  }
  markTold(operationId: string): Promise<void> {
    return this.#link.ask('told', (store) => store.ledger.markTold(operationId));
  }
  async savingsCountedTo(): Promise<null> {
    return null;
  }
  async countSavings(): Promise<{ isCounted: boolean; countedTo: null }> {
    return { isCounted: true, countedTo: null };
  }
  freezes(): Promise<readonly StandingFreeze[]> {
    return this.#link.ask('freezes', (store) =>
      FROZEN_CLASSES.flatMap((cls) => {
        const freeze = store.ledger.frozen(cls, null);
        return freeze === null ? [] : [{ class: cls, account: null, ...freeze }];
      }),
    );
  }
  freezeClass(
    cls: FrozenClass,
    account: string | null,
    reason: FreezeReason,
    detail: string,
    now: number,
  ): Promise<void> {
    return this.#link.ask('freeze', (store) => store.ledger.freeze(cls, account, reason, detail, now));
  }
  /** The model's Redis goes back without a restart; that a restart is waited out is proven on a real one. */
  async lookAtRun(): Promise<string> {
    return 'the-run';
  }
  outages(): number {
    return 0;
  }
  settleTimes(account: string): Promise<ReadonlyMap<CloudAction, number>> {
    return this.#link.ask('settle times', ({ settle }) => {
      const times = new Map<CloudAction, number>();
      for (const action of CLOUD_ACTIONS) {
        const ms = settle.get(`${account} ${action}`);
        if (ms !== undefined) times.set(action, ms);
      }
      return times;
    });
  }
  /** The slowest counts three times over, as long as two hours. */
  learnSettle(account: string, action: CloudAction, delayMs: number): Promise<void> {
    return this.#link.ask('learn', ({ settle }) => {
      const key = `${account} ${action}`;
      settle.set(key, Math.max(settle.get(key) ?? 0, Math.min(2 * 3_600_000, 3 * delayMs)));
    });
  }
  passedAt(account: string): Promise<number | null> {
    return this.#link.ask('passed', ({ passed }) => passed.get(account) ?? null);
  }
  savePassedAt(account: string, at: number): Promise<void> {
    return this.#link.ask('save passed', ({ passed }) => void passed.set(account, at));
  }
  health(account: string): Promise<AccountHealth> {
    return this.#link.ask('health', (store) => store.health.get(account) ?? NEVER_TRIED);
  }
  saveHealth(account: string, health: AccountHealth): Promise<void> {
    return this.#link.ask('save health', (store) => void store.health.set(account, health));
  }
}

/** What the probes saw, as one process reads and writes it. */
export class VirtualReadings implements ReadingStore {
  readonly #link: StoreLink;

  constructor(link: StoreLink) {
    this.#link = link;
  }

  load(account: string): Promise<ReadonlyMap<string, readonly ProbeReading[]>> {
    const prefix = `${account}/`;
    return this.#link.ask('readings', ({ readings }) => {
      const mine = new Map<string, readonly ProbeReading[]>();
      for (const [key, list] of readings) if (key.startsWith(prefix)) mine.set(key.slice(prefix.length), list);
      return mine;
    });
  }
  loadOne(account: string, instanceId: string): Promise<readonly ProbeReading[]> {
    return this.#link.ask('reading', ({ readings }) => readings.get(`${account}/${instanceId}`) ?? []);
  }
  save(account: string, instanceId: string, reading: ProbeReading): Promise<void> {
    return this.#link.ask('save reading', (store) => store.saveReading(`${account}/${instanceId}`, reading));
  }
}

/** Since when the probes have watched, as one process reads and writes it. */
export class VirtualWatches implements WatchStore {
  readonly #link: StoreLink;

  constructor(link: StoreLink) {
    this.#link = link;
  }

  load(account: string): Promise<ReadonlyMap<string, Watched>> {
    const prefix = `${account}/`;
    return this.#link.ask('watches', ({ watches }) => {
      const mine = new Map<string, Watched>();
      for (const [key, watched] of watches) if (key.startsWith(prefix)) mine.set(key.slice(prefix.length), watched);
      return mine;
    });
  }
  loadOne(account: string, instanceId: string): Promise<Watched | null> {
    return this.#link.ask('watch', ({ watches }) => watches.get(`${account}/${instanceId}`) ?? null);
  }
  save(account: string, fresh: ReadonlyMap<string, Watched>): Promise<void> {
    return this.#link.ask('save watches', ({ watches }) => {
      for (const [id, watched] of fresh) watches.set(`${account}/${id}`, watched);
    });
  }
}

/** What the last looks showed and who was started again soon, as one process writes them. No policy observes there. */
export function idleBooks(link: StoreLink): Required<Pick<Work, 'evidence' | 'leashes'>> {
  return {
    evidence: { save: (id) => link.ask('evidence', ({ evidence }) => void evidence.add(id)) },
    leashes: {
      add: (instance, startedAt, lastsMs) =>
        link.ask('leash', (store) => store.countRestart(instance, startedAt, lastsMs)),
    },
  };
}

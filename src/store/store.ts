import type { CloudAction } from '../fleet/action.ts';
import type { FreezeReason, FrozenClass, StandingFreeze } from '../fleet/freeze.ts';
import type { Hold } from '../fleet/hold.ts';
import type { Notice } from '../fleet/notice.ts';
import type { Obligation } from '../fleet/obligation.ts';
import type { LedgerEntry } from '../fleet/saved-time.ts';
import type { Snapshot } from '../fleet/snapshot.ts';
import { Audit, type AuditEntry } from './audit.ts';
import { type BalanceSample, Balances } from './balances.ts';
import { type BreakerKind, Breakers } from './breakers.ts';
import { checkRedis, type RedisChecks } from './checks.ts';
import { claimStep } from './claims.ts';
import { Gathered } from './coalesced.ts';
import { Connection, type ConnectionState } from './connection.ts';
import { Doubts } from './doubts.ts';
import { EvidenceBook } from './evidence-book.ts';
import { askHealth, type RedisHealth } from './health.ts';
import { type HistoryNeeds, interruptedAt, type LoadedHistory, loadHistory } from './history.ts';
import { Holds } from './holds.ts';
import { HostKeys } from './host-keys.ts';
import { Keys } from './keys.ts';
import { Leashes } from './leashes.ts';
import { Ledger } from './ledger.ts';
import { LedgerClient } from './ledger-client.ts';
import { LedgerEpoch, type LedgerFound } from './ledger-epoch.ts';
import { MoneyHistory } from './money-history.ts';
import { Notices } from './notices.ts';
import { Obligations } from './obligations.ts';
import { Outbox } from './outbox.ts';
import { Readings } from './readings.ts';
import { StoreRedis } from './redis.ts';
import { type NamedInstance, Savings } from './savings.ts';
import { type AccountHealth, Settings } from './settings.ts';
import { SettleTimes } from './settle-times.ts';
import { Shadows } from './shadows.ts';
import { Snapshots } from './snapshots.ts';
import { readSpend } from './spend.ts';
import { Tallies } from './tallies.ts';
import { trimActed } from './trim.ts';
import { Watches } from './watches.ts';
import { WatermarkFile } from './watermark.ts';
import { Witness } from './witness.ts';

export interface StoreOptions {
  readonly url: string;
  /** What every key starts with; several daemons may share a Redis under different ones. */
  readonly prefix?: string;
  /** Where a daemon keeps the ledger's watermark file: a directory on a disk of this machine, which must exist for `start`. */
  readonly stateDir: string;
  /** Epoch ms. */
  readonly clock: () => number;
  /** 0 to 1. */
  readonly random: () => number;
  readonly newId: () => string;
  /** Told when Redis goes, and when it is back and has been looked at again. */
  readonly onChange?: (state: ConnectionState) => void;
  /** Told how the ledger was found after Redis came back, and what failed in looking. */
  readonly onLook?: (found: LedgerFound | Error) => void;
}

export interface Opened {
  readonly checks: RedisChecks;
  readonly ledger: LedgerFound;
}

const TRIM_EVERY_MS = 3_600_000;
/** "What was said" is needed as long as the thing may go on; after this it may be said again. */
const KEEP_SAID_MS = 400 * 86_400_000;

/** A count is as good as none a week after the last restart. */
const KEEP_LEASHES_MS = 14 * 86_400_000;

/** So long what was paid may take to show in a listing, where nothing was learned of it: the usual settle time, and the call before it. */
const SHOWN_AFTER_MS = 16 * 60_000;

/** So many outcomes are told again in one round; the rest in the next. */
const MOST_UNTOLD = 200;

/** Everything kept in Redis. All times epoch ms. Methods throw StoreDown when Redis does not answer. */
export class Store {
  readonly ledger: Ledger;
  readonly snapshots: Snapshots;
  readonly readings: Readings;
  readonly watches: Watches;
  readonly shadows: Shadows;
  readonly leashes: Leashes;
  readonly evidence: EvidenceBook;
  readonly hostKeys: HostKeys;
  readonly doubts: Doubts;
  readonly auditLog: Audit;
  readonly holdBook: Holds;
  readonly notices: Notices;
  readonly outbox: Outbox;
  readonly obligations: Obligations;
  readonly breakers: Breakers;
  readonly settings: Settings;
  readonly savings: Savings;
  readonly settling: SettleTimes;
  readonly moneyHistory: MoneyHistory;
  readonly tallies: Tallies;
  readonly #balances: Balances;
  readonly #told = new Gathered((ids: readonly string[]) =>
    this.#redis.ask('noting what was told', (redis) => redis.zrem(this.#redis.keys.untold, ...ids)),
  );
  readonly #connection: Connection;
  readonly #redis: StoreRedis;
  readonly #epoch: LedgerEpoch;
  readonly #witness: Witness;
  readonly #clock: () => number;
  readonly #onLook: (found: LedgerFound | Error) => void;
  #checks: RedisChecks | null = null;
  #opened = false;
  #outages = 0;
  #trimmedAt = Number.NEGATIVE_INFINITY;

  constructor(options: StoreOptions) {
    this.#clock = options.clock;
    this.#onLook = options.onLook ?? (() => {});
    this.#connection = new Connection({
      url: options.url,
      clock: options.clock,
      random: options.random,
      onChange: (state) => {
        // The Redis that comes back may be older than the one that went, or set up in another way: until it has been
        // looked at, nothing paid or destructive leaves.
        if (this.#opened) {
          this.#checks = null;
          this.#witness.forget();
        }
        if (state.kind === 'down') this.#outages += 1;
        if (state.kind === 'ready' && this.#opened) this.#lookAgain();
        options.onChange?.(state);
      },
    });
    const keys = new Keys(options.prefix);
    const ledgerClient = new LedgerClient(this.#connection, keys);
    this.#epoch = new LedgerEpoch(ledgerClient, new WatermarkFile(options.stateDir, options.newId()), options.newId);
    this.#redis = new StoreRedis(this.#connection.general, keys);
    this.ledger = new Ledger(ledgerClient, this.#epoch);
    this.snapshots = new Snapshots(this.#redis);
    this.readings = new Readings(this.#redis);
    this.watches = new Watches(this.#redis);
    this.shadows = new Shadows(this.#redis);
    this.leashes = new Leashes(this.#redis);
    this.evidence = new EvidenceBook(this.#redis);
    this.hostKeys = new HostKeys(this.#redis);
    this.doubts = new Doubts(this.#redis);
    this.auditLog = new Audit(this.#redis);
    this.holdBook = new Holds(this.#redis, options.clock);
    this.notices = new Notices(this.#redis);
    this.outbox = new Outbox(this.#redis, options.newId);
    this.obligations = new Obligations(this.#redis);
    this.breakers = new Breakers(this.#redis);
    this.settings = new Settings(this.#redis);
    this.savings = new Savings(this.#redis);
    this.settling = new SettleTimes(this.#redis);
    this.#witness = new Witness(this.#redis, options.stateDir, options.newId, async () =>
      Math.max(SHOWN_AFTER_MS, await this.settling.longest()),
    );
    this.moneyHistory = new MoneyHistory(this.#redis);
    this.tallies = new Tallies(this.#redis);
    this.#balances = new Balances(this.#redis);
  }

  /** For a daemon: connects, asks Redis how it is set up and opens the ledger with the watermark file. @throws StoreDown when Redis is not there within `waitMs` */
  async start(options: { readonly waitMs: number; readonly signal?: AbortSignal }): Promise<Opened> {
    this.#connection.start();
    await this.#connection.waitReady(options.waitMs, options.signal);
    const checks = await checkRedis(this.#redis);
    this.#checks = checks;
    const ledger = await this.ledger.start(this.#clock(), { waitAof: checks.waitAof });
    await this.#witness.look(this.#clock());
    this.#opened = true;
    return { checks, ledger };
  }

  /**
   * Connects for a command, which takes the ledger as it stands: the watermark file is the daemon's, and is neither read
   * nor written; nothing is frozen from here. @throws StoreDown when Redis is not there within `waitMs`
   */
  async connect(options: { readonly waitMs: number; readonly signal?: AbortSignal }): Promise<void> {
    this.#connection.start();
    await this.#connection.waitReady(options.waitMs, options.signal);
    this.#checks = await checkRedis(this.#redis);
    if (this.#opened) return;
    await this.#epoch.follow();
    await this.#witness.follow();
  }

  /** Only asks Redis how it is set up, without looking at what is in it. @throws StoreDown */
  async askSettings(options: { readonly waitMs: number; readonly signal?: AbortSignal }): Promise<RedisChecks> {
    this.#connection.start();
    await this.#connection.waitReady(options.waitMs, options.signal);
    return await checkRedis(this.#redis);
  }

  /** How Redis is doing; after `askSettings` or `connect`. @throws StoreDown */
  async askHealth(): Promise<RedisHealth> {
    return await askHealth(this.#redis);
  }

  get state(): ConnectionState {
    return this.#connection.state;
  }

  get checks(): RedisChecks | null {
    return this.#checks;
  }

  /** Is Redis fit to keep a ledger for paid work? `null`: yes; else what is wrong with it. */
  paidWorkOff(): string | null {
    if (this.#checks === null) return 'Redis has not been looked at yet';
    return this.#checks.paidWork === 'ok' ? this.#witness.held(this.#clock()) : this.#checks.problems.join('; ');
  }

  /** Which kind of thing that is; `null`: nothing, or nobody has looked yet. */
  paidWorkOffBy(): 'redis' | 'settling' | null {
    if (this.#checks === null) return null;
    if (this.#checks.paidWork !== 'ok') return 'redis';
    return this.#witness.held(this.#clock()) === null ? null : 'settling';
  }

  /** How often Redis went away so far: what was asked of it before an outage may be another Redis' answer. */
  outages(): number {
    return this.#outages;
  }

  /** Looks once more whether Redis was started anew: before anything paid or destructive leaves. @throws StoreDown */
  lookAtRun(now: number): Promise<string> {
    return this.#witness.look(now);
  }

  /** Lets go of Redis within about `limitMs`, whether it is there or not. */
  async close(limitMs = 2_000): Promise<void> {
    this.#opened = false;
    await this.ledger.stop().catch(() => {});
    await this.#connection.close(limitMs);
  }

  /** Looks at Redis and at the ledger in it: after a reconnect, and as housekeeping. @throws StoreDown */
  async look(): Promise<LedgerFound> {
    const checks = await checkRedis(this.#redis);
    const found = await this.ledger.lookAgain(this.#clock(), { waitAof: checks.waitAof });
    await this.#witness.look(this.#clock());
    this.#checks = checks;
    return found;
  }

  #lookAgain(): void {
    this.look().then(this.#onLook, (error: unknown) => {
      this.#onLook(error instanceof Error ? error : new Error('looking at Redis again failed', { cause: error }));
    });
  }

  loadSnapshot(account: string): Promise<Snapshot | null> {
    return this.snapshots.load(account);
  }
  async saveSnapshot(snapshot: Snapshot, now: number): Promise<boolean> {
    return (await this.snapshots.save(snapshot, now)).kind === 'stored';
  }
  loadShrink(account: string): Promise<unknown> {
    return this.settings.loadShrink(account);
  }
  saveShrink(account: string, state: unknown): Promise<void> {
    return this.settings.saveShrink(account, state);
  }
  addBalance(account: string, sample: BalanceSample): Promise<void> {
    return this.#balances.add(account, sample);
  }
  /** Oldest first. */
  balances(account: string): Promise<readonly BalanceSample[]> {
    return this.#balances.list(account);
  }
  history(account: string, now: number, needs?: HistoryNeeds): Promise<LoadedHistory> {
    return loadHistory(this.#redis, account, now, needs);
  }
  interruptedAt(account: string, since: number): Promise<readonly number[]> {
    return interruptedAt(this.#redis, account, since);
  }
  holds(now: number): Promise<readonly Hold[]> {
    return this.holdBook.list(now);
  }
  async paused(): Promise<boolean> {
    return (await this.settings.paused()) !== null;
  }
  spentToday(account: string, day: string): Promise<{ readonly calls: number; readonly fen: number }> {
    return readSpend(this.#redis, account, day);
  }
  async breaker(account: string, now: number): Promise<{ readonly all: boolean; readonly paid: boolean }> {
    const { all, paid } = await this.breakers.open(account, now);
    return { all: all !== null, paid: paid !== null };
  }
  tripBreaker(account: string, what: BreakerKind, until: number, why: string): Promise<void> {
    return this.breakers.trip(account, what, until, why);
  }
  /** How many there were in the last hour. The ledger has counted this one in the same step as its transition. */
  countUncertain(account: string, now: number): Promise<number> {
    return this.breakers.unclear(account, now);
  }
  putNotice(notice: Notice): Promise<boolean> {
    return this.notices.put(notice);
  }
  dropNotice(notice: Notice): Promise<void> {
    return this.notices.drop(notice);
  }
  noticeDelivered(notice: Pick<Notice, 'policy' | 'instance' | 'occurrence'>): Promise<void> {
    return this.notices.delivered(notice, this.#clock());
  }
  obligationsOf(account: string): Promise<readonly Obligation[]> {
    return this.obligations.list(account);
  }
  dropObligation(obligation: Obligation): Promise<void> {
    return this.obligations.drop(obligation);
  }
  postponeObligation(obligation: Obligation, attempts: number, nextTryAt: number): Promise<void> {
    return this.obligations.postpone(obligation, attempts, nextTryAt);
  }
  claim(policy: string, target: string, occurrence: string, step: number, now: number): Promise<boolean> {
    return claimStep(this.#redis, { policy, target, occurrence, step, now });
  }
  setLowBalance(policy: string, account: string, occurrence: string | null): Promise<void> {
    return this.settings.setLowBalance(policy, account, occurrence);
  }
  sawPolicies(names: readonly string[], now: number): Promise<void> {
    return this.settings.sawPolicies(names, now);
  }
  audit(entry: AuditEntry): Promise<void> {
    return this.auditLog.add(entry);
  }
  sayOnce(key: string, now: number): Promise<boolean> {
    return this.settings.sayOnce(key, now);
  }
  wasSaid(key: string): Promise<boolean> {
    return this.settings.wasSaid(key);
  }
  /** Ids of operations whose outcome came about before then and has not been told. */
  async untold(before: number): Promise<readonly string[]> {
    return await this.#redis.ask('reading what is to be told', (redis) =>
      redis.zrangebyscore(this.#redis.keys.untold, '-inf', before, 'LIMIT', 0, MOST_UNTOLD),
    );
  }
  async markTold(operationId: string): Promise<void> {
    await this.#told.add(operationId);
  }
  unsay(key: string): Promise<boolean> {
    return this.settings.unsay(key);
  }
  savingsCountedTo(account: string): Promise<number | null> {
    return this.savings.countedTo(account);
  }
  countSavings(
    account: string,
    entry: LedgerEntry,
    called: ReadonlyMap<string, NamedInstance>,
  ): Promise<{ readonly isCounted: boolean; readonly countedTo: number | null }> {
    return this.savings.count(account, entry, called);
  }
  freezes(): Promise<readonly StandingFreeze[]> {
    return this.ledger.standingFreezes();
  }
  freezeClass(
    cls: FrozenClass,
    account: string | null,
    reason: FreezeReason,
    detail: string,
    now: number,
  ): Promise<void> {
    return this.ledger.freezeClass(cls, account, reason, detail, now);
  }
  settleTimes(account: string): Promise<ReadonlyMap<CloudAction, number>> {
    return this.settling.times(account);
  }
  learnSettle(account: string, action: CloudAction, delayMs: number): Promise<void> {
    return this.settling.learn(account, action, delayMs);
  }
  passedAt(account: string): Promise<number | null> {
    return this.settings.passedAt(account);
  }
  savePassedAt(account: string, at: number): Promise<void> {
    return this.settings.savePassedAt(account, at);
  }
  health(account: string): Promise<AccountHealth> {
    return this.settings.health(account);
  }
  saveHealth(account: string, health: AccountHealth): Promise<void> {
    return this.settings.saveHealth(account, health);
  }

  /** Housekeeping, to be called as often as one likes by any replica: once an hour it removes what was kept long enough. */
  async trim(accounts: readonly string[], now: number): Promise<void> {
    if (Math.abs(now - this.#trimmedAt) < TRIM_EVERY_MS) return;
    this.#trimmedAt = now;
    await this.holdBook.trim(now);
    await this.leashes.trim(now - KEEP_LEASHES_MS);
    await this.settings.trimSaid(now, KEEP_SAID_MS);
    for (const account of accounts) {
      await this.readings.trim(account, now);
      await this.watches.trim(account, now);
      await this.shadows.trim(account, now);
      await this.savings.trim(account, now);
      await trimActed(this.#redis, account, now);
    }
    await this.ledger.trim(now);
  }
}

import { catalogueDefaults } from './catalogue.ts';
import type { SimClock } from './clocks.ts';
import { DueQueue } from './due-queue.ts';
import { type EffectKind, isCommit, remember, type SimCall, type SimCommit, type SimEffect } from './history.ts';
import { hourlyRateFen, Meter } from './meter.ts';
import type { Cause } from './outcome.ts';
import { type Random, randomHex } from './random.ts';
import type { SimRules } from './rules.ts';
import type { DeferredCall, SavedAccount, SimBill, SimImage, SimRecharge, SimToken, TopUp } from './sim-account.ts';
import { makeInstance, type SimInstance, type SimInstanceSeed, type SimProvider } from './sim-instance.ts';
import { advance, nextDueAt } from './transitions.ts';
import type { Wallet } from './wallet.ts';
import { isBusy } from './workload.ts';

type EffectExtra = Partial<Pick<SimEffect, 'costFen' | 'expiresAtBefore' | 'expiresAtAfter' | 'cardless' | 'orderUid'>>;

/** What all accounts of one simulator share. */
export interface AccountContext {
  readonly clock: SimClock;
  readonly random: Random;
  readonly rules: SimRules;
  nextSeq(): number;
  effect(effect: SimEffect): void;
  /** Carries out a deferred call at its time. */
  perform(account: SimulatedAccount, call: DeferredCall): void;
  /** Told after every change of an instance, at the account's own time of it; `null`: it has left. */
  touched?(account: SimulatedAccount, id: string, instance: SimInstance | null, at: number): void;
}

/**
 * One simulated account: its instances, money and true history. Nothing runs by itself: `settle` brings everything up to the
 * clock, event by event in time order, and every access from outside settles first.
 */
export class SimulatedAccount {
  readonly name: string;
  readonly provider: SimProvider;
  readonly username: string;
  readonly password: string;
  readonly pageLimit: number;
  readonly rules: SimRules;
  readonly random: Random;
  tokens: SimToken[];
  readonly images: SimImage[];
  readonly recharges: SimRecharge[];
  /** GPU keys that cannot be had just now; `*` for all. */
  readonly outOfStock: Set<string>;
  topUp: TopUp | null;
  /** true: every connection is broken off; `hang`: never answered. */
  down: boolean | 'hang' = false;
  /** Requests that carried this account's credentials, oldest first. */
  readonly calls: SimCall[] = [];
  /** Grows with every change of an instance: the key of cached listings. */
  revision = 0;

  readonly #context: AccountContext;
  readonly #effects: SimEffect[] = [];
  readonly #commits: SimCommit[] = [];
  readonly #instances = new Map<string, SimInstance>();
  readonly #views = new Map<string, SimInstance>();
  readonly #rows = new Map<string, string>();
  readonly #touchedAt = new Map<string, number>();
  readonly #queue = new DueQueue();
  readonly #meter: Meter;
  readonly #wallet: Wallet;
  #deferred: DeferredCall[];
  #inArrears = false;
  #settling = false;

  constructor(saved: SavedAccount, context: AccountContext) {
    this.name = saved.name;
    this.provider = saved.provider;
    this.username = saved.username;
    this.password = saved.password;
    this.pageLimit = saved.pageLimit;
    this.topUp = saved.topUp;
    this.rules = context.rules;
    this.random = context.random;
    this.tokens = [...saved.tokens];
    this.images = saved.images.map((image) => ({ ...image }));
    this.recharges = [...saved.recharges];
    this.outOfStock = new Set(saved.outOfStock);
    this.#deferred = [...saved.deferred];
    this.#context = context;
    if (saved.topUp !== null && saved.topUp.amountFen <= 0) {
      throw new Error(`simulator: topUp.amountFen of ${saved.name} is ${saved.topUp.amountFen}, it must be above 0`);
    }
    this.#meter = new Meter(saved, context.random);
    this.#wallet = this.#meter.wallet;
    for (const instance of saved.instances) this.insert(structuredClone(instance));
  }

  // ---- for tests, the demo and benchmarks -------------------------------------------------------------------------

  /** All instances, the not yet listed included. Assigning to a field takes effect at once, billing included. */
  get instances(): SimInstance[] {
    this.settle();
    return [...this.#instances.values()].map((instance) => this.#view(instance));
  }

  /** One instance as a live view; throws when there is none. */
  instance(id: string): SimInstance {
    this.settle();
    const found = this.#instances.get(id);
    if (found === undefined) throw new Error(`simulator: account ${this.name} has no instance ${id}`);
    return this.#view(found);
  }

  has(id: string): boolean {
    this.settle();
    return this.#instances.has(id);
  }

  addInstance(seed: SimInstanceSeed): SimInstance {
    this.settle();
    const now = this.now();
    const instance = makeInstance(this.provider, seed, catalogueDefaults(this.provider), { now, random: this.random });
    this.insert(instance);
    return this.#view(instance);
  }

  /** Takes an instance away without a trace, as a person in the vendor's console would. */
  removeInstance(id: string): void {
    this.settle();
    this.drop(id);
  }

  /** Usable balance in fen. */
  get balanceFen(): number {
    this.settle();
    return this.#wallet.balanceFen;
  }

  set balanceFen(fen: number) {
    this.settle();
    this.#wallet.set(fen);
    if (fen > 0) this.#inArrears = false;
  }

  /** Consumption records, oldest first. */
  get bills(): readonly SimBill[] {
    return this.#meter.bills;
  }

  /** Running cost in fen per hour. */
  get hourlyFen(): number {
    this.settle();
    return this.#wallet.hourlyFen;
  }

  /** Pays money in. */
  recharge(amountFen: number): void {
    this.settle();
    this.#rechargeAt(this.now(), amountFen);
  }

  /** The true history of paid and destructive effects. */
  get commits(): readonly SimCommit[] {
    this.settle();
    return this.#commits;
  }

  /** Everything that happened, the commits included. */
  get effects(): readonly SimEffect[] {
    this.settle();
    return this.#effects;
  }

  // ---- for the simulator's own parts ------------------------------------------------------------------------------

  now(): number {
    return this.#context.clock.now();
  }

  /** The raw instance, without settling. */
  raw(id: string): SimInstance | undefined {
    return this.#instances.get(id);
  }

  /** Instances in the order of their making; a listing shows all but the `ordered`. */
  rawInstances(): IterableIterator<SimInstance> {
    return this.#instances.values();
  }

  insert(instance: SimInstance): void {
    if (this.#instances.has(instance.id)) throw new Error(`simulator: ${this.name} already has ${instance.id}`);
    this.#instances.set(instance.id, instance);
    this.touch(instance);
  }

  drop(id: string): void {
    this.#meter.setRate(id, 0);
    this.#instances.delete(id);
    this.#views.delete(id);
    this.#rows.delete(id);
    this.#touchedAt.delete(id);
    this.revision += 1;
    this.#context.touched?.(this, id, null, this.#wallet.remainder.accruedAt);
  }

  /** To be called after every change of an instance: cached rows, running cost and the next due time depend on it. */
  touch(instance: SimInstance): void {
    this.revision += 1;
    this.#rows.delete(instance.id);
    this.#meter.setRate(instance.id, hourlyRateFen(instance, this.rules));
    const dueAt = nextDueAt(instance, this.#wallet.remainder.accruedAt, this.rules);
    if (dueAt !== null) this.#queue.add(instance.id, dueAt);
    this.#context.touched?.(this, instance.id, instance, this.#wallet.remainder.accruedAt);
  }

  /** When something next happens by itself; `null`: never. */
  get nextDueAt(): number | null {
    const at = this.#nextDueAt();
    return Number.isFinite(at) ? at : null;
  }

  /** The instance's row in a listing, written once per change. */
  row(instance: SimInstance, write: (instance: SimInstance) => unknown): string {
    const known = this.#rows.get(instance.id);
    if (known !== undefined) return known;
    const text = JSON.stringify(write(instance));
    this.#rows.set(instance.id, text);
    return text;
  }

  /** Takes money for a paid call; false (and nothing taken) when the balance does not cover it. */
  pay(fen: number, remark: string, at: number): boolean {
    return this.#meter.pay(fen, remark, at);
  }

  /** The balance as it stands in the event being settled; `balanceFen` would settle again. */
  get balanceAtHandFen(): number {
    return this.#wallet.balanceFen;
  }

  /** Whether the balance allows anything hourly to start. */
  get solvent(): boolean {
    return this.#wallet.balanceFen > 0;
  }

  isOutOfStock(gpu: string): boolean {
    return this.outOfStock.has(gpu) || this.outOfStock.has('*');
  }

  /** Notes an effect. Before a change of the instance, since it tells whether work was going on. */
  record(kind: EffectKind, cause: Cause, instance: SimInstance | null, extra: EffectExtra = {}): void {
    const effect: SimEffect = {
      at: cause.at,
      callSeq: cause.callSeq,
      costFen: 0,
      expiresAtBefore: instance?.expiresAt ?? null,
      expiresAtAfter: instance?.expiresAt ?? null,
      busy: instance !== null && instance.status === 'running' && isBusy(instance.workload, cause.at),
      cardless: false,
      orderUid: null,
      ...extra,
      kind,
      account: this.name,
      instanceId: instance?.id ?? null,
      seq: this.#context.nextSeq(),
    };
    remember(this.#effects, effect);
    if (isCommit(effect)) remember(this.#commits, effect);
    this.#context.effect(effect);
  }

  defer(call: DeferredCall): void {
    this.#deferred.push(call);
    this.#deferred.sort((a, b) => a.at - b.at);
  }

  /** Jupyter's own memory of API requests, kept beside the instances because it must not spoil cached listings. */
  apiActivityAt(id: string): number | null {
    return this.#touchedAt.get(id) ?? null;
  }

  noteApiActivity(id: string, at: number): void {
    this.#touchedAt.set(id, at);
  }

  /** Brings the account up to `now`. */
  settle(now: number = this.now()): void {
    // A listener of our own events may look at the account while it is being settled.
    if (this.#settling) return;
    this.#settling = true;
    try {
      this.#settleTo(now);
    } finally {
      this.#settling = false;
    }
  }

  #settleTo(now: number): void {
    for (;;) {
      const at = this.#nextDueAt();
      if (at > now) break;
      this.#wallet.accrueTo(at);
      if (at === this.#queue.nextAt) this.#advanceNext(at);
      else if (at === this.#deferred[0]?.at) this.#performNext();
      else this.#moneyEvent(at);
    }
    this.#wallet.accrueTo(now);
  }

  saved(): SavedAccount {
    this.settle();
    return structuredClone({
      name: this.name,
      provider: this.provider,
      username: this.username,
      password: this.password,
      pageLimit: this.pageLimit,
      topUp: this.topUp,
      balanceFen: this.#wallet.balanceFen,
      ...this.#wallet.remainder,
      tokens: this.tokens,
      instances: [...this.#instances.values()],
      images: this.images,
      bills: this.bills,
      recharges: this.recharges,
      deferred: this.#deferred,
      outOfStock: [...this.outOfStock],
    });
  }

  #nextDueAt(): number {
    const deferredAt = this.#deferred[0]?.at ?? Number.POSITIVE_INFINITY;
    const instanceAt = this.#queue.nextAt ?? Number.POSITIVE_INFINITY;
    return Math.min(deferredAt, instanceAt, this.#moneyDueAt() ?? Number.POSITIVE_INFINITY);
  }

  #advanceNext(at: number): void {
    const id = this.#queue.take();
    const instance = id === undefined ? undefined : this.#instances.get(id);
    if (instance === undefined) return;
    const happenings = advance(instance, at, this.rules, this.solvent);
    for (const happening of happenings) {
      switch (happening) {
        case 'saved':
        case 'save-failed':
          for (const image of this.images) {
            if (image.sourceId === instance.id && image.status === 1) image.status = happening === 'saved' ? 2 : 3;
          }
          break;
        case 'owner-start':
          this.record('start', { at, callSeq: null }, instance);
          break;
        case 'timer-fired':
        case 'expired':
        case 'vanished':
          this.record(happening, { at, callSeq: null }, instance);
          break;
      }
    }
    if (happenings.includes('vanished')) this.drop(instance.id);
    else this.touch(instance);
  }

  #performNext(): void {
    const call = this.#deferred.shift();
    if (call !== undefined) this.#context.perform(this, call);
  }

  #moneyDueAt(): number | null {
    if (this.topUp !== null) return this.#wallet.reachesAt(this.topUp.belowFen);
    return this.#inArrears || this.#wallet.hourlyFen === 0 ? null : this.#wallet.reachesAt(0);
  }

  #moneyEvent(at: number): void {
    if (this.topUp !== null) {
      this.#rechargeAt(at, this.topUp.amountFen);
      return;
    }
    // Out of money: everything hourly stops. Once per arrears, since a stopped instance may go on costing.
    this.#inArrears = true;
    for (const instance of this.#instances.values()) {
      if (instance.billing !== 'hourly' || instance.status === 'stopped' || !this.#meter.isRunning(instance.id))
        continue;
      this.record('arrears', { at, callSeq: null }, instance);
      instance.status = 'stopped';
      instance.next = null;
      this.touch(instance);
    }
  }

  #rechargeAt(at: number, amountFen: number): void {
    this.#wallet.take(-amountFen);
    if (this.#wallet.balanceFen > 0) this.#inArrears = false;
    this.recharges.push({ at, tradeNo: randomHex(this.random, 20), amountFen });
    this.record('recharge', { at, callSeq: null }, null, { costFen: -amountFen });
  }

  /** A view whose reads are up to date and whose writes keep billing, rows and due times right. */
  #view(instance: SimInstance): SimInstance {
    const known = this.#views.get(instance.id);
    if (known !== undefined) return known;
    const view = new Proxy(instance, {
      get: (target, key) => {
        this.settle();
        return Reflect.get(target, key);
      },
      set: (target, key, value) => {
        this.settle();
        // A status set by hand ends whatever transition was under way.
        if (key === 'status') target.next = null;
        const done = Reflect.set(target, key, value);
        if (this.#instances.get(target.id) === target) this.touch(target);
        return done;
      },
    });
    this.#views.set(instance.id, view);
    return view;
  }
}

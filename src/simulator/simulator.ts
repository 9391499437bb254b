import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { SimClock } from './clocks.ts';
import { Faults } from './faults.ts';
import { isCommit, remember, type SimCall, type SimEffect, type SimEvents } from './history.ts';
import { type Random, seededRandom } from './random.ts';
import { receive } from './receive.ts';
import { Router } from './router.ts';
import { DEFAULT_RULES, type SimRules } from './rules.ts';
import { seedToSaved } from './seed-account.ts';
import type { DeferredCall, SavedState, SimAccount } from './sim-account.ts';
import { type AccountContext, SimulatedAccount } from './simulated-account.ts';

export interface SimulatorOptions {
  readonly clock: SimClock;
  readonly accounts: readonly SimAccount[];
  /** Default: seeded with 1. */
  readonly random?: Random;
  /** Goes on where `save` left off. An account in it replaces the one of that name in `accounts`. */
  readonly state?: SavedState;
  readonly rules?: Partial<SimRules>;
  readonly host?: string;
  /** 0 (default) takes a free port; a second `start` of the same simulator takes the same one again. */
  readonly port?: number;
}

/**
 * The three clouds on one loopback port: huixingyun under its own paths, chenyu's open v2 under /api/open/v2, center-ai under
 * /api/v1, and a Jupyter per running instance under /jupyter/<account>/<instance id>/. There are no timers: time passes when
 * somebody looks, by whatever clock was given.
 */
export class Simulator {
  readonly events = new EventEmitter<SimEvents>();
  readonly faults: Faults;
  readonly clock: SimClock;
  readonly router = new Router();
  readonly #calls: SimCall[] = [];
  readonly #accounts = new Map<string, SimulatedAccount>();
  readonly #host: string;
  #port: number;
  #server: Server | null = null;
  #seq: number;

  constructor(options: SimulatorOptions) {
    this.clock = options.clock;
    this.#host = options.host ?? '127.0.0.1';
    this.#port = options.port ?? 0;
    this.#seq = options.state?.seq ?? 0;
    const random = options.random ?? seededRandom(1);
    this.faults = new Faults(random);
    const context: AccountContext = {
      clock: options.clock,
      random,
      rules: { ...DEFAULT_RULES, ...options.rules },
      nextSeq: () => this.nextSeq(),
      effect: (effect) => this.#announce(effect),
      perform: (account, call) => this.#perform(account, call),
    };
    const kept = options.state?.accounts ?? [];
    const fresh = options.accounts.filter((seed) => !kept.some((saved) => saved.name === seed.name));
    const seedContext = { now: options.clock.now(), random };
    for (const saved of [...kept, ...fresh.map((seed) => seedToSaved(seed, seedContext))]) {
      if (this.#accounts.has(saved.name)) throw new Error(`simulator: two accounts are named ${saved.name}`);
      this.#accounts.set(saved.name, new SimulatedAccount(saved, context));
    }
  }

  /** Listens; afterwards `origin` is known. Starting twice is harmless. */
  async start(): Promise<void> {
    if (this.#server !== null) return;
    const server = createServer((request, response) => this.#serve(request, response));
    this.#server = server;
    server.listen(this.#port, this.#host);
    try {
      await once(server, 'listening');
    } catch (cause) {
      this.#server = null;
      throw new Error(`simulator: cannot listen on ${this.#host}:${this.#port}`, { cause });
    }
    const address = server.address();
    if (typeof address === 'object' && address !== null) this.#port = address.port;
  }

  /** Breaks off every connection and stops listening. Idempotent. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    this.faults.clear();
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  /** `http://host:port`, without a slash at the end; throws before the first start. */
  get origin(): string {
    if (this.#port === 0) throw new Error('simulator: not started, so there is no origin yet');
    return `http://${this.#host}:${this.#port}`;
  }

  /** The account of that name; throws when there is none. */
  account(name: string): SimulatedAccount {
    const account = this.#accounts.get(name);
    if (account === undefined) {
      throw new Error(`simulator: no account ${name}; there are ${[...this.#accounts.keys()].join(', ')}`);
    }
    return account;
  }

  get accounts(): readonly SimulatedAccount[] {
    return [...this.#accounts.values()];
  }

  /** Every request received, also those without valid credentials and those to a Jupyter. */
  get calls(): readonly SimCall[] {
    return this.#calls;
  }

  /** Lets everything due by the clock happen now, instead of when somebody next looks. */
  settle(): void {
    for (const account of this.#accounts.values()) account.settle();
  }

  /** The whole state as plain JSON, fake secrets included; faults and history are not part of it. */
  save(): SavedState {
    return { version: 1, accounts: this.accounts.map((account) => account.saved()), seq: this.#seq };
  }

  /** Numbers calls and effects in one row. */
  nextSeq(): number {
    this.#seq += 1;
    return this.#seq;
  }

  /** Notes a request before anything is done about it. */
  note(call: SimCall, account: SimulatedAccount | null): void {
    remember(this.#calls, call);
    if (account !== null && call.api !== 'jupyter') remember(account.calls, call);
    this.events.emit('call', call);
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    // The clouds' Date follows the simulator's clock: a reader may compare it with its own.
    response.setHeader('date', new Date(this.clock.now()).toUTCString());
    receive(this, request, response);
  }

  #announce(effect: SimEffect): void {
    this.events.emit('effect', effect);
    if (isCommit(effect)) this.events.emit('commit', effect);
  }

  #perform(account: SimulatedAccount, call: DeferredCall): void {
    const route = this.router.byOperation(account.provider, call.operation);
    route?.endpoint.handle({ account, args: call.args, at: call.at, callSeq: call.callSeq, origin: this.origin });
  }
}

import { subscribe } from 'node:diagnostics_channel';
import { z } from 'zod';
import type { ActionCall } from '../../src/fleet/action-call.ts';
import { OPERATION_STATES, type Operation } from '../../src/fleet/operation.ts';
import type { ActOptions, Provider } from '../../src/providers/port.ts';
import type { AccountRuntime, LedgerPort, QueuePort, Standing, StorePort, Work } from '../../src/work/ports.ts';

/** Where a daemon of a test can be struck. See harness.ts for what each means. */
export const POINTS = [
  'before-list',
  'after-list',
  'before-arm',
  'after-arm',
  'before-read',
  'after-read',
  'before-ring',
  'after-ring',
  'gate-open',
  'request-left',
  'answer-received',
  ...OPERATION_STATES.flatMap((state) => [`before-${state}` as const, `after-${state}` as const]),
] as const;
export type Point = (typeof POINTS)[number];

/** `wait`: until the test says `go`. `block`: the event loop stands still for `ms`. */
export const STRIKES = ['kill', 'stop', 'wait', 'block', 'throw'] as const;

export const strikeSchema = z.strictObject({
  point: z.enum(POINTS),
  do: z.enum(STRIKES),
  /** Strikes at the so-manieth time it is reached, the first being 1. */
  nth: z.int().min(1).default(1),
  ms: z.int().min(0).default(0),
  /** Only for operations on this instance, "account/id". */
  instance: z.string().optional(),
  /** Only for this action. */
  action: z.string().optional(),
});
export type Strike = z.output<typeof strikeSchema>;
export type StrikeInput = z.input<typeof strikeSchema>;

/** What is known of the operation at a point. */
export interface Subject {
  readonly instance: string;
  readonly action: string;
}

export interface FaultPointsOptions {
  readonly strikes: readonly Strike[];
  /** Told of every point that is reached, before it is struck; resolves when the test has been told. */
  readonly onReached: (point: Point, subject: Subject, struck: Strike['do'] | null) => Promise<void>;
  /** Resolves when the test lets whoever waits at a point go on. */
  readonly onGo: () => Promise<void>;
}

/** Strikes this process at points around the ledger, the queue and the clouds, which it decorates. */
export class FaultPoints {
  readonly #options: FaultPointsOptions;
  readonly #seen = new Map<Strike, number>();
  /** What is about to leave, so that the wire can be told apart by its operation. */
  #leaving: Subject | null = null;

  constructor(options: FaultPointsOptions) {
    this.#options = options;
    subscribe('undici:request:bodySent', () => this.#left());
  }

  decorate(work: Work): Work {
    const known = new WeakMap<Standing, Standing>();
    const store = this.#store(work.store);
    return {
      ...work,
      store,
      queue: this.#queue(work.queue, store),
      standing: () => {
        const bare = work.standing();
        const decorated = known.get(bare) ?? this.#standing(bare);
        known.set(bare, decorated);
        return decorated;
      },
    };
  }

  /** Reaches a point: tells of it, and is struck where that was asked for. */
  async reach(point: Point, subject: Subject): Promise<void> {
    const strike = this.#strikeAt(point, subject);
    if (strike?.do === 'kill') dieNow();
    await this.#options.onReached(point, subject, strike?.do ?? null);
    if (strike === null) return;
    switch (strike.do) {
      case 'stop':
        process.kill(process.pid, 'SIGSTOP');
        return;
      case 'wait':
        await this.#options.onGo();
        return;
      case 'block':
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, strike.ms);
        return;
      case 'throw':
        throw new Error(`thrown at ${point} by a test`);
    }
  }

  #strikeAt(point: Point, subject: Subject): Strike | null {
    let found: Strike | null = null;
    for (const strike of this.#options.strikes) {
      if (strike.point !== point) continue;
      if (strike.instance !== undefined && strike.instance !== subject.instance) continue;
      if (strike.action !== undefined && strike.action !== subject.action) continue;
      const times = (this.#seen.get(strike) ?? 0) + 1;
      this.#seen.set(strike, times);
      if (times === strike.nth) found = strike;
    }
    return found;
  }

  /** In the middle of undici's write, so it cannot wait: the bytes are the kernel's already. */
  #left(): void {
    const subject = this.#leaving;
    if (subject === null) return;
    this.#leaving = null;
    const strike = this.#strikeAt('request-left', subject);
    if (strike?.do === 'kill') dieNow();
    void this.#options.onReached('request-left', subject, strike?.do ?? null);
    if (strike?.do === 'stop') process.kill(process.pid, 'SIGSTOP');
  }

  #ledger(bare: LedgerPort): LedgerPort {
    return overlay(bare, {
      arm: async (draft, options) => {
        const subject = { instance: draft.instance, action: draft.action };
        await this.reach('before-arm', subject);
        const result = await bare.arm(draft, options);
        if (result.kind === 'armed') await this.reach('after-arm', subject);
        return result;
      },
      transition: async (id, request) => {
        const subject = subjectOf(await bare.get(id));
        await this.reach(`before-${request.to}`, subject);
        const result = await bare.transition(id, request);
        if (result.kind === 'moved') await this.reach(`after-${request.to}`, subject);
        return result;
      },
    });
  }

  #store(bare: StorePort): StorePort {
    return overlay(bare, { ledger: this.#ledger(bare.ledger) });
  }

  #queue(bare: QueuePort, store: StorePort): QueuePort {
    return overlay(bare, {
      act: async (queue, operationId, jobId, delayMs) => {
        const subject = subjectOf(await store.ledger.get(operationId));
        await this.reach('before-ring', subject);
        await bare.act(queue, operationId, jobId, delayMs);
        await this.reach('after-ring', subject);
      },
    });
  }

  #standing(bare: Standing): Standing {
    const accounts = new Map<string, AccountRuntime>();
    for (const [name, runtime] of bare.accounts)
      accounts.set(name, { ...runtime, provider: this.#provider(runtime.provider) });
    return { ...bare, accounts };
  }

  #provider(bare: Provider): Provider {
    return overlay(bare, {
      list: async (signal) => {
        const subject = { instance: bare.account, action: 'list' };
        await this.reach('before-list', subject);
        const listing = await bare.list(signal);
        await this.reach('after-list', subject);
        return listing;
      },
      read: async (id, signal) => {
        const subject = { instance: `${bare.account}/${id}`, action: 'read' };
        await this.reach('before-read', subject);
        const instance = await bare.read(id, signal);
        await this.reach('after-read', subject);
        return instance;
      },
      act: async (id: string, call: ActionCall, options: ActOptions) => {
        const subject = { instance: `${bare.account}/${id}`, action: call.kind };
        const outcome = await bare.act(id, call, {
          ...options,
          gate: async () => {
            if (!(await options.gate())) return false;
            await this.reach('gate-open', subject);
            this.#leaving = subject;
            return true;
          },
        });
        await this.reach('answer-received', subject);
        return outcome;
      },
    });
  }
}

/** The thing itself, with some of its members in front. Whatever it gains later is passed on. */
function overlay<T extends object>(bare: T, front: Partial<T>): T {
  return new Proxy(bare, {
    get: (target, key) => {
      if (key in front) return Reflect.get(front, key);
      const value: unknown = Reflect.get(target, key);
      // Bound to the thing itself, which may have private parts.
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function subjectOf(operation: Operation | null): Subject {
  return { instance: operation?.instance ?? '', action: operation?.action ?? '' };
}

/** Nothing of ours runs after this: the signal is taken on the way out of the call. */
function dieNow(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('this process has been killed');
}

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Zone } from '../calendar/zone.ts';
import { type ComingDecision, type Forecast, forecastSteps } from '../decide/forecast.ts';
import type { World } from '../decide/world.ts';
import type { Policy } from '../policy/policy.ts';
import type { Work } from '../work/ports.ts';
import { accountWorld } from '../work/world.ts';

/** How far the console looks ahead. */
export const OUTLOOK_MS = 86_400_000;
/** Between two turns of the event loop so much of it is worked out: the daemon's own work goes first. */
const SLICE_MS = 8;
/** What has changed by itself may be shown this much later… */
const STALE_MS = 2_000;
/** …or where it takes long to work out, so that it takes up no more than this share of the time. */
const SHARE = 0.05;

interface Known {
  /** What a person may just have changed: then what is known is worth nothing. */
  readonly cause: string;
  readonly policies: readonly Policy[];
  readonly madeAt: number;
  readonly tookMs: number;
  readonly forecast: Forecast;
}

interface Making {
  readonly cause: string;
  readonly policies: readonly Policy[];
  readonly done: Promise<void>;
}

export interface OutlookParts {
  /** Of the accounts that are configured. */
  readonly names: () => readonly string[];
  readonly policies: () => readonly Policy[];
  readonly zone: () => Zone;
  /** What a person may change of an account from one moment to the next, as a text. */
  readonly cause: (name: string) => Promise<string>;
  /** `null`: it has never been listed. */
  readonly world: (name: string) => Promise<World | null>;
  readonly onPutOff: (error: unknown) => void;
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
}

/** The outlook of a daemon. */
export function outlookOf(work: Work, signal: AbortSignal): Outlook {
  return new Outlook({
    names: () => [...work.standing().accounts.keys()],
    policies: () => work.standing().policies,
    zone: () => work.standing().zone,
    cause: async (name) => {
      const [holds, paused] = await Promise.all([work.store.holds(work.clock.now()), work.store.paused()]);
      return JSON.stringify([paused, holds.filter(({ instance }) => instance.startsWith(`${name}/`))]);
    },
    world: async (name) => {
      const standing = work.standing();
      const runtime = standing.accounts.get(name);
      return runtime === undefined ? null : await accountWorld(work, standing, runtime, work.clock.now());
    },
    onPutOff: (error) => work.log.debug({ err: error }, 'the outlook is made later'),
    signal,
  });
}

/** What is coming, by account, kept for a little while: it takes a while to work out for a large fleet. */
export class Outlook {
  readonly #parts: OutlookParts;
  readonly #known = new Map<string, Known>();
  /** What was last asked for: what comes of an earlier cause is not shown any more. */
  readonly #wanted = new Map<string, string>();
  readonly #making = new Map<string, Making>();
  /** One at a time. */
  #turn: Promise<void> = Promise.resolve();

  constructor(parts: OutlookParts) {
    this.#parts = parts;
  }

  /**
   * What is known of the accounts within `waitMs` (real ms); an account that is missing has not been listed, or is still
   * being worked out.
   */
  async look(waitMs: number): Promise<ReadonlyMap<string, Forecast>> {
    const names = this.#parts.names();
    const making = Promise.all(names.map((name) => this.#refresh(name)));
    const timer = AbortSignal.timeout(waitMs);
    const late = new Promise<void>((resolve) => timer.addEventListener('abort', () => resolve(), { once: true }));
    await Promise.race([making, late]);
    const found = new Map<string, Forecast>();
    for (const name of names) {
      const known = this.#known.get(name);
      if (known !== undefined && known.policies === this.#parts.policies()) found.set(name, known.forecast);
    }
    return found;
  }

  async #refresh(name: string): Promise<void> {
    const cause = await this.#parts.cause(name);
    const policies = this.#parts.policies();
    const known = this.#known.get(name);
    const isSame = known?.cause === cause && known.policies === policies;
    if (isSame && performance.now() - known.madeAt < Math.max(STALE_MS, known.tookMs / SHARE)) return;
    // Not to be shown any more: it would promise what a hold has just called off.
    if (!isSame) this.#known.delete(name);
    this.#wanted.set(name, cause);
    const making = this.#makingOf(name, { cause, policies });
    if (!isSame) {
      await making;
      return;
    }
    // What is shown meanwhile is a little old, and nobody waits for it.
    making.catch(this.#parts.onPutOff);
  }

  /** What is being made already for the same cause is not made again. */
  #makingOf(name: string, wanted: Pick<Making, 'cause' | 'policies'>): Promise<void> {
    const under = this.#making.get(name);
    if (under?.cause === wanted.cause && under.policies === wanted.policies) return under.done;
    const done = this.#make(name, wanted).finally(() => {
      if (this.#making.get(name)?.done === done) this.#making.delete(name);
    });
    this.#making.set(name, { ...wanted, done });
    return done;
  }

  async #make(name: string, { cause, policies }: Pick<Making, 'cause' | 'policies'>): Promise<void> {
    const before = this.#turn;
    const turn = Promise.withResolvers<void>();
    this.#turn = turn.promise;
    await before;
    try {
      const world = await this.#parts.world(name);
      if (world === null) return;
      const startedAt = performance.now();
      const forecast = await this.#sliced(policies, world);
      const madeAt = performance.now();
      if (this.#wanted.get(name) !== cause) return;
      this.#known.set(name, { cause, policies, madeAt, tookMs: madeAt - startedAt, forecast });
    } finally {
      turn.resolve();
    }
  }

  async #sliced(policies: readonly Policy[], world: World): Promise<Forecast> {
    const steps = forecastSteps(policies, world, { until: world.now + OUTLOOK_MS, zone: this.#parts.zone() });
    let sliceAt = performance.now();
    for (;;) {
      this.#parts.signal.throwIfAborted();
      const step = steps.next();
      if (step.done === true) return step.value;
      if (performance.now() - sliceAt < SLICE_MS) continue;
      await nextTurn();
      sliceAt = performance.now();
    }
  }
}

/** By instance, each in the order of time. */
export function comingByInstance(forecasts: Iterable<Forecast>): ReadonlyMap<string, readonly ComingDecision[]> {
  const map = new Map<string, ComingDecision[]>();
  for (const { coming } of forecasts) {
    for (const each of coming) {
      if (each.instance === null) continue;
      const list = map.get(each.instance);
      if (list === undefined) map.set(each.instance, [each]);
      else list.push(each);
    }
  }
  return map;
}

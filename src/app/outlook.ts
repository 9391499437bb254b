import { setImmediate as nextTurn } from 'node:timers/promises';
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

/** What is coming, by account, kept for a little while: it takes a while to work out for a large fleet. */
export class Outlook {
  readonly #work: Work;
  readonly #signal: AbortSignal;
  readonly #known = new Map<string, Known>();
  readonly #making = new Map<string, Promise<void>>();
  /** One at a time. */
  #turn: Promise<void> = Promise.resolve();

  constructor(work: Work, signal: AbortSignal) {
    this.#work = work;
    this.#signal = signal;
  }

  /**
   * What is known of the accounts within `waitMs` (real ms); an account that is missing has not been listed, or is still
   * being worked out.
   */
  async look(waitMs: number): Promise<ReadonlyMap<string, Forecast>> {
    const standing = this.#work.standing();
    const names = [...standing.accounts.keys()];
    const making = Promise.all(names.map((name) => this.#refresh(name)));
    const timer = AbortSignal.timeout(waitMs);
    const late = new Promise<void>((resolve) => timer.addEventListener('abort', () => resolve(), { once: true }));
    await Promise.race([making, late]);
    const found = new Map<string, Forecast>();
    for (const name of names) {
      const known = this.#known.get(name);
      if (known !== undefined && known.policies === standing.policies) found.set(name, known.forecast);
    }
    return found;
  }

  async #refresh(name: string): Promise<void> {
    const { store, clock } = this.#work;
    const known = this.#known.get(name);
    const [holds, paused] = await Promise.all([store.holds(clock.now()), store.paused()]);
    const cause = JSON.stringify([paused, holds.filter(({ instance }) => instance.startsWith(`${name}/`))]);
    const isSame = known?.cause === cause && known.policies === this.#work.standing().policies;
    if (isSame && performance.now() - known.madeAt < Math.max(STALE_MS, known.tookMs / SHARE)) return;
    // Not to be shown any more: it would promise what a hold has just called off.
    if (!isSame) this.#known.delete(name);
    const under = this.#making.get(name);
    if (under !== undefined && isSame) return;
    await under?.catch(() => {});
    const making = this.#make(name, cause).finally(() => {
      if (this.#making.get(name) === making) this.#making.delete(name);
    });
    this.#making.set(name, making);
    // What is shown meanwhile is a little old, and nobody waits for it.
    if (isSame) {
      making.catch((error: unknown) => this.#work.log.debug({ err: error }, 'the outlook is made later'));
      return;
    }
    await making;
  }

  async #make(name: string, cause: string): Promise<void> {
    const before = this.#turn;
    const done = Promise.withResolvers<void>();
    this.#turn = done.promise;
    await before;
    try {
      const standing = this.#work.standing();
      const runtime = standing.accounts.get(name);
      const world = runtime && (await accountWorld(this.#work, standing, runtime, this.#work.clock.now()));
      if (world === undefined || world === null) return;
      const startedAt = performance.now();
      const forecast = await this.#sliced(standing.policies, world);
      const madeAt = performance.now();
      this.#known.set(name, { cause, policies: standing.policies, madeAt, tookMs: madeAt - startedAt, forecast });
    } finally {
      done.resolve();
    }
  }

  async #sliced(policies: readonly Policy[], world: World): Promise<Forecast> {
    const { zone } = this.#work.standing();
    const steps = forecastSteps(policies, world, { until: world.now + OUTLOOK_MS, zone });
    let sliceAt = performance.now();
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      if (performance.now() - sliceAt < SLICE_MS) continue;
      await nextTurn();
      this.#signal.throwIfAborted();
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

import type { Instance } from '../../fleet/instance.ts';

interface Known {
  readonly instance: Instance;
  /** How often, and since when (monotonic ms), the cloud has had no answer about it while listings lacked it. */
  readonly refusals: number;
  readonly refusedSinceMs: number;
}

/**
 * A cloud that has forgotten a destroyed instance may have no answer about it for ever, and the account must not stay
 * incomplete for ever with it. Three listings without it and two minutes are far longer than an instance can slip between
 * the queries of one walk.
 */
const REFUSALS_TO_FORGET = 3;
const TIME_TO_FORGET_MS = 120_000;

/** The rows of the last listings, by id: what a missing instance is missed by, and what a bare status is added to. */
export class KnownInstances {
  readonly #known = new Map<string, Known>();

  get(id: string): Instance | null {
    return this.#known.get(id)?.instance ?? null;
  }

  /** Ids that are known and not in `seen`. */
  missingFrom(seen: ReadonlyMap<string, Instance>): readonly string[] {
    return [...this.#known.keys()].filter((id) => !seen.has(id));
  }

  see(instances: Iterable<Instance>): void {
    for (const instance of instances) this.#known.set(instance.id, { instance, refusals: 0, refusedSinceMs: 0 });
  }

  forget(id: string): void {
    this.#known.delete(id);
  }

  /** The cloud refused to say anything about a missing instance. True: often and long enough to believe that it is gone. */
  refused(id: string, nowMs: number): boolean {
    const known = this.#known.get(id);
    if (known === undefined) return true;
    const refusals = known.refusals + 1;
    const refusedSinceMs = known.refusals === 0 ? nowMs : known.refusedSinceMs;
    this.#known.set(id, { ...known, refusals, refusedSinceMs });
    return refusals >= REFUSALS_TO_FORGET && nowMs - refusedSinceMs >= TIME_TO_FORGET_MS;
  }
}

import type { Operation } from '../fleet/operation.ts';

/** Enough for everything that is on its way in a busy fleet, and some that have just ended; a few MB. */
const MOST = 2_000;

/**
 * Operations as this process last saw them. What an operation is at a version never changes, so that asking for the
 * version tells whether the whole has to be read. Redis may come back older than it was, with another history under the
 * same version: after every loss of the connection all is forgotten.
 */
export class KnownOperations {
  readonly #byId = new Map<string, Operation>();

  get(id: string): Operation | null {
    return this.#byId.get(id) ?? null;
  }

  /** The operation, if it is known as it was at that version. */
  at(id: string, version: number): Operation | null {
    const known = this.#byId.get(id);
    return known?.version === version ? known : null;
  }

  put(operation: Operation): void {
    const known = this.#byId.get(operation.id);
    // Of two answers that overtake each other the later state stays.
    if (known !== undefined && known.version > operation.version) return;
    // Taken out first, so that the order is by use.
    this.#byId.delete(operation.id);
    this.#byId.set(operation.id, operation);
    if (this.#byId.size <= MOST) return;
    for (const oldest of this.#byId.keys()) {
      this.#byId.delete(oldest);
      break;
    }
  }

  remove(id: string): void {
    this.#byId.delete(id);
  }

  forget(): void {
    this.#byId.clear();
  }
}

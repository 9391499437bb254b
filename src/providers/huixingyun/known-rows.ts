import type { Instance } from '../../fleet/instance.ts';
import { cutList, type JsonRow } from '../http/json-list.ts';

/**
 * The instances of the last listing by the digest of their rows. A row that comes again byte for byte is the very same
 * instance and is neither parsed nor decoded: of a poll of thousands that is nearly all the work. Only digests are kept
 * of the rows, since they hold root passwords.
 */
export class KnownRows {
  readonly #seed: number;
  #last = new Map<number, Instance>();
  #now = new Map<number, Instance>();

  /** `seed`: any whole number, the better chosen by chance. */
  constructor(seed = 0) {
    this.#seed = seed;
  }

  /** Reads a listing's body. @throws SyntaxError where it is not JSON */
  parse(raw: Buffer): unknown {
    return cutList(raw, 'items', this.#seed) ?? JSON.parse(raw.toString('utf8'));
  }

  instance(row: JsonRow, decode: (row: unknown) => Instance | null): Instance | null {
    const instance = this.#last.get(row.digest) ?? decode(row.parse());
    if (instance !== null) this.#now.set(row.digest, instance);
    return instance;
  }

  /** The listing is at its end: what was not in it is forgotten. */
  turn(): void {
    this.#last = this.#now;
    this.#now = new Map();
  }
}

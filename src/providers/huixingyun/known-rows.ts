import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Instance } from '../../fleet/instance.ts';
import { cutList, type JsonRow } from '../http/json-list.ts';

/** Makes an instance of a row; `null` where it cannot be told from others. */
export type RowDecoder = (row: unknown) => Instance | null;

/** After so many rows that are new, a few ms of work, other work gets its turn. */
const ROWS_A_TURN = 500;

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

  /**
   * Reads a listing's body and makes the acquaintance of its rows, giving way to other work in between: after this
   * {@link instance} has little left to do. @throws SyntaxError where it is not JSON
   */
  async parse(raw: Buffer, decode: RowDecoder): Promise<unknown> {
    const list = cutList(raw, 'items', this.#seed);
    if (list === null) return JSON.parse(raw.toString('utf8'));
    let decoded = 0;
    for (const row of list.rows) {
      if (this.#last.has(row.digest)) continue;
      this.instance(row, decode);
      decoded += 1;
      if (decoded % ROWS_A_TURN === 0) await nextTurn();
    }
    return list;
  }

  instance(row: JsonRow, decode: RowDecoder): Instance | null {
    const instance = this.#last.get(row.digest) ?? this.#now.get(row.digest) ?? decode(row.parse());
    if (instance !== null) this.#now.set(row.digest, instance);
    return instance;
  }

  /** The listing is at its end: what was not in it is forgotten. */
  turn(): void {
    this.#last = this.#now;
    this.#now = new Map();
  }
}

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PassEntry } from './entries.ts';
import { isJsonList, type Json } from './json.ts';
import { applied, diff, type Patch, PatchMisfit } from './patch.ts';
import { RowPacker, unpacked } from './row-patches.ts';

/** After so many rows, a ms or two of work, other work gets its turn. */
const ROWS_A_TURN = 200;

/** One of the many things that a pass knew: a row of its listing with all that belongs to it. */
export interface Row {
  /** Another one for each row of a pass. */
  readonly key: string;
  /** What it is made of: where all of it is the very same as last time, so is the row. */
  readonly made: readonly unknown[];
  /** What it was last time, whose parts may be used again, and need not be compared then. */
  readonly plain: (before: KnownRow | null) => Json;
}

/** A row as it was in the pass before. */
export interface KnownRow {
  readonly made: readonly unknown[];
  readonly plain: Json;
}

/** What a pass knew and decided, ready to be kept. */
export interface PlainPass {
  readonly facts: Json;
  /** Made one by one: of a large fleet they are not all there at once. */
  readonly rows: Iterable<Row>;
  readonly decided: Json;
  readonly words: string;
}

type Changes = Pick<PassEntry, 'facts' | 'order' | 'rows' | 'decided'>;

interface WrittenRow extends KnownRow {
  made: readonly unknown[];
  plain: Json;
  /** The pass that it was last in. */
  pass: number;
}

/** Turns each pass over one account into what changed since the one before. */
export class PassWriter {
  #facts: Json | undefined;
  #order: readonly string[] = [];
  readonly #rows = new Map<string, WrittenRow>();
  #decided: Json | undefined;
  #pass = 0;

  /** Not to be called again before it is done. */
  async changes(pass: PlainPass): Promise<Changes> {
    this.#pass += 1;
    const patches = new RowPacker();
    const order: string[] = [];
    for (const row of pass.rows) {
      const place = order.push(row.key) - 1;
      if (place % ROWS_A_TURN === ROWS_A_TURN - 1) await nextTurn();
      const patch = this.#change(row);
      if (patch !== undefined) patches.add(place, patch);
    }
    if (this.#rows.size > order.length)
      for (const [key, row] of this.#rows) if (row.pass !== this.#pass) this.#rows.delete(key);
    const packed = patches.packed();
    const changes = {
      ...some('facts', diff(this.#facts, pass.facts)),
      ...some('order', diff(this.#order, order)),
      ...(packed !== null && { rows: packed }),
      ...some('decided', diff(this.#decided, pass.decided)),
    };
    this.#facts = pass.facts;
    this.#order = order;
    this.#decided = pass.decided;
    return changes;
  }

  /** What became of one row. What stays as it is stays where it is: of a large fleet that is nearly everything. */
  #change({ key, made, plain }: Row): Patch | undefined {
    const known = this.#rows.get(key);
    if (known === undefined) {
      const first = plain(null);
      this.#rows.set(key, { made, plain: first, pass: this.#pass });
      return diff(undefined, first);
    }
    known.pass = this.#pass;
    if (isSame(known.made, made)) return undefined;
    const next = plain(known);
    const patch = diff(known.plain, next);
    known.made = made;
    if (patch !== undefined) known.plain = next;
    return patch;
  }
}

function some<K extends string>(key: K, patch: Patch | undefined): { readonly [P in K]?: Patch } | undefined {
  if (patch === undefined) return undefined;
  const one: { [P in K]?: Patch } = {};
  one[key] = patch;
  return one;
}

function isSame(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((each, place) => each === other[place]);
}

/** A pass as it was kept. What did not change since the one before is the very same value. */
export interface ReadPass {
  readonly facts: Json;
  /** In the order of the listing. */
  readonly rows: ReadonlyMap<string, Json>;
  readonly decided: Json;
}

/** The other way round. */
export class PassReader {
  #facts: Json | undefined;
  #order: readonly Json[] = [];
  #rows: ReadonlyMap<string, Json> = new Map();
  #decided: Json | undefined;

  /** @throws PatchMisfit */
  read(changes: Changes): ReadPass {
    if (changes.facts !== undefined) this.#facts = applied(this.#facts, changes.facts);
    if (changes.decided !== undefined) this.#decided = applied(this.#decided, changes.decided);
    if (changes.order !== undefined) {
      const order = applied(this.#order, changes.order);
      if (!isJsonList(order)) throw new PatchMisfit('the order of the rows is no list');
      this.#order = order;
    }
    if (changes.order !== undefined || changes.rows !== undefined) this.#rows = this.#after(changes.rows);
    if (this.#facts === undefined || this.#decided === undefined) throw new PatchMisfit('it begins in the middle');
    return { facts: this.#facts, rows: this.#rows, decided: this.#decided };
  }

  #after(groups: Changes['rows']): ReadonlyMap<string, Json> {
    const patches = unpacked(groups ?? []);
    const rows = new Map<string, Json>();
    for (const [place, key] of this.#order.entries()) {
      if (typeof key !== 'string') throw new PatchMisfit('a row has no name');
      const patch = patches.get(place);
      const row = patch === undefined ? this.#rows.get(key) : applied(this.#rows.get(key), patch);
      if (row === undefined) throw new PatchMisfit(`nothing is known of ${key}`);
      rows.set(key, row);
    }
    return rows;
  }
}

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Instance } from '../fleet/instance.ts';

/** How many rows are one piece of a family's text: small enough that little is copied for one line that changed. */
const BLOCK = 1_000;
/** New lines until others have their turn: a few ms, while lines that are kept cost next to nothing. */
const LINES_AT_ONCE = 1_000;

/** A kind of lines: each row has one, or none. */
export interface Family<Row> {
  /** What the line is made of besides the instance: for as long as it is the same value the line is the same. */
  basis(row: Row): unknown;
  /** Empty: there is none. */
  line(row: Row): string;
}

/** The lines of up to {@link BLOCK} rows in a row, as bytes. */
interface Block {
  readonly bases: readonly unknown[];
  /** Where the line of each row ends. */
  readonly ends: Uint32Array;
  readonly bytes: Uint8Array;
}

/** Lets others have their turn after every so many lines. */
export class Turns {
  #lines = 0;

  async wrote(lines: number): Promise<void> {
    this.#lines += lines;
    if (this.#lines < LINES_AT_ONCE) return;
    this.#lines = 0;
    await nextTurn();
  }
}

/**
 * The lines of one account as they were sent last, as bytes, family by family. The next text is made of it: a line whose
 * instance is the very same object, and whose basis is the same value, is copied or left where it is; a machine that is new or
 * gone does not make the others new. It never changes, so that two scrapes at once do not disturb each other.
 */
export class KeptText<Row extends { readonly tracked: { readonly instance: Instance } }> {
  readonly #families: readonly Family<Row>[];
  readonly #instances: readonly Instance[];
  readonly #blocks: readonly (readonly Block[])[];

  private constructor(
    families: readonly Family<Row>[],
    instances: readonly Instance[],
    blocks: readonly (readonly Block[])[],
  ) {
    this.#families = families;
    this.#instances = instances;
    this.#blocks = blocks;
  }

  static empty<Row extends { readonly tracked: { readonly instance: Instance } }>(
    families: readonly Family<Row>[],
  ): KeptText<Row> {
    return new KeptText<Row>(
      families,
      [],
      families.map(() => []),
    );
  }

  /** The bytes of a family, by its place. */
  *bytesOf(family: number): Generator<Uint8Array> {
    for (const { bytes } of this.#blocks[family] ?? []) yield bytes;
  }

  async next(rows: readonly Row[], turns: Turns): Promise<KeptText<Row>> {
    const instances = rows.map(({ tracked }) => tracked.instance);
    const places = placesOf(instances, this.#instances);
    const blocks: Block[][] = [];
    for (const [index, family] of this.#families.entries()) {
      const before = this.#blocks[index] ?? [];
      const after: Block[] = [];
      for (let from = 0; from < rows.length; from += BLOCK) {
        const to = Math.min(from + BLOCK, rows.length);
        const { block, written } = blockOf(family, rows, { from, to }, before, places);
        after.push(block);
        if (written > 0) await turns.wrote(written);
      }
      blocks.push(after);
    }
    return new KeptText(this.#families, instances, blocks);
  }
}

/** Where each instance was before; -1: nowhere, so that it is new or has changed. */
function placesOf(instances: readonly Instance[], before: readonly Instance[]): Int32Array {
  const places = new Int32Array(instances.length);
  // Made only where one is not where it was: mostly all are.
  let known: Map<Instance, number> | null = null;
  for (const [index, instance] of instances.entries()) {
    if (before[index] === instance) {
      places[index] = index;
      continue;
    }
    known ??= new Map(before.map((each, place) => [each, place]));
    places[index] = known.get(instance) ?? -1;
  }
  return places;
}

function blockOf<Row>(
  family: Family<Row>,
  rows: readonly Row[],
  { from, to }: { readonly from: number; readonly to: number },
  before: readonly Block[],
  places: Int32Array,
): { readonly block: Block; readonly written: number } {
  const old = before[from / BLOCK];
  if (old !== undefined && isKept(old, family, rows, { from, to }, places)) return { block: old, written: 0 };
  const bases = rows.slice(from, to).map((row) => family.basis(row));
  const ends = new Uint32Array(to - from);
  const parts: Uint8Array[] = [];
  let end = 0;
  let written = 0;
  for (const [index, basis] of bases.entries()) {
    const row = rows[from + index];
    let bytes = keptLine(before, places[from + index] ?? -1, basis);
    if (bytes === null && row !== undefined) {
      bytes = Buffer.from(family.line(row));
      written += 1;
    }
    if (bytes !== null) parts.push(bytes);
    end += bytes?.length ?? 0;
    ends[index] = end;
  }
  return { block: { bases, ends, bytes: Buffer.concat(parts) }, written };
}

/** Are these the same rows in the same places, with lines made of the same? */
function isKept<Row>(
  { bases }: Block,
  family: Family<Row>,
  rows: readonly Row[],
  { from, to }: { readonly from: number; readonly to: number },
  places: Int32Array,
): boolean {
  if (bases.length !== to - from) return false;
  for (let at = from; at < to; at += 1) {
    const row = rows[at];
    if (row === undefined || places[at] !== at || bases[at - from] !== family.basis(row)) return false;
  }
  return true;
}

/** `null`: the row was not there, or its line was made of something else. */
function keptLine(before: readonly Block[], place: number, basis: unknown): Uint8Array | null {
  const block = before[Math.floor(place / BLOCK)];
  const index = place % BLOCK;
  if (block === undefined || block.bases[index] !== basis) return null;
  return block.bytes.subarray(block.ends[index - 1] ?? 0, block.ends[index]);
}

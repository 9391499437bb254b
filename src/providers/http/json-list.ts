/**
 * A JSON object with one long list in it, cut into rows that are not parsed yet. Of a listing that comes every minute most
 * rows are byte for byte those of the last one; who knows a row by its digest need not parse it again.
 */
export class JsonList {
  /** The object, with an empty list in the place of the long one. */
  readonly rest: unknown;
  readonly rows: readonly JsonRow[];

  constructor(rest: unknown, rows: readonly JsonRow[]) {
    this.rest = rest;
    this.rows = rows;
  }
}

/** A row as it came. It holds on to the whole answer, passwords and all, so nobody keeps it. */
export interface JsonRow {
  /** 53 bits of the row's bytes: that two rows which differ have the same one does not happen. */
  readonly digest: number;
  /** @throws SyntaxError where it is not JSON */
  parse(): unknown;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

// Odd, so that multiplying loses nothing.
const FACTOR_A = 0x01000193;
const FACTOR_B = 0x5bd1e995;
/** What the upper half of a digest is multiplied by to make room for 21 bits of the lower one. */
const LOWER_HALF = 2 ** 21;

class Row implements JsonRow {
  readonly digest: number;
  readonly #raw: Buffer;
  readonly #from: number;
  readonly #to: number;

  constructor(raw: Buffer, from: number, to: number, digest: number) {
    this.#raw = raw;
    this.#from = from;
    this.#to = to;
    this.digest = digest;
  }

  parse(): unknown {
    return JSON.parse(this.#raw.toString('utf8', this.#from, this.#to));
  }
}

/**
 * Cuts the list under `key` out of an object of the top level. `null`: this is not written so plainly that it can be cut
 * (another value there, the key twice or escaped, rows that are no objects, not JSON at all); a parser has to look at it.
 * `seed` is any whole number; with one chosen by chance nobody can make rows that are taken for each other.
 */
export function cutList(raw: Buffer, key: string, seed: number): JsonList | null {
  let list: { readonly from: number; readonly to: number; readonly rows: readonly JsonRow[] } | null = null;
  let at = skipBlanks(raw, 0);
  if (raw[at] !== OPEN_OBJECT) return null;
  do {
    at = skipBlanks(raw, at + 1);
    const afterName = endOfString(raw, at);
    if (afterName === null) return null;
    const name = raw.toString('utf8', at + 1, afterName - 1);
    if (name.includes('\\')) return null;
    at = skipBlanks(raw, afterName);
    if (raw[at] !== COLON) return null;
    at = skipBlanks(raw, at + 1);
    if (name === key) {
      const rows: JsonRow[] = [];
      const to: number | null = list === null ? cutRows(raw, at, seed, rows) : null;
      if (to === null) return null;
      list = { from: at, to, rows };
      at = to;
    } else {
      const after = endOfValue(raw, at);
      if (after === null) return null;
      at = after;
    }
    at = skipBlanks(raw, at);
  } while (raw[at] === COMMA);
  if (list === null || raw[at] !== CLOSE_OBJECT || skipBlanks(raw, at + 1) !== raw.length) return null;
  const { from, to, rows } = list;
  try {
    return new JsonList(JSON.parse(`${raw.toString('utf8', 0, from)}[]${raw.toString('utf8', to)}`), rows);
  } catch {
    return null;
  }
}

/** Puts the rows of the list that begins at `at` into `rows`; answers where the list ends. */
function cutRows(raw: Buffer, at: number, seed: number, rows: JsonRow[]): number | null {
  if (raw[at] !== OPEN_LIST) return null;
  const words = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  let index = skipBlanks(raw, at + 1);
  if (raw[index] === CLOSE_LIST) return index + 1;
  for (;;) {
    if (raw[index] !== OPEN_OBJECT) return null;
    const end = endOfRow(raw, index);
    if (end === null) return null;
    rows.push(new Row(raw, index, end, digest(raw, words, index, end, seed)));
    index = skipBlanks(raw, end);
    if (raw[index] === CLOSE_LIST) return index + 1;
    if (raw[index] !== COMMA) return null;
    index = skipBlanks(raw, index + 1);
  }
}

/** After the object or list that begins at `at`. This loop sees every byte of every poll. */
function endOfRow(raw: Buffer, at: number): number | null {
  let depth = 0;
  let index = at;
  do {
    const code = raw[index];
    if (code === undefined) return null;
    index += 1;
    if (code === QUOTE) {
      for (let inside = raw[index]; inside !== QUOTE; inside = raw[index]) {
        if (inside === undefined) return null;
        index += inside === BACKSLASH ? 2 : 1;
      }
      index += 1;
    } else if (code === OPEN_OBJECT || code === OPEN_LIST) depth += 1;
    else if (code === CLOSE_OBJECT || code === CLOSE_LIST) depth -= 1;
  } while (depth > 0);
  return index;
}

/**
 * Four bytes at a time, the rest one by one. Turned before they are multiplied, since multiplying carries a difference
 * only upwards: of two rows that differ anywhere both halves differ everywhere.
 */
function digest(raw: Buffer, words: DataView, from: number, to: number, seed: number): number {
  let a = seed | 0;
  let b = ~seed;
  let at = from;
  for (; at + 4 <= to; at += 4) {
    const word = words.getUint32(at, true);
    a = Math.imul(((a << 13) | (a >>> 19)) ^ word, FACTOR_A);
    b = Math.imul(((b << 17) | (b >>> 15)) ^ word, FACTOR_B);
  }
  for (; at < to; at += 1) {
    const code = raw[at] ?? 0;
    a = Math.imul(((a << 13) | (a >>> 19)) ^ code, FACTOR_A);
    b = Math.imul(((b << 17) | (b >>> 15)) ^ code, FACTOR_B);
  }
  return (mixed(a) >>> 0) * LOWER_HALF + (mixed(b) >>> 11);
}

/** The last words have not been turned yet. */
function mixed(half: number): number {
  const once = Math.imul(half ^ (half >>> 15), FACTOR_B);
  return once ^ (once >>> 13);
}

function skipBlanks(raw: Buffer, at: number): number {
  let index = at;
  for (let code = raw[index]; code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09; code = raw[index])
    index += 1;
  return index;
}

/** After the closing quote of the string at `at`. */
function endOfString(raw: Buffer, at: number): number | null {
  if (raw[at] !== QUOTE) return null;
  for (let index = at + 1; index < raw.length; index += 1) {
    const code = raw[index];
    if (code === QUOTE) return index + 1;
    if (code === BACKSLASH) index += 1;
  }
  return null;
}

/** After the value at `at`, whatever it is; that it is one is seen when the rest is parsed. */
function endOfValue(raw: Buffer, at: number): number | null {
  let depth = 0;
  let index = at;
  while (index < raw.length) {
    const code = raw[index];
    if (code === QUOTE) {
      const after = endOfString(raw, index);
      if (after === null) return null;
      index = after;
      continue;
    }
    if (depth === 0 && (code === COMMA || code === CLOSE_OBJECT)) return index;
    if (code === OPEN_OBJECT || code === OPEN_LIST) depth += 1;
    else if (code === CLOSE_OBJECT || code === CLOSE_LIST) depth -= 1;
    index += 1;
  }
  return null;
}

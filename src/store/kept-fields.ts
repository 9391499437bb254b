import { setImmediate as nextTurn } from 'node:timers/promises';

/** Fields that are new until others have their turn: a reading takes some 10 µs to read. */
const READ_AT_ONCE = 500;

interface Known<T> {
  readonly texts: ReadonlyMap<string, string>;
  readonly values: ReadonlyMap<string, T>;
}

/**
 * What the fields of hashes were read as: one whose text is as it was is the same value again. Every pass, page and scrape reads
 * what is known of each of thousands of machines, most of which nobody has looked at in between.
 */
export class KeptFields<T> {
  readonly #read: (text: string, field: string, key: string) => T | null;
  readonly #known = new Map<string, Known<T>>();

  /** @param read what a field says; `null`: nothing */
  constructor(read: (text: string, field: string, key: string) => T | null) {
    this.#read = read;
  }

  /**
   * By field.
   * @param flat what Redis answers to HGETALL, as a list: thousands of fields would become one slow object
   */
  async of(key: string, flat: unknown): Promise<ReadonlyMap<string, T>> {
    const before = this.#known.get(key);
    const list: readonly unknown[] = Array.isArray(flat) ? flat : [];
    if (before !== undefined && isAsBefore(before.texts, list)) return before.values;
    const texts = new Map<string, string>();
    const values = new Map<string, T>();
    let anew = 0;
    for (let i = 0; i + 1 < list.length; i += 2) {
      const field = String(list[i]);
      const text = String(list[i + 1]);
      const isKept = before?.texts.get(field) === text;
      const value = isKept ? before.values.get(field) : this.#read(text, field, key);
      texts.set(field, text);
      if (value !== null && value !== undefined) values.set(field, value);
      if (isKept) continue;
      anew += 1;
      if (anew % READ_AT_ONCE === 0) await nextTurn();
    }
    this.#known.set(key, { texts, values });
    return values;
  }
}

/** Does nothing of it have to be read? */
function isAsBefore(texts: ReadonlyMap<string, string>, list: readonly unknown[]): boolean {
  if (list.length !== texts.size * 2) return false;
  for (let i = 0; i < list.length; i += 2) {
    if (texts.get(String(list[i])) !== list[i + 1]) return false;
  }
  return true;
}

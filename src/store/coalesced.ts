import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Lets everybody who asks in the same turn of the event loop share one question to Redis. It leaves after all of them have
 * asked, so that nobody gets an answer older than their question; a hundred jobs that begin together ask once.
 */
export class Coalesced<K, T> {
  readonly #ask: (key: K) => Promise<T>;
  readonly #open = new Map<K, Promise<T>>();

  constructor(ask: (key: K) => Promise<T>) {
    this.#ask = ask;
  }

  get(key: K): Promise<T> {
    const open = this.#open.get(key);
    if (open !== undefined) return open;
    const answer = this.#next(key);
    this.#open.set(key, answer);
    return answer;
  }

  async #next(key: K): Promise<T> {
    await nextTurn();
    // From here on nobody may join any more.
    this.#open.delete(key);
    return await this.#ask(key);
  }
}

/** Likewise for many of a kind: what is asked in one turn of the loop goes to Redis as one list. */
export class Gathered<T, R> {
  readonly #ask: (items: readonly T[]) => Promise<R>;
  #open: { readonly items: T[]; readonly answer: Promise<R> } | null = null;

  constructor(ask: (items: readonly T[]) => Promise<R>) {
    this.#ask = ask;
  }

  add(item: T): Promise<R> {
    if (this.#open !== null) {
      this.#open.items.push(item);
      return this.#open.answer;
    }
    const items = [item];
    const answer = this.#next(items);
    this.#open = { items, answer };
    return answer;
  }

  async #next(items: readonly T[]): Promise<R> {
    await nextTurn();
    this.#open = null;
    return await this.#ask(items);
  }
}

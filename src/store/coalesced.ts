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

import type { RedisClient } from './connection.ts';
import type { Keys } from './keys.ts';
import { StoreDown } from './store-error.ts';

/** What the rooms of the store share: the general client, the key names, and one way to say that Redis is away. */
export class StoreRedis {
  readonly keys: Keys;
  readonly #client: RedisClient;

  constructor(client: RedisClient, keys: Keys) {
    this.#client = client;
    this.keys = keys;
  }

  /** @throws StoreDown naming `what` when Redis did not answer */
  async ask<T>(what: string, ask: (client: RedisClient) => Promise<T>): Promise<T> {
    try {
      return await ask(this.#client);
    } catch (error) {
      throw new StoreDown(what, error);
    }
  }
}

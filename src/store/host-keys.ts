import type { StoreRedis } from './redis.ts';

/** Machines that were not logged in to for so long are gone. Each use makes it anew. */
const KEEP_S = 180 * 86_400;

/** Host keys of machines, so that all replicas know a machine by the key that the first of them saw. */
export class HostKeys {
  readonly #redis: StoreRedis;

  constructor(redis: StoreRedis) {
    this.#redis = redis;
  }

  async load(account: string, incarnation: string): Promise<string | null> {
    const key = this.#redis.keys.hostKey(account, incarnation);
    return await this.#redis.ask(`reading the host key of ${account}/${incarnation}`, (redis) =>
      redis.getex(key, 'EX', KEEP_S),
    );
  }

  /** Answers with what was remembered; `null`: nothing was. */
  async forget(account: string, incarnation: string): Promise<string | null> {
    const key = this.#redis.keys.hostKey(account, incarnation);
    return await this.#redis.ask(`forgetting the host key of ${account}/${incarnation}`, (redis) => redis.getdel(key));
  }

  /** Remembers a first key; answers with the one that is remembered then. */
  async remember(account: string, incarnation: string, hostKey: string): Promise<string> {
    const key = this.#redis.keys.hostKey(account, incarnation);
    const before = await this.#redis.ask(`remembering the host key of ${account}/${incarnation}`, (redis) =>
      redis.set(key, hostKey, 'EX', KEEP_S, 'NX', 'GET'),
    );
    return before ?? hostKey;
  }
}

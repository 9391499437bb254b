import { ADD_BALANCE } from './lua/small.lua.ts';
import { parseInteger } from './parse.ts';
import type { StoreRedis } from './redis.ts';

/** The cash of an account at one time. */
export interface BalanceSample {
  readonly at: number;
  readonly fen: number;
}

/** Samples kept per account: most of a day at one a minute, weeks where the balance is asked for less often. */
const KEPT = 1_000;

/** How the balance of each account went. */
export class Balances {
  readonly #redis: StoreRedis;

  constructor(redis: StoreRedis) {
    this.#redis = redis;
  }

  async add(account: string, sample: BalanceSample): Promise<void> {
    const key = this.#redis.keys.balances(account);
    await this.#redis.ask(`noting the balance of ${account}`, (redis) =>
      ADD_BALANCE.run(redis, key, [sample.at, sample.fen, KEPT]),
    );
  }

  /** Oldest first. */
  async list(account: string): Promise<readonly BalanceSample[]> {
    const key = this.#redis.keys.balances(account);
    const stored = await this.#redis.ask(`reading balances of ${account}`, (redis) => redis.lrange(key, 0, -1));
    return stored.toReversed().map((line) => {
      const [at, fen] = line.split(' ');
      return { at: parseInteger(at, key), fen: parseInteger(fen, key) };
    });
  }
}

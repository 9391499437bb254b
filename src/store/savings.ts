import { parseInteger } from './parse.ts';
import type { StoreRedis } from './redis.ts';

/** What a policy has saved since the beginning. */
export interface Saving {
  readonly policy: string;
  readonly gpuSeconds: number;
  readonly fen: number;
}

/** Counters of what each policy saved; they only grow. */
export class Savings {
  readonly #redis: StoreRedis;

  constructor(redis: StoreRedis) {
    this.#redis = redis;
  }

  /**
   * Kept in thousandths, as integers: a poll adds a few fen at a time, and rounding those would lose a tenth of the sum.
   */
  async add(policy: string, gpuSeconds: number, fen: number): Promise<void> {
    await this.#redis.ask(`counting what ${policy} saved`, async (redis) => {
      await redis
        .multi()
        .hincrby(this.#redis.keys.savings, `${policy}\nmilliGpuSeconds`, Math.round(gpuSeconds * 1000))
        .hincrby(this.#redis.keys.savings, `${policy}\nmilliFen`, Math.round(fen * 1000))
        .exec();
    });
  }

  async list(): Promise<readonly Saving[]> {
    const { savings } = this.#redis.keys;
    const stored = await this.#redis.ask('reading what was saved', (redis) => redis.hgetall(savings));
    const policies = new Set(Object.keys(stored).map((field) => field.slice(0, field.lastIndexOf('\n'))));
    return [...policies].sort().map((policy) => ({
      policy,
      gpuSeconds: Math.round(parseInteger(stored[`${policy}\nmilliGpuSeconds`] ?? '0', savings) / 1000),
      fen: Math.round(parseInteger(stored[`${policy}\nmilliFen`] ?? '0', savings) / 1000),
    }));
  }
}

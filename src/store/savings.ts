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

  /** Parts of a second or a fen are rounded off. */
  async add(policy: string, gpuSeconds: number, fen: number): Promise<void> {
    await this.#redis.ask(`counting what ${policy} saved`, async (redis) => {
      await redis
        .multi()
        .hincrby(this.#redis.keys.savings, `${policy}\ngpuSeconds`, Math.round(gpuSeconds))
        .hincrby(this.#redis.keys.savings, `${policy}\nfen`, Math.round(fen))
        .exec();
    });
  }

  async list(): Promise<readonly Saving[]> {
    const { savings } = this.#redis.keys;
    const stored = await this.#redis.ask('reading what was saved', (redis) => redis.hgetall(savings));
    const policies = new Set(Object.keys(stored).map((field) => field.slice(0, field.lastIndexOf('\n'))));
    return [...policies].sort().map((policy) => ({
      policy,
      gpuSeconds: parseInteger(stored[`${policy}\ngpuSeconds`] ?? '0', savings),
      fen: parseInteger(stored[`${policy}\nfen`] ?? '0', savings),
    }));
  }
}

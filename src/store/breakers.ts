import { z } from 'zod';
import { Coalesced } from './coalesced.ts';
import { parseStored } from './parse.ts';
import type { StoreRedis } from './redis.ts';

/** What a breaker keeps from happening on an account: everything, or what is paid. */
export const BREAKER_KINDS = ['all', 'paid'] as const;
export type BreakerKind = (typeof BREAKER_KINDS)[number];

export interface Breaker {
  readonly until: number;
  readonly why: string;
}

const schema = z.object({ until: z.number(), why: z.string().default('') });

/** How long an unclear answer counts. */
const UNCLEAR_WINDOW_MS = 3_600_000;

/** Breakers by account, and the count of unclear answers that opens the paid one. */
export class Breakers {
  readonly #redis: StoreRedis;
  readonly #stored = new Coalesced((account: string) =>
    this.#redis.ask(`reading the breakers of ${account}`, (redis) =>
      redis.hmget(this.#redis.keys.breakers, field(account, 'all'), field(account, 'paid')),
    ),
  );

  constructor(redis: StoreRedis) {
    this.#redis = redis;
  }

  /** Which are open at `now`, and why. */
  async open(account: string, now: number): Promise<{ readonly all: Breaker | null; readonly paid: Breaker | null }> {
    const [all, paid] = await this.#stored.get(account);
    const read = (text: string | null | undefined) => {
      if (!text) return null;
      const breaker = parseStored(schema, text, `breaker of ${account}`);
      return breaker.until > now ? breaker : null;
    };
    return { all: read(all), paid: read(paid) };
  }

  /** Opens it until then; a time in the past closes it. */
  async trip(account: string, kind: BreakerKind, until: number, why: string): Promise<void> {
    await this.#redis.ask(`setting a breaker of ${account}`, (redis) =>
      redis.hset(this.#redis.keys.breakers, field(account, kind), JSON.stringify({ until, why })),
    );
  }

  /**
   * Paid and destructive operations of the account whose sending became unclear within the last hour and that were not
   * confirmed since. The ledger counts them itself, in the same step as the transition.
   */
  async unclear(account: string, now: number): Promise<number> {
    return await this.#redis.ask(`counting unclear answers of ${account}`, (redis) =>
      redis.zcount(this.#redis.keys.unclear(account), now - UNCLEAR_WINDOW_MS, '+inf'),
    );
  }
}

function field(account: string, kind: BreakerKind): string {
  return `${account}\n${kind}`;
}

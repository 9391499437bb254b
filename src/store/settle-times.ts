import { z } from 'zod';
import { CLOUD_ACTIONS, type CloudAction } from '../fleet/action.ts';
import { LEARN_SETTLE } from './lua/small.lua.ts';
import { parseStored } from './parse.ts';
import type { StoreRedis } from './redis.ts';

/** Of so many confirmations the delay is remembered. */
const SAMPLES = 200;
/** An effect is waited for this many times as long as 99 of 100 took. */
const MARGIN = 3;
/** Beyond this a person knows more by looking than we do by waiting. */
const LONGEST_SETTLE_MS = 2 * 3_600_000;

const schema = z.object({ settle: z.number(), samples: z.array(z.number()) });

/**
 * How long the effects of paid and destructive requests take to show, learned by account and action. It is kept in Redis and
 * only ever grows: a cloud that was slow once may be slow again.
 */
export class SettleTimes {
  readonly #redis: StoreRedis;

  constructor(redis: StoreRedis) {
    this.#redis = redis;
  }

  /** Ms, for the actions of which anything has been learned. */
  async times(account: string): Promise<ReadonlyMap<CloudAction, number>> {
    const { settle } = this.#redis.keys;
    const stored = await this.#redis.ask(`reading how long ${account} takes`, (redis) =>
      redis.hmget(settle, ...CLOUD_ACTIONS.map((action) => field(account, action))),
    );
    const times = new Map<CloudAction, number>();
    for (const [index, action] of CLOUD_ACTIONS.entries()) {
      const text = stored[index];
      if (text) times.set(action, parseStored(schema, text, `settle time of ${account} ${action}`).settle);
    }
    return times;
  }

  /** Ms: the longest that was learned of any account; 0: nothing was. */
  async longest(): Promise<number> {
    const stored = await this.#redis.ask('reading how long the clouds take', (redis) =>
      redis.hvals(this.#redis.keys.settle),
    );
    return Math.max(0, ...stored.map((text) => parseStored(schema, text, 'a settle time').settle));
  }

  /** Notes how long one effect took to show, in ms. */
  async learn(account: string, action: CloudAction, delayMs: number): Promise<void> {
    const args = [field(account, action), Math.max(0, Math.round(delayMs)), SAMPLES, MARGIN, LONGEST_SETTLE_MS];
    await this.#redis.ask(`noting how long ${account} took`, (redis) =>
      LEARN_SETTLE.run(redis, this.#redis.keys.settle, args),
    );
  }
}

function field(account: string, action: CloudAction): string {
  return `${account}\n${action}`;
}

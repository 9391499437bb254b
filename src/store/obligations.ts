import { z } from 'zod';
import { type Obligation, obligationId } from '../fleet/obligation.ts';
import { Coalesced } from './coalesced.ts';
import { REPLACE_FIELD } from './lua/small.lua.ts';
import { accountOf } from './notices.ts';
import { obligationDraftSchema } from './operation-record.ts';
import { parseStored } from './parse.ts';
import type { StoreRedis } from './redis.ts';

const schema = obligationDraftSchema.extend({
  stopMode: z.enum(['normal', 'cardless', 'unknown']).default('unknown'),
  stoppedAt: z.number(),
  attempts: z.number().default(0),
  nextTryAt: z.number().default(0),
});

export function parseObligation(text: string): Obligation {
  return parseStored(schema, text, 'an obligation');
}

/** Starts that are owed. They are made by the ledger when a stop is confirmed, in the same step. */
export class Obligations {
  readonly #redis: StoreRedis;
  /** A morning on which hundreds of starts are seen at once asks for the list once and not for each. */
  readonly #stored = new Coalesced((account: string) => this.#read(account));

  constructor(redis: StoreRedis) {
    this.#redis = redis;
  }

  async list(account: string): Promise<readonly Obligation[]> {
    return await this.#stored.get(account);
  }

  async drop(obligation: Obligation): Promise<void> {
    const key = this.#redis.keys.obligations(accountOf(obligation.instance));
    await this.#redis.ask('dropping an obligation', (redis) => redis.hdel(key, obligationId(obligation)));
  }

  /** Notes a try. An obligation that was dropped meanwhile stays dropped. */
  async postpone(obligation: Obligation, attempts: number, nextTryAt: number): Promise<void> {
    const { policy, instance, incarnation, dueAt, lapsesAt, stopMode, stoppedAt } = obligation;
    const text = JSON.stringify({
      policy,
      instance,
      incarnation,
      dueAt,
      lapsesAt,
      stopMode,
      stoppedAt,
      attempts,
      nextTryAt,
    });
    const key = this.#redis.keys.obligations(accountOf(instance));
    await this.#redis.ask('postponing an obligation', (redis) =>
      REPLACE_FIELD.run(redis, key, [obligationId(obligation), text]),
    );
  }

  async #read(account: string): Promise<readonly Obligation[]> {
    const key = this.#redis.keys.obligations(account);
    const stored = await this.#redis.ask('reading obligations', (redis) => redis.hvals(key));
    return stored.map(parseObligation);
  }
}

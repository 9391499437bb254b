import { z } from 'zod';
import type { Hold } from '../fleet/hold.ts';
import { Coalesced } from './coalesced.ts';
import { instanceKeySchema } from './operation-record.ts';
import { parseStored } from './parse.ts';
import type { StoreRedis } from './redis.ts';

const schema = z.object({
  id: z.string(),
  instance: instanceKeySchema,
  owner: z.string().default(''),
  reason: z.string().default(''),
  createdAt: z.number(),
  until: z.number(),
});

/** People's holds. An instance may have several; one hash, id → JSON. */
export class Holds {
  readonly #redis: StoreRedis;
  readonly #all = new Coalesced<'all', readonly Hold[]>(() => this.#read());

  constructor(redis: StoreRedis) {
    this.#redis = redis;
  }

  async add(hold: Hold): Promise<void> {
    const { id, instance, owner, reason, createdAt, until } = hold;
    const text = JSON.stringify({ id, instance, owner, reason, createdAt, until });
    await this.#redis.ask(`holding ${instance}`, (redis) => redis.hset(this.#redis.keys.holds, id, text));
  }

  /** Those that have not run out at `now`, the one made last first. */
  async list(now: number): Promise<readonly Hold[]> {
    return (await this.#all.get('all')).filter((hold) => hold.until > now).sort((a, b) => b.createdAt - a.createdAt);
  }

  /** Ends a hold before its time. `null`: there is none of that id. */
  async remove(id: string): Promise<Hold | null> {
    const { keys } = this.#redis;
    const text = await this.#redis.ask(`reading hold ${id}`, (redis) => redis.hget(keys.holds, id));
    const removed = await this.#redis.ask(`releasing hold ${id}`, (redis) => redis.hdel(keys.holds, id));
    return text === null || removed === 0 ? null : parseStored(schema, text, `hold ${id}`);
  }

  /** Removes those that ran out a week ago: until then they explain what was not done. */
  async trim(now: number): Promise<number> {
    const old = (await this.#all.get('all')).filter((hold) => hold.until < now - 7 * 86_400_000).map(({ id }) => id);
    if (old.length === 0) return 0;
    return await this.#redis.ask('trimming holds', (redis) => redis.hdel(this.#redis.keys.holds, ...old));
  }

  async #read(): Promise<readonly Hold[]> {
    const stored = await this.#redis.ask('reading holds', (redis) => redis.hvals(this.#redis.keys.holds));
    return stored.map((text) => parseStored(schema, text, 'a hold'));
  }
}

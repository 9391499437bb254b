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

const KEEP_MS = 7 * 86_400_000;
/** Longer than any `idleFor` that makes sense. */
const KEEP_ENDS_MS = 90 * 86_400_000;

/** People's holds. An instance may have several; one hash, id → JSON. */
export class Holds {
  readonly #redis: StoreRedis;
  readonly #clock: () => number;
  readonly #all = new Coalesced<'all', readonly Hold[]>(() => this.#read());

  /** @param clock epoch ms */
  constructor(redis: StoreRedis, clock: () => number) {
    this.#redis = redis;
    this.#clock = clock;
  }

  async add(hold: Hold): Promise<void> {
    const { id, instance, owner, reason, createdAt, until } = hold;
    const text = JSON.stringify({ id, instance, owner, reason, createdAt, until });
    const { keys } = this.#redis;
    await this.#redis.ask(`holding ${instance}`, (redis) => redis.hset(keys.holds, id, text));
    await this.#noteEnd(instance, until);
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
    if (text === null || removed === 0) return null;
    const hold = parseStored(schema, text, `hold ${id}`);
    await this.#noteEnd(hold.instance, Math.min(hold.until, this.#clock()));
    return hold;
  }

  /** Removes those that ran out a week ago: until then they explain what was not done. */
  async trim(now: number): Promise<number> {
    await this.#trimEnds(now);
    const old = (await this.#all.get('all')).filter((hold) => hold.until < now - KEEP_MS).map(({ id }) => id);
    if (old.length === 0) return 0;
    return await this.#redis.ask('trimming holds', (redis) => redis.hdel(this.#redis.keys.holds, ...old));
  }

  /** The last end of all holds on the instance: of two the longer one counts, whichever was made or released last. */
  async #noteEnd(instance: Hold['instance'], at: number): Promise<void> {
    const others = (await this.#read()).filter((hold) => hold.instance === instance);
    const until = Math.max(at, ...others.map((hold) => hold.until));
    await this.#redis.ask(`noting until when ${instance} is held`, (redis) =>
      redis.hset(this.#redis.keys.heldUntil, instance, until),
    );
  }

  /** An end so long ago is no beginning of anything any more. */
  async #trimEnds(now: number): Promise<void> {
    const { heldUntil } = this.#redis.keys;
    const ends = await this.#redis.ask('trimming holds', (redis) => redis.hgetall(heldUntil));
    const old = Object.entries(ends).flatMap(([instance, at]) => (Number(at) < now - KEEP_ENDS_MS ? [instance] : []));
    if (old.length > 0) await this.#redis.ask('trimming holds', (redis) => redis.hdel(heldUntil, ...old));
  }

  async #read(): Promise<readonly Hold[]> {
    const stored = await this.#redis.ask('reading holds', (redis) => redis.hvals(this.#redis.keys.holds));
    return stored.map((text) => parseStored(schema, text, 'a hold'));
  }
}

import type { Watched } from '../fleet/activity.ts';
import { KeptFields } from './kept-fields.ts';
import type { StoreRedis } from './redis.ts';

/** A watch that nobody has gone on with for so long is of an instance that is gone. */
const KEEP_MS = 7 * 86_400_000;

/**
 * Since when each instance has been watched: one hash per account, instance id → "from to at:ms at:ms…" in epoch ms. It is
 * written with every round, so it is short and no JSON.
 */
export class Watches {
  readonly #redis: StoreRedis;
  readonly #kept = new KeptFields(read);

  constructor(redis: StoreRedis) {
    this.#redis = redis;
  }

  /** By instance id. */
  async load(account: string): Promise<ReadonlyMap<string, Watched>> {
    const flat = await this.#redis.ask(`reading the watches of ${account}`, (redis) =>
      redis.call('HGETALL', this.#redis.keys.watches(account)),
    );
    return await this.#kept.of(account, flat);
  }

  async loadOne(account: string, instanceId: string): Promise<Watched | null> {
    const text = await this.#redis.ask(`reading the watch of ${account}/${instanceId}`, (redis) =>
      redis.hget(this.#redis.keys.watches(account), instanceId),
    );
    return text === null ? null : read(text);
  }

  /**
   * Of two replicas that watch at once the later one is kept; what the other saw is a round that is missing, or no more
   * than it had seen itself.
   */
  async save(account: string, watches: ReadonlyMap<string, Watched>): Promise<void> {
    if (watches.size === 0) return;
    const fields = [...watches].flatMap(([id, watched]) => [id, write(watched)]);
    await this.#redis.ask(`noting the watches of ${account}`, (redis) =>
      redis.hset(this.#redis.keys.watches(account), ...fields),
    );
  }

  async trim(account: string, now: number): Promise<number> {
    const old = [...(await this.load(account))].flatMap(([id, { to }]) => (to < now - KEEP_MS ? [id] : []));
    if (old.length === 0) return 0;
    return await this.#redis.ask('trimming watches', (redis) => redis.hdel(this.#redis.keys.watches(account), ...old));
  }
}

function write({ from, to, holes }: Watched): string {
  return [from, to, ...holes.map(({ at, ms }) => `${at}:${ms}`)].join(' ');
}

/** `null`: it is none. Then nothing has been watched, which never makes anything idle. */
function read(text: string): Watched | null {
  const [from, to, ...rest] = text.split(' ').map((part) => part.split(':').map(Number));
  if (rest.some(([at, ms]) => !Number.isFinite(at) || !Number.isFinite(ms))) return null;
  const [fromAt = Number.NaN] = from ?? [];
  const [toAt = Number.NaN] = to ?? [];
  if (!Number.isFinite(fromAt) || !Number.isFinite(toAt)) return null;
  return { from: fromAt, to: toAt, holes: rest.map(([at = 0, ms = 0]) => ({ at, ms })) };
}

import type { InstanceKey } from '../fleet/instance.ts';
import type { StoreRedis } from './redis.ts';
import { Script } from './script.ts';

/** Counts one more restart, unless this very one is counted, and begins anew where the last is long ago. */
const COUNT_RESTART = new Script(
  'count-restart',
  `
local field, at, lasts = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local raw = redis.call('HGET', KEYS[1], field)
local count, last = 0, nil
if raw then
  local c, l = string.match(raw, '^(%d+) (%d+)$')
  count, last = tonumber(c), tonumber(l)
end
if last and at <= last then return 0 end
if not last or at - last > lasts then count = 0 end
redis.call('HSET', KEYS[1], field, string.format('%d %d', count + 1, at))
return count + 1
`,
);

/** How often people have started a machine soon after it was stopped for being idle. */
export class Leashes {
  readonly #redis: StoreRedis;

  constructor(redis: StoreRedis) {
    this.#redis = redis;
  }

  /** Answers how many there are now; 0: this one was counted already. A count ends `lastsMs` after the last of them. */
  async add(instance: InstanceKey, startedAt: number, lastsMs: number): Promise<number> {
    const count = await this.#redis.ask(`counting a restart of ${instance}`, (redis) =>
      COUNT_RESTART.run(redis, this.#redis.keys.leashes, [instance, Math.round(startedAt), lastsMs]),
    );
    return Number(count);
  }

  async trim(before: number): Promise<number> {
    const { leashes } = this.#redis.keys;
    const stored = await this.#redis.ask('trimming restarts', (redis) => redis.hgetall(leashes));
    const old = Object.entries(stored).flatMap(([key, text]) => (Number(text.split(' ')[1]) < before ? [key] : []));
    return old.length === 0 ? 0 : await this.#redis.ask('trimming restarts', (redis) => redis.hdel(leashes, ...old));
  }
}

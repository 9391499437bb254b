import type { StoreRedis } from './redis.ts';
import { Script } from './script.ts';

/** A daemon says again each minute what it doubts; one that says nothing for so long has ended. Real ms, kept by Redis. */
const KEEP_MS = 150_000;

/** Takes back what this daemon said, and not what another has said since. */
const UNSAY = new Script(
  'unsay-doubt',
  `
local said = redis.call('GET', KEYS[1])
if not said or string.sub(said, 1, #ARGV[1] + 1) ~= ARGV[1] .. ' ' then return 0 end
return redis.call('DEL', KEYS[1])
`,
);

/**
 * Why a daemon holds paid and destructive work where only it can know, as when its clock is in doubt: said in Redis, so
 * that a command in another process does not promise what the daemon will not do.
 */
export class Doubts {
  readonly #redis: StoreRedis;

  constructor(redis: StoreRedis) {
    this.#redis = redis;
  }

  /** To be said again each minute while it lasts. @param daemon a name without spaces that no other process has */
  async say(daemon: string, why: string): Promise<void> {
    const { doubt } = this.#redis.keys;
    await this.#redis.ask('saying what is in doubt', (redis) => redis.set(doubt, `${daemon} ${why}`, 'PX', KEEP_MS));
  }

  async unsay(daemon: string): Promise<void> {
    const { doubt } = this.#redis.keys;
    await this.#redis.ask('taking back what was in doubt', (redis) => UNSAY.run(redis, doubt, [daemon]));
  }

  /** What a daemon doubts, of several the one that said it last; `null`: none does. */
  async standing(): Promise<string | null> {
    const { doubt } = this.#redis.keys;
    const said = await this.#redis.ask('asking what is in doubt', (redis) => redis.get(doubt));
    return said === null ? null : said.slice(said.indexOf(' ') + 1);
  }
}

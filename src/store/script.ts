import { createHash } from 'node:crypto';
import type { RedisClient } from './connection.ts';

/** A Lua script, called by its digest; Redis is given the text when it does not have it (new, restarted, SCRIPT FLUSH). */
export class Script {
  readonly name: string;
  readonly text: string;
  readonly digest: string;

  constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
    this.digest = createHash('sha1').update(text).digest('hex');
  }

  /** `prefix` is KEYS[1]: the scripts name the keys of one operation themselves, which a single Redis allows. */
  async run(client: RedisClient, prefix: string, args: readonly (string | number | Buffer)[]): Promise<unknown> {
    try {
      return await client.evalsha(this.digest, 1, prefix, ...args);
    } catch (error) {
      // NOSCRIPT means that nothing ran, so this is no second try of anything.
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return await client.eval(this.text, 1, prefix, ...args);
    }
  }
}

import { randomUUID } from 'node:crypto';
import type { Config } from '../config/config.ts';
import type { RedisChecks } from '../store/checks.ts';
import { Store } from '../store/store.ts';
import { unreachable } from './client.ts';
import { systemClock } from './clock.ts';

/** How long a command waits for Redis: it is either there or not. */
const REDIS_WAIT_MS = 5_000;

/**
 * Asks the configured Redis how it is set up, as the daemon does at its start and after each reconnect. Nothing is written.
 * @throws RedisUnreachable
 */
export async function lookAtRedis(config: Config, signal: AbortSignal): Promise<RedisChecks> {
  const url = config.redis.reveal();
  const store = new Store({
    url,
    stateDir: config.stateDir,
    clock: () => systemClock.now(),
    random: Math.random,
    newId: randomUUID,
  });
  try {
    return await store.askSettings({ waitMs: REDIS_WAIT_MS, signal });
  } catch (error) {
    signal.throwIfAborted();
    throw unreachable(url, error);
  } finally {
    await store.close();
  }
}

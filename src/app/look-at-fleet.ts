import { randomUUID } from 'node:crypto';
import type { Config } from '../config/config.ts';
import { labelsOf } from '../config/labels-of.ts';
import type { KnownAccount } from '../policy/draft.ts';
import type { Policy } from '../policy/policy.ts';
import { Store } from '../store/store.ts';
import { unreachable } from './client.ts';
import { systemClock } from './clock.ts';
import { compileFiles } from './load.ts';
import { isFar, type Rules, widenedText, wideningOf } from './reload-news.ts';

/** How long a command waits for Redis: it is either there or not. */
const REDIS_WAIT_MS = 5_000;

/** The fleet as last seen, and the policies that the daemon put in force last. */
export interface FleetLook {
  readonly fleet: readonly KnownAccount[];
  /** `null`: none are kept, or they are no good any more. */
  readonly inForce: Rules | null;
}

/** Asks Redis what is there; changes nothing. @throws RedisUnreachable */
export async function lookAtFleet(config: Config, prefix: string, signal: AbortSignal): Promise<FleetLook> {
  const url = config.redis.reveal();
  const store = new Store({
    url,
    prefix,
    stateDir: config.stateDir,
    clock: () => systemClock.now(),
    random: Math.random,
    newId: randomUUID,
  });
  try {
    await store.connect({ waitMs: REDIS_WAIT_MS, signal });
    const fleet: KnownAccount[] = [];
    for (const { name, provider } of config.accounts) {
      const snapshot = await store.loadSnapshot(name);
      if (snapshot === null) continue;
      const instances = snapshot.instances.map(({ instance }) => ({
        instance,
        labels: labelsOf(config.labels, instance),
      }));
      fleet.push({ name, provider, instances });
    }
    const kept = await store.settings.loadPolicies();
    const files = kept?.files.map(({ name, text }) => ({ file: name, text })) ?? [];
    const loaded = files.length === 0 ? null : compileFiles(files, config, systemClock.now());
    return { fleet, inForce: loaded?.ok === true ? { config, policies: loaded.set.policies } : null };
  } catch (error) {
    signal.throwIfAborted();
    throw unreachable(url, error);
  } finally {
    await store.close();
  }
}

/** What a folder of policies would do more than those in force, where that is far more; `null`: it would not. */
export function farReach({ fleet, inForce }: FleetLook, config: Config, policies: readonly Policy[]): string | null {
  if (inForce === null) return null;
  const listed = new Map(fleet.map(({ name, instances }) => [name, instances.map(({ instance }) => instance)]));
  const wider = wideningOf(listed, inForce, { config, policies });
  return wider === null || !isFar(wider) ? null : widenedText(wider);
}

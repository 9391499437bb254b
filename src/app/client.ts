import { randomUUID } from 'node:crypto';
import { ActivityTokens } from '../activity/push-probe.ts';
import type { Config } from '../config/config.ts';
import type { Clock } from '../fleet/clock.ts';
import { incarnation, instanceKey, parseInstanceKey } from '../fleet/instance.ts';
import type { Policy } from '../policy/policy.ts';
import { Queues } from '../queue/queue.ts';
import { Store } from '../store/store.ts';
import { StoreDown } from '../store/store-error.ts';
import { makeLog, scrubber } from '../telemetry/log.ts';
import { makeMetrics } from '../telemetry/metrics.ts';
import type { Standing, Work } from '../work/ports.ts';
import { summarise } from '../yaml/located.ts';
import { Cleanups } from './cleanups.ts';
import { Control } from './control.ts';
import { queuePrefix } from './key-prefix.ts';
import { InvalidInput, loadPolicies } from './load.ts';
import { queuePort } from './queue-port.ts';
import { StandingBuilder, secretsOf } from './standing.ts';
import { linksOf } from './telling.ts';

/** How long a command waits for Redis: it is either there or not. */
const REDIS_WAIT_MS = 5_000;

/**
 * What a command works with: the store, the ledger and what is in force, without doing any of the daemon's work. It takes
 * the ledger as it stands: where a command is started must never decide whether paid work goes on.
 */
export interface Client {
  readonly config: Config;
  readonly work: Work;
  readonly store: Store;
  readonly standing: Standing;
  readonly control: Control;
  /**
   * With which "account/id" may report its own activity; `null`: no control token is configured. `replace`: a new one, and
   * the ones before it are worthless.
   */
  agentToken(instance: string, options: { readonly replace: boolean }): Promise<string | null>;
  /** By which SSH host key "account/id", as last seen, is known; `null`: none is remembered. `forget`: it was, until now. */
  hostKey(instance: string, options: { readonly forget: boolean; readonly by: string }): Promise<string | null>;
  close(): Promise<void>;
}

/** Redis could not be reached, in a sentence. */
export class RedisUnreachable extends Error {
  constructor(url: string, cause: unknown) {
    super(`Redis at ${withoutPassword(url)} cannot be reached`, { cause });
    this.name = 'RedisUnreachable';
  }
}

/** What kept us from Redis: only that it is not there is told as such. */
export function unreachable(url: string, error: unknown): unknown {
  return error instanceof StoreDown ? new RedisUnreachable(url, error) : error;
}

/** A redis:// address without its user and password. */
export function withoutPassword(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null ? 'the configured address' : `${parsed.hostname}:${parsed.port === '' ? '6379' : parsed.port}`;
}

/** @throws RedisUnreachable, InvalidInput */
export async function openClient(
  config: Config,
  options: {
    readonly clock: Clock;
    /** What our keys in Redis start with. */
    readonly prefix: string;
    readonly cwd: string;
    readonly policies: 'needed' | 'unneeded';
    readonly signal: AbortSignal;
    readonly warn: (text: string) => void;
  },
): Promise<Client> {
  const cleanups = new Cleanups();
  const { clock } = options;
  const secrets = secretsOf(config);
  const log = makeLog({
    level: 'error',
    destination: { write: (line) => void process.stderr.write(line) },
    scrub: scrubber(() => secrets),
  });
  try {
    let policies: readonly Policy[] = [];
    const loaded = await loadPolicies(config, options.cwd, clock.now());
    if (loaded.ok) policies = loaded.set.policies;
    else if (options.policies === 'needed') throw new InvalidInput('the policies are not valid', loaded.errors);
    else for (const error of loaded.errors) options.warn(summarise(error));

    const store = new Store({
      url: config.redis.reveal(),
      prefix: options.prefix,
      stateDir: config.stateDir,
      clock: () => clock.now(),
      random: Math.random,
      newId: randomUUID,
    });
    cleanups.add('store', () => store.close());
    try {
      await store.connect({ waitMs: REDIS_WAIT_MS, signal: options.signal });
    } catch (error) {
      options.signal.throwIfAborted();
      throw unreachable(config.redis.reveal(), error);
    }
    // What only the daemon can know: it would not do what a command might promise.
    const doubt = await store.doubts.standing();
    const metrics = makeMetrics();
    const { readings, watches, hostKeys } = store;
    const builder = new StandingBuilder({ clock, random: Math.random, metrics, log, readings, watches, hostKeys });
    cleanups.add('clients of the clouds', () => builder.close());
    const standing = builder.build(config, policies);
    const queues = new Queues({
      url: config.redis.reveal(),
      prefix: queuePrefix(options.prefix),
      clock: () => clock.now(),
      random: Math.random,
      onError: (queue, error) => log.warn({ err: error, queue }, 'a queue failed'),
      onFailed: () => {},
    });
    cleanups.add('queues', async () => {
      await queues.close(REDIS_WAIT_MS);
    });
    await queues.start({ waitMs: REDIS_WAIT_MS });
    const work: Work = {
      clock,
      log,
      metrics,
      random: Math.random,
      newId: randomUUID,
      store,
      queue: queuePort(queues, clock, store.outbox),
      threads: store.outbox,
      links: () => linksOf(config),
      shadows: store.shadows,
      leashes: store.leashes,
      evidence: store.evidence,
      tallies: store.tallies,
      standing: () => standing,
      paidWorkOff: () => store.paidWorkOff() ?? (doubt === null ? null : `the daemon holds it: ${doubt}`),
      onEvent: () => {},
      onRefusals: () => {},
    };
    return {
      config,
      work,
      store,
      standing,
      control: new Control(work, peopleStore(store)),
      agentToken: async (instance, { replace }) => {
        if (config.controlToken === null) return null;
        const tokens = new ActivityTokens(config.controlToken.reveal());
        const { settings } = store;
        const generation = replace
          ? await settings.nextAgentGeneration(instance)
          : await settings.agentGeneration(instance);
        return tokens.tokenFor(instance, generation);
      },
      hostKey: async (instance, { forget, by }) => {
        const key = parseInstanceKey(instance);
        const snapshot = key === null ? null : await store.loadSnapshot(key.account);
        const seen = snapshot?.instances.find((tracked) => tracked.instance.id === key?.id)?.instance;
        if (seen === undefined) return null;
        const machine = incarnation(seen);
        if (!forget) return await store.hostKeys.load(seen.account, machine);
        const forgotten = await store.hostKeys.forget(seen.account, machine);
        // Whoever is let in from then on is let in by this.
        if (forgotten !== null) {
          await store.audit({
            at: clock.now(),
            kind: 'account',
            account: seen.account,
            instance: instanceKey(seen),
            policy: null,
            reason: 'by-hand',
            text: `${by} has its host key forgotten (${forgotten}): the next one that it shows is remembered`,
            data: {},
          });
        }
        return forgotten;
      },
      close: () => cleanups.run(),
    };
  } catch (error) {
    await cleanups.run();
    throw error;
  }
}

/** Holds and the pause, as the control room asks for them. */
export function peopleStore(store: Store): ConstructorParameters<typeof Control>[1] {
  return {
    putHold: (hold) => store.holdBook.add(hold),
    dropHold: (id) => store.holdBook.remove(id),
    setPaused: async (paused, by, reason, at) => {
      if (paused) await store.settings.pause({ by, reason, at });
      else await store.settings.resume();
    },
  };
}

import { randomUUID } from 'node:crypto';
import type { ReadingStore, WatchStore } from '../../activity/observer.ts';
import type { HostKeyStore } from '../../activity/ssh/host-keys.ts';
import type { Config } from '../../config/config.ts';
import type { Clock } from '../../fleet/clock.ts';
import type { Instance } from '../../fleet/instance.ts';
import type { Policy } from '../../policy/policy.ts';
import type { AnswerTime } from '../../providers/http/http-client.ts';
import type { RedisChecks } from '../../store/checks.ts';
import type { RedisHealth } from '../../store/health.ts';
import { Store } from '../../store/store.ts';
import type { Log } from '../../telemetry/log.ts';
import { makeMetrics } from '../../telemetry/metrics.ts';
import { Cleanups } from '../cleanups.ts';
import { RedisUnreachable, unreachable } from '../client.ts';
import { innermost } from '../known-failure.ts';
import { StandingBuilder } from '../standing.ts';
import { checkCloud } from './check-clouds.ts';
import { checkFiles } from './check-files.ts';
import { checkListener } from './check-listener.ts';
import { checkMachine, type Machine } from './check-machine.ts';
import { checkNotifiers } from './check-notifiers.ts';
import { checkPolicies } from './check-policies.ts';
import { checkProbes } from './check-probes.ts';
import { redisFindings } from './check-redis.ts';
import { AREAS, type Finding, findingsOf } from './finding.ts';

/** How long Redis is waited for: it is either there or not. */
const REDIS_WAIT_MS = 2_000;

export interface Patient {
  readonly config: Config;
  /** `null`: they are not valid, which has been said. */
  readonly policies: readonly Policy[] | null;
  /** Every secret file that the configuration names. */
  readonly secretFiles: readonly string[];
  readonly clock: Clock;
  /** What our keys in Redis start with. */
  readonly prefix: string;
  readonly machine: Machine;
  readonly uid: number | null;
  readonly log: Log;
  /** Shall every notifier be sent a message? */
  readonly send: boolean;
  readonly signal: AbortSignal;
}

/** Looks at everything that a daemon with this configuration needs, and changes nothing. In the order of {@link AREAS}. */
export async function examine(patient: Patient): Promise<readonly Finding[]> {
  const { config, clock, signal } = patient;
  const cleanups = new Cleanups();
  try {
    const store = new Store({
      url: config.redis.reveal(),
      prefix: patient.prefix,
      stateDir: config.stateDir,
      clock: () => clock.now(),
      random: Math.random,
      newId: randomUUID,
    });
    cleanups.add('store', () => store.close());
    const times = new Map<string, AnswerTime[]>(config.accounts.map(({ name }) => [name, []]));
    const builder = new StandingBuilder({
      clock,
      random: Math.random,
      metrics: makeMetrics(),
      log: patient.log,
      ...KEEPS_NOTHING,
      hostKeys: onlyRead(store),
      onServerTime: (account, time) => times.get(account)?.push(time),
    });
    cleanups.add('clients of the clouds', () => builder.close());
    const { policies } = patient;
    const standing = builder.build(config, policies ?? []);
    const [redis, listener, files, notifiers, ...clouds] = await Promise.all([
      askRedis(store, config, signal),
      checkListener(config.listen, signal),
      checkFiles({
        config: config.file,
        secrets: patient.secretFiles,
        stateDir: config.stateDir,
        uid: patient.uid,
      }),
      checkNotifiers(config, { send: patient.send, clock, signal }),
      ...[...standing.accounts.values()].map(({ account, provider }) =>
        checkCloud(account, provider, times.get(account.name) ?? [], signal),
      ),
    ]);
    const instances = clouds.flatMap((cloud): readonly Instance[] => cloud.instances ?? []);
    const { labels, observer } = standing;
    const probes = redis.isUp ? await checkProbes(observer, instances, labels, signal) : [NOT_PROBED];
    const all = [
      ...checkMachine(patient.machine, config.timezone, clock.now()),
      ...files,
      ...redis.findings,
      ...listener,
      ...notifiers,
      ...clouds.flatMap(({ findings }) => findings),
      ...probes,
      ...(policies === null
        ? []
        : checkPolicies(policies, {
            accounts: config.accounts,
            instances,
            all: clouds.every((cloud) => cloud.instances !== null),
            labels,
            isWatched: (instance) => observer.everyMsOf(instance, labels(instance)) !== null,
          })),
    ];
    return AREAS.flatMap((area) => all.filter((finding) => finding.area === area));
  } finally {
    await cleanups.run();
  }
}

/** The keys by which machines are known are in Redis, and without them a password could go to anybody. */
const NOT_PROBED: Finding = findingsOf('probes').warning(
  'probes',
  'not asked, because Redis, which knows the machines’ host keys, cannot be reached',
  'mend Redis first',
);

async function askRedis(
  store: Store,
  config: Config,
  signal: AbortSignal,
): Promise<{ readonly isUp: boolean; readonly findings: readonly Finding[] }> {
  try {
    const checks: RedisChecks = await store.askSettings({ waitMs: REDIS_WAIT_MS, signal });
    const health: RedisHealth = await store.askHealth();
    return { isUp: true, findings: redisFindings(checks, health) };
  } catch (error) {
    signal.throwIfAborted();
    const away = unreachable(config.redis.reveal(), error);
    if (!(away instanceof RedisUnreachable)) throw error;
    const mend =
      'start it, or name the right one, with its password: `redis:` in the configuration, or the variable REDIS_URL';
    return { isUp: false, findings: [findingsOf('redis').broken('redis', `${away.message}${innermost(away)}`, mend)] };
  }
}

/** Readings of the doctor's are nobody's business: the daemon goes by its own. */
const KEEPS_NOTHING: { readonly readings: ReadingStore; readonly watches: WatchStore } = {
  readings: {
    load: () => Promise.resolve(new Map()),
    loadOne: () => Promise.resolve([]),
    save: () => Promise.resolve(),
  },
  watches: {
    load: () => Promise.resolve(new Map()),
    loadOne: () => Promise.resolve(null),
    save: () => Promise.resolve(),
  },
};

/** A machine is known by the key that the daemon remembers; one that it does not know yet is remembered by the daemon alone. */
function onlyRead(store: Store): HostKeyStore {
  return {
    load: (account, incarnation) => store.hostKeys.load(account, incarnation),
    remember: (_account, _incarnation, key) => Promise.resolve(key),
  };
}

import { randomUUID } from 'node:crypto';
import type { ActivityTokens } from '../activity/push-probe.ts';
import { isLoopback } from '../config/addresses.ts';
import type { Config } from '../config/config.ts';
import type { ConfigResult } from '../config/load-config.ts';
import type { Clock } from '../fleet/clock.ts';
import type { HttpLimits } from '../providers/http/limits.ts';
import { QUEUE_NAMES } from '../queue/payloads.ts';
import { QueueDown, Queues, RUN_OUTCOMES } from '../queue/queue.ts';
import type { LedgerFound } from '../store/ledger-epoch.ts';
import { Store } from '../store/store.ts';
import { FleetSeries } from '../telemetry/fleet-series.ts';
import { type Log, scrubber } from '../telemetry/log.ts';
import { makeMetrics } from '../telemetry/metrics.ts';
import { version } from '../version.ts';
import { makeWeb } from '../web/app.ts';
import { WebServer } from '../web/server.ts';
import type { Done } from '../web/source.ts';
import type { Standing, Work } from '../work/ports.ts';
import { summarise } from '../yaml/located.ts';
import { makeBoards } from './boards/boards.ts';
import { Cleanups } from './cleanups.ts';
import { peopleStore, unreachable } from './client.ts';
import { systemClock } from './clock.ts';
import { ClockDoubt } from './clock-doubt.ts';
import { makeConsoleSource } from './console-source.ts';
import { Control } from './control.ts';
import { queueErrors, schedulesOf, wireWorkers } from './engine.ts';
import { firstPolicies } from './first-policies.ts';
import { Housekeeping, repairSchedules } from './housekeeping.ts';
import { KEY_PREFIX, queuePrefix } from './key-prefix.ts';
import { configOrThrow } from './load.ts';
import { LoopWatch } from './loop-watch.ts';
import { meaningsOf } from './meanings.ts';
import { outlookOf } from './outlook.ts';
import { PolicyWatch } from './policy-watch.ts';
import { queuePort } from './queue-port.ts';
import { makeReader } from './reader.ts';
import { readiness } from './readiness.ts';
import { PassRecorder } from './recording/pass-recorder.ts';
import { recordingSince } from './recording/recording-since.ts';
import { refusalAudit } from './refusal-audit.ts';
import { refusalLines } from './refusal-lines.ts';
import { type InForce, Reloader, showPolicies, tokensOf } from './reload.ts';
import { tellInvalid, tellValid } from './reload-news.ts';
import { scrape } from './scrape.ts';
import { StandingBuilder, secretsOf } from './standing.ts';
import { ensureStateDir } from './state-dir.ts';
import { linksOf, tellingRounds } from './telling.ts';
import { makeWebSource } from './web-source.ts';
import { workersState } from './workers-state.ts';

/** Redis may come up a little after us, as in a compose file; longer is a fault that a person should see. */
const REDIS_WAIT_MS = 15_000;
/** Jobs in flight get this long at a stop: a call to a cloud ends within 30 s. */
const DRAIN_MS = 32_000;
const STORE_CLOSE_MS = 2_000;
/** After the wall clock was set back jobs are cut short: their locks last 30 s by Redis' own clock, and no longer. */
const HALT_MS = 1_000;
/** What a killed process was at is taken over after this; on a clock that goes fast after as much of its time. */
const LOCK_MS = 30_000;
/** Real ms: an event loop that is merely busy keeps its jobs, and housekeeping does not become a burden. */
const SHORTEST_LOCK_MS = 3_000;

export interface DaemonOptions {
  /** Read at the start and at every reload. */
  readonly readConfig: () => Promise<ConfigResult>;
  readonly cwd: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** Told what is secret, for the last net under the log. */
  readonly onSecrets: (secrets: readonly string[]) => void;
  /** Told, in a sentence, of everything that is done. */
  readonly onEvent: (line: string) => void;
  readonly signal: AbortSignal;
  /** What our keys in Redis start with; `lamplighter:` where it is left out. */
  readonly prefix?: string;
  /** Puts something around what the processors work with (ledger, queue, clouds), before the first of them begins. */
  readonly decorate?: (work: Work) => Work;
  /** How long and large one exchange with a cloud may get, where not as usual. */
  readonly limits?: Partial<HttpLimits>;
}

export interface Daemon {
  /** `http://host:port` that is really listened on. */
  readonly origin: string;
  readonly config: Config;
  readonly work: Work;
  readonly store: Store;
  readonly queues: Queues;
  /** `null` without a control token. */
  readonly tokens: ActivityTokens | null;
  /**
   * Resolves, with the step in ms, when the wall clock was set back so far that the queue's locks hold nothing any more.
   * No more jobs are taken by then and those that run are being broken off; the process is to end and start anew.
   */
  readonly unsafe: Promise<number>;
  /** As SIGHUP does. */
  reload(): Promise<Done>;
  /** `false`: something was still running, or Redis was not there to be told; what it was at is in the ledger. */
  stop(): Promise<boolean>;
}

/**
 * The daemon, in one straight road: order is the point. Everything registers its clean-up the moment it exists, and a
 * start that fails half-way cleans up what there is.
 * @throws InvalidInput, RedisUnreachable, or an Error that says what could not be had
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const cleanups = new Cleanups();
  try {
    return await build(options, cleanups);
  } catch (error) {
    await cleanups.run();
    throw error;
  }
}

async function build(options: DaemonOptions, cleanups: Cleanups): Promise<Daemon> {
  const { clock, log, random, prefix = KEY_PREFIX } = options;
  const config = configOrThrow(await options.readConfig());
  options.onSecrets(secretsOf(config));
  for (const warning of config.warnings) log.warn({ at: summarise(warning) }, 'the configuration is odd');
  await ensureStateDir(config.stateDir, options.signal);

  const metrics = makeMetrics();
  metrics.buildInfo.set({ version, node: process.version }, 1);
  for (const queue of QUEUE_NAMES) for (const outcome of RUN_OUTCOMES) metrics.jobs.inc({ queue, outcome }, 0);
  const loop = new LoopWatch();
  loop.start();
  cleanups.add('loop watch', () => loop.stop());

  const unsafe = Promise.withResolvers<number>();
  let halt = () => {};
  const doubt = new ClockDoubt({
    log,
    metrics,
    id: randomUUID(),
    onUnsafe: (stepMs) => {
      halt();
      unsafe.resolve(stepMs);
    },
  });
  doubt.start();
  cleanups.add('clock watch', () => doubt.stop());

  let wasFound: LedgerFound | null = null;
  // Said when it begins: it is looked at again and again.
  const tellLedger = (found: LedgerFound) => {
    if (found === 'amnesia' && wasFound !== 'amnesia')
      log.error('Redis is older than it was: paid and destructive work is frozen until lamplighter reconcile');
    wasFound = found;
  };
  let onRedisBack = () => {};
  let redisUpAt = performance.now();
  // Redis before anything that decides: what was done before is in it.
  const redisUrl = config.redis.reveal();
  const store = new Store({
    url: redisUrl,
    prefix,
    stateDir: config.stateDir,
    clock: () => clock.now(),
    random,
    newId: randomUUID,
    onChange: (state) => {
      log.info({ redis: state.kind }, 'Redis came or went');
      if (state.kind === 'ready') {
        redisUpAt = performance.now();
        onRedisBack();
      }
    },
    onLook: (found) => {
      if (found instanceof Error) log.error({ err: found }, 'the ledger could not be looked at after Redis came back');
      else tellLedger(found);
    },
  });
  cleanups.add('store', () => store.close(STORE_CLOSE_MS));
  const opened = await store.start({ waitMs: REDIS_WAIT_MS, signal: options.signal }).catch((error: unknown) => {
    options.signal.throwIfAborted();
    throw unreachable(redisUrl, error);
  });
  doubt.saidIn(store.doubts);
  for (const problem of opened.checks.problems)
    log.warn({ problem }, 'Redis falls short, so paid and destructive work is off');
  tellLedger(opened.ledger);

  const policies = await firstPolicies(config, options, store, clock.now());
  metrics.reloadSuccessful.set(policies.fromLastGood ? 0 : 1);
  if (!policies.fromLastGood) metrics.reloadSuccessTime.set(clock.now() / 1000);

  const builder = new StandingBuilder({
    clock,
    random,
    metrics,
    log,
    readings: store.readings,
    watches: store.watches,
    hostKeys: store.hostKeys,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    onServerTime: (account, { tookMs, ...time }) => {
      doubt.told({ account, ...time, tookMs: clock.toReal(tookMs) });
    },
  });
  cleanups.add('clients of the clouds', () => builder.close());
  const standing: Standing = builder.build(config, policies.set.policies, policies.files);
  const current: { now: InForce } = {
    now: { config, standing, files: policies.files, fromLastGood: policies.fromLastGood, tokens: tokensOf(config) },
  };

  const recorder =
    config.recording === null
      ? null
      : new PassRecorder({ stateDir: config.stateDir, limits: config.recording, clock, log, metrics });
  // Once the queues are closed: what the last passes decided is kept as well.
  cleanups.add('recording', async () => recorder?.stop());

  const onQueueError = queueErrors(log);
  const queues = new Queues({
    url: redisUrl,
    prefix: queuePrefix(prefix),
    clock: () => performance.now(),
    random,
    lockMs: Math.max(SHORTEST_LOCK_MS, clock.toReal(LOCK_MS)),
    onError: onQueueError,
    onFailed: (queue, jobId, error, final) => log.error({ err: error, queue, jobId, final }, 'a job failed'),
    onRun: (queue, outcome, tookMs) => {
      metrics.jobs.inc({ queue, outcome });
      metrics.jobDuration.observe({ queue }, tookMs / 1000);
    },
  });
  let drained = true;
  cleanups.add('queues', async () => {
    drained = await queues.close(DRAIN_MS);
    if (!drained) log.warn('jobs were still running at the stop; what they were at is in the ledger');
  });
  halt = () => void queues.close(HALT_MS);
  await queues.start({ waitMs: REDIS_WAIT_MS });
  // Asked before there are workers of our own.
  const isAlone = !(await queues.othersAtWork());

  const tellRefusals = refusalLines(
    (line) => options.onEvent(line),
    log,
    () => work.standing().zone.name,
  );
  const recordRefusals = refusalAudit(
    (entry) => store.audit(entry),
    () => clock.now(),
    (fresh, at) =>
      store.tallies.refused(
        fresh.map(({ policy, account, instance, reason, occurrence }) => ({
          policy,
          reason,
          target: instance ?? account,
          occurrence,
        })),
        at,
      ),
    () => work.standing().zone.name,
  );
  const { decorate = (bare: Work) => bare } = options;
  const work = decorate({
    clock,
    log,
    metrics,
    random,
    newId: randomUUID,
    store,
    queue: queuePort(queues, clock, store.outbox),
    threads: store.outbox,
    links: () => linksOf(current.now.config),
    shadows: store.shadows,
    leashes: store.leashes,
    evidence: store.evidence,
    moneyHistory: store.moneyHistory,
    tallies: store.tallies,
    ...(recorder !== null && { recorder }),
    standing: () => current.now.standing,
    paidWorkOff: () => store.paidWorkOff() ?? doubt.why,
    paidWorkOffBy: () => {
      // Right after a reconnect it is only that nobody has looked yet.
      if (store.paidWorkOff() !== null) return store.paidWorkOffBy();
      return doubt.isLong ? 'clock' : null;
    },
    onEvent: options.onEvent,
    onRefusals: (account, refusals, takenAt) => {
      tellRefusals(account, refusals, takenAt);
      // Lost where Redis goes just now; it is new again for whoever decides next.
      recordRefusals(account, refusals).catch((error: unknown) =>
        log.debug({ err: error }, 'refusals could not be recorded'),
      );
    },
  });
  wireWorkers(queues, work, tellingRounds(work, store.outbox, queues));
  await store.sawPolicies(
    policies.set.policies.map(({ name }) => name),
    clock.now(),
  );
  await store.settings.sawMeanings(meaningsOf(config, policies.set.policies), clock.now());
  if (isAlone) await store.settings.beganWatch(clock.now());
  showPolicies(metrics, standing);
  if (policies.errors.length > 0) await tellInvalid(work, policies.errors);
  else if (!policies.fromLastGood && (await store.unsay('policy.invalid')))
    await tellValid(work, policies.set.policies.length);

  const reader = makeReader(work, store);
  const fleet = new FleetSeries();
  const control = new Control(work, peopleStore(store));
  const reloader = new Reloader({
    readConfig: options.readConfig,
    cwd: options.cwd,
    onSecrets: options.onSecrets,
    work,
    store,
    queues,
    builder,
    metrics,
    current,
    firstMistakes: policies.errors,
  });

  let workingAt = performance.now();
  const stopping = new AbortController();
  const ready = () => readiness(work, store, { fromLastGood: current.now.fromLastGood, last: reloader.last });
  const source = makeWebSource({
    work,
    store,
    control,
    reader,
    tokens: () => current.now.tokens,
    tokenGeneration: (instance) => store.settings.agentGeneration(instance),
    signal: stopping.signal,
    alive: () => {
      const turns = loop.state();
      if (!turns.ok) return turns;
      const graceFrom = store.state.kind === 'ready' ? Math.max(workingAt, redisUpAt) : null;
      return workersState(queues, graceFrom, performance.now());
    },
    ready,
    metrics: () => scrape({ work, store, queues, reader, metrics, fleet }),
    reload: (acknowledge) => reloader.byPerson(acknowledge),
    recording: (since) => recordingSince(config.stateDir, since, clock.now()),
    operations: (query) => store.ledger.list(query),
  });
  const web = new WebServer(
    makeWeb(
      source,
      () => current.now.config.controlToken?.reveal() ?? null,
      (error, request) => log.error({ err: error, request }, 'a request failed'),
      () => performance.now(),
      (news) => log.warn({ ...news }, 'a wrong control token'),
      {
        boards: makeBoards({
          work,
          store,
          reader,
          reloader,
          control,
          queues,
          fromLastGood: () => current.now.fromLastGood,
          signal: stopping.signal,
          scrub: scrubber(() => secretsOf(current.now.config)),
        }),
        source: makeConsoleSource({ work, store, ready, reader, outlook: outlookOf(work, stopping.signal) }),
        access: {
          loopbackListener: isLoopback(hostInUrl(config.listen.host)),
          token: (role) => {
            const { controlToken, console } = current.now.config;
            return (role === 'control' ? controlToken : console.viewerToken)?.reveal() ?? null;
          },
          url: () => current.now.config.console.url,
          wall: () => systemClock.now(),
        },
        signal: stopping.signal,
      },
    ),
    config.listen.host,
    config.listen.port,
  );
  // The port before the workers: a second daemon started by mistake must not do a second of work.
  cleanups.add('web', () => web.stop());
  const address = await web.start();

  const compare = () => {
    reloader.compare().catch((error: unknown) => log.error({ err: error }, 'the policies could not be looked at'));
  };
  // A reload that an outage cut short is brought to its end.
  onRedisBack = () => {
    compare();
    // A Redis that came back empty has no schedules; housekeeping would only see that in a minute.
    void repairSchedules(queues, stopping.signal).catch((error: unknown) =>
      log.debug({ err: error }, 'schedules are put right later'),
    );
  };
  // Under `careful` it was not looked at yet; nothing is decided before.
  if (policies.fromLastGood && policies.errors.length === 0) await reloader.compare();
  const watch = new PolicyWatch(config.policiesDir, compare);
  watch.start();
  cleanups.add('policy watch', () => watch.stop());

  const housekeeping = new Housekeeping({
    clock,
    log,
    store,
    queues,
    accounts: () => [...current.now.standing.accounts.keys()],
    sayDoubt: () => doubt.say(),
    tellLedger,
  });
  housekeeping.start();
  cleanups.add('housekeeping', () => housekeeping.stop());

  // A Redis that is slow to answer just now is no reason to end: housekeeping makes the schedules, and these the polls.
  const later = (error: unknown) => {
    if (!(error instanceof QueueDown)) throw error;
    log.warn({ err: error }, 'the schedules could not be made yet; housekeeping does it');
  };
  await queues.schedule(schedulesOf(standing, clock)).catch(later);
  workingAt = performance.now();
  queues.run();
  for (const name of standing.accounts.keys()) await work.queue.poll(name).catch(later);

  const origin = `http://${hostInUrl(address.host)}:${address.port}`;
  log.info({ origin, accounts: standing.accounts.size, policies: standing.policies.length }, 'lamplighter is running');
  return {
    origin,
    get config() {
      return current.now.config;
    },
    work,
    store,
    queues,
    get tokens() {
      return current.now.tokens;
    },
    unsafe: unsafe.promise,
    reload: () => reloader.bySignal(),
    stop: async () => {
      stopping.abort(new Error('the daemon stops'));
      await cleanups.run();
      return drained;
    },
  };
}

function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

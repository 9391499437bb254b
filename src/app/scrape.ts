import { localDay } from '../calendar/zone.ts';
import { SHADOW_OUTCOMES } from '../decide/shadow.ts';
import { FREEZE_REASONS, FROZEN_CLASSES } from '../fleet/freeze.ts';
import { isTerminal, OPERATION_STATES, type Operation } from '../fleet/operation.ts';
import type { Policy } from '../policy/policy.ts';
import type { Queues } from '../queue/queue.ts';
import { takesWrites } from '../store/health.ts';
import type { Saving } from '../store/savings.ts';
import type { Store } from '../store/store.ts';
import type { FleetSeries } from '../telemetry/fleet-series.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Work } from '../work/ports.ts';
import { fleetSources } from './fleet-sources.ts';
import type { Reader } from './reader.ts';

/** Reading the gauges' sources must never make a scrape fail: what cannot be read is left out. */
const COLLECT_LIMIT_MS = 3_000;

interface ScrapeParts {
  readonly work: Work;
  readonly store: Store;
  readonly queues: Queues;
  readonly reader: Reader;
  readonly metrics: Metrics;
  readonly fleet: FleetSeries;
}

/** Everything `/metrics` answers: gauges read now, counters as they are, the fleet's series in pieces. */
export async function* scrape(parts: ScrapeParts): AsyncGenerator<string | Uint8Array> {
  const { work, reader, metrics, fleet } = parts;
  const isUp = parts.store.state.kind === 'ready';
  metrics.redisUp.set(isUp ? 1 : 0);
  // Without Redis there is no fleet to tell of; `lamplighter_redis_up` says why its series are missing.
  const sources = async () => (isUp ? await fleetSources(work, await reader.snapshots()) : []);
  // At once: each waits for Redis several times, and where a poll is being worked on each wait is a long one.
  const [known] = await Promise.all([sources(), isUp ? collect(parts) : null]);
  await forgetOthers(metrics, work.standing().accounts);
  yield await metrics.own.metrics();
  yield '\n';
  if (isUp) yield* fleet.write(known);
  yield await metrics.processes.metrics();
}

/**
 * Takes away what this process once noted of accounts that are not configured any more: nobody renews it, and what tells of a time
 * would look as if something had stopped. Counters stay, since they say what was done.
 */
async function forgetOthers(metrics: Metrics, accounts: ReadonlyMap<string, unknown>): Promise<void> {
  for (const gauge of [metrics.clockAhead, metrics.probeLastSuccess]) {
    for (const { labels } of (await gauge.get()).values) {
      if (!accounts.has(String(labels.account))) gauge.remove(labels);
    }
  }
}

async function collect(parts: ScrapeParts): Promise<void> {
  const { work, store, queues, reader, metrics } = parts;
  const now = work.clock.now();
  const readings = [
    async () => {
      const counts = await store.ledger.openCounts();
      // A state that nothing is in any more is told as 0, else it would keep its last number for ever.
      for (const state of OPERATION_STATES)
        if (!isTerminal(state)) metrics.operationsOpen.set({ state }, counts.get(state) ?? 0);
      metrics.operationEscalated.set(counts.get('escalated') ?? 0);
    },
    async () => await accountOperations(work, metrics, now),
    async () => await frozen(work, store, metrics),
    async () => await spending(work, metrics, now),
    async () => {
      const health = await store.askHealth();
      metrics.redisWritable.set(takesWrites(health) ? 1 : 0);
      metrics.redisUsedBytes.set(health.usedBytes ?? 0);
      metrics.redisLimitBytes.set(health.limitBytes ?? 0);
    },
    async () => metrics.holdsActive.set((await work.store.holds(now)).length),
    async () => metrics.paused.set((await work.store.paused()) ? 1 : 0),
    async () =>
      metrics.paidWorkFrozen.set((await store.ledger.frozen()) !== null || work.paidWorkOff() !== null ? 1 : 0),
    async () => {
      // From Redis, not from this process: whichever replica polled, all tell the same.
      const rows = await Promise.all(
        [...work.standing().accounts].map(async ([account, runtime]) => ({
          account,
          health: await store.health(account),
          everyMs: runtime.account.pollEveryMs,
          breaker: await work.store.breaker(account, now),
        })),
      );
      // All at once, after everything was read: an account that a reload removed has no series any more.
      metrics.pollLastSuccess.reset();
      metrics.pollFailures.reset();
      metrics.pollInterval.reset();
      metrics.breakerOpen.reset();
      for (const { account, health, everyMs, breaker } of rows) {
        if (health.okAt !== null) metrics.pollLastSuccess.set({ account }, health.okAt / 1000);
        metrics.pollFailures.set({ account }, health.failures);
        metrics.pollInterval.set({ account }, everyMs / 1000);
        metrics.breakerOpen.set({ account }, breaker.all || breaker.paid ? 1 : 0);
      }
    },
    async () => {
      for (const count of await queues.counts()) {
        for (const state of ['waiting', 'active', 'delayed', 'failed'] as const) {
          metrics.queueJobs.set({ queue: count.queue, state }, count[state]);
        }
        metrics.queueOldest.set({ queue: count.queue }, (count.oldestMs ?? 0) / 1000);
      }
    },
    async () => {
      const states = await store.outbox.states([...work.standing().notifiers.keys()]);
      // Receivers live in real time, and so does what waits for them.
      const real = Date.now();
      metrics.notificationsWaiting.reset();
      metrics.notificationOldest.reset();
      metrics.notifierMuted.reset();
      for (const { notifier, waiting, oldestAt, pause } of states) {
        const isMuted = pause !== null && pause.why === 'muted' && pause.until > real;
        metrics.notificationsWaiting.set({ notifier }, waiting);
        metrics.notificationOldest.set({ notifier }, oldestAt === null ? 0 : Math.max(0, real - oldestAt) / 1000);
        metrics.notifierMuted.set({ notifier }, isMuted ? 1 : 0);
      }
    },
    async () => {
      const observed = await reader.shadowTotals();
      metrics.shadowStops.reset();
      metrics.shadowSavedGpuSeconds.reset();
      metrics.shadowSavedYuan.reset();
      for (const { name: policy, mode } of work.standing().policies) {
        const told = observed(policy);
        if (mode !== 'observe' && told.stops === 0) continue;
        for (const outcome of SHADOW_OUTCOMES) metrics.shadowStops.inc({ policy, outcome }, told[outcome]);
        metrics.shadowSavedGpuSeconds.inc({ policy }, told.savedGpuSeconds);
        metrics.shadowSavedYuan.inc({ policy }, Number(told.savedYuan));
      }
    },
    async () => {
      const savings = await store.savings.list();
      metrics.savedGpuSeconds.reset();
      metrics.savedYuan.reset();
      metrics.savedUnpricedSeconds.reset();
      metrics.savedStops.reset();
      metrics.wrongStops.reset();
      // A counter that is born with its first night of stops would be missed by whoever asks for its increase.
      for (const saving of [...savings, ...unborn(work.standing().policies, savings)]) {
        metrics.savedUnpricedSeconds.inc({ policy: saving.policy }, saving.unpricedSeconds);
        metrics.savedStops.inc({ policy: saving.policy }, saving.stops);
        metrics.wrongStops.inc({ policy: saving.policy }, saving.wrong);
        metrics.savedGpuSeconds.inc({ policy: saving.policy }, saving.gpuSeconds);
        // A stopped machine may be said to cost more than a running one: a counter only grows.
        metrics.savedYuan.inc({ policy: saving.policy }, Math.max(0, saving.fen) / 100);
      }
    },
  ];
  const limit = AbortSignal.timeout(COLLECT_LIMIT_MS);
  const late = new Promise<void>((resolve) => limit.addEventListener('abort', () => resolve(), { once: true }));
  const all = Promise.allSettled(readings.map((read) => read())).then((results) => {
    for (const result of results) {
      if (result.status === 'rejected') work.log.debug({ err: result.reason }, 'a gauge could not be read');
    }
  });
  await Promise.race([all, late]);
}

/** Policies that may stop something and have not yet. */
function unborn(policies: readonly Policy[], savings: readonly Saving[]): readonly Saving[] {
  const known = new Set(savings.map(({ policy }) => policy));
  const none = { gpuSeconds: 0, fen: 0, unpricedSeconds: 0, stops: 0, wrong: 0 };
  return policies
    .filter(
      ({ mode, steps }) => mode === 'enforce' && steps.some(({ kind }) => kind === 'stop' || kind === 'cardless-stop'),
    )
    .flatMap(({ name: policy }) => (known.has(policy) ? [] : [{ policy, ...none }]));
}

/** What of each account is unclear, or waits for a person. Accounts that are gone have no series, unless something of theirs waits. */
async function accountOperations(work: Work, metrics: Metrics, now: number): Promise<void> {
  const open = await work.store.ledger.unfinished();
  const accounts = new Set([...work.standing().accounts.keys(), ...open.map(({ account }) => account)]);
  metrics.operationsUncertain.reset();
  metrics.operationsEscalated.reset();
  metrics.escalatedAge.reset();
  for (const account of accounts) {
    const mine = open.filter((operation) => operation.account === account);
    const escalated = mine.filter(({ state }) => state === 'escalated');
    const oldestAt = Math.min(now, ...escalated.map(({ updatedAt }) => updatedAt));
    metrics.operationsUncertain.set({ account }, mine.filter(isUnclear).length);
    metrics.operationsEscalated.set({ account }, escalated.length);
    metrics.escalatedAge.set({ account }, (now - oldestAt) / 1000);
  }
}

/** Did its request leave without a clear answer, and is it still being looked at? */
function isUnclear({ state, transitions }: Operation): boolean {
  return state === 'uncertain' || (state === 'verifying' && transitions.some(({ to }) => to === 'uncertain'));
}

async function frozen(work: Work, store: Store, metrics: Metrics): Promise<void> {
  const freezes = await work.store.freezes();
  // People are told of a doubted clock only when it lasts, and of Redis when somebody has looked.
  const notYetTold = store.paidWorkOff() === null ? 'clock' : 'redis';
  const off = work.paidWorkOff() === null ? null : (work.paidWorkOffBy?.() ?? notYetTold);
  metrics.frozen.reset();
  for (const cls of FROZEN_CLASSES) {
    for (const reason of FREEZE_REASONS) {
      const isStored = freezes.some((freeze) => freeze.class === cls && freeze.reason === reason);
      metrics.frozen.set({ class: cls, reason }, isStored || (cls !== 'reversible' && off === reason) ? 1 : 0);
    }
  }
}

async function spending(work: Work, metrics: Metrics, now: number): Promise<void> {
  const standing = work.standing();
  const rows = await Promise.all(
    [...standing.accounts.values()].map(async ({ account }) => ({
      account: account.name,
      limit: account.spendLimit,
      spent: await work.store.spentToday(account.name, localDay(now, standing.zone)),
    })),
  );
  for (const gauge of [metrics.paidCallsToday, metrics.paidCallsLimit, metrics.paidYuanToday, metrics.paidYuanLimit]) {
    gauge.reset();
  }
  for (const { account, limit, spent } of rows) {
    metrics.paidCallsToday.set({ account }, spent.calls);
    metrics.paidYuanToday.set({ account }, spent.fen / 100);
    if (limit === null) continue;
    if (limit.callsPerDay !== null) metrics.paidCallsLimit.set({ account }, limit.callsPerDay);
    if (limit.perDayFen !== null) metrics.paidYuanLimit.set({ account }, limit.perDayFen / 100);
  }
}

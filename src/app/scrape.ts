import { isTerminal, OPERATION_STATES } from '../fleet/operation.ts';
import type { Queues } from '../queue/queue.ts';
import type { Store } from '../store/store.ts';
import { fleetSeries } from '../telemetry/fleet-series.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Work } from '../work/ports.ts';
import type { Reader } from './reader.ts';
import { fleetSources } from './web-source.ts';

/** Reading the gauges' sources must never make a scrape fail: what cannot be read is left out. */
const COLLECT_LIMIT_MS = 3_000;

/** Everything `/metrics` answers: gauges read now, counters as they are, the fleet's series in pieces. */
export async function* scrape(parts: {
  readonly work: Work;
  readonly store: Store;
  readonly queues: Queues;
  readonly reader: Reader;
  readonly metrics: Metrics;
}): AsyncGenerator<string> {
  const { metrics } = parts;
  const isUp = parts.store.state.kind === 'ready';
  metrics.redisUp.set(isUp ? 1 : 0);
  if (isUp) await collect(parts);
  yield await metrics.own.metrics();
  yield '\n';
  // Without Redis there is no fleet to tell of; `lamplighter_redis_up` says why its series are missing.
  if (isUp) yield* fleetSeries(await fleetSources(parts.work, await parts.reader.snapshots()));
  yield await metrics.processes.metrics();
}

async function collect(parts: {
  readonly work: Work;
  readonly store: Store;
  readonly queues: Queues;
  readonly metrics: Metrics;
}): Promise<void> {
  const { work, store, queues, metrics } = parts;
  const now = work.clock.now();
  const readings = [
    async () => {
      const counts = await store.ledger.openCounts();
      // A state that nothing is in any more is told as 0, else it would keep its last number for ever.
      for (const state of OPERATION_STATES)
        if (!isTerminal(state)) metrics.operationsOpen.set({ state }, counts.get(state) ?? 0);
      metrics.operationEscalated.set(counts.get('escalated') ?? 0);
    },
    async () => metrics.holdsActive.set((await work.store.holds(now)).length),
    async () => metrics.paused.set((await work.store.paused()) ? 1 : 0),
    async () =>
      metrics.paidWorkFrozen.set((await store.ledger.frozen()) !== null || work.paidWorkOff() !== null ? 1 : 0),
    async () => {
      // From Redis, not from this process: whichever replica polled, all tell the same.
      const rows = await Promise.all(
        [...work.standing().accounts.keys()].map(async (account) => ({
          account,
          okAt: (await store.health(account)).okAt,
          breaker: await work.store.breaker(account, now),
        })),
      );
      // All at once, after everything was read: an account that a reload removed has no series any more.
      metrics.pollLastSuccess.reset();
      metrics.breakerOpen.reset();
      for (const { account, okAt, breaker } of rows) {
        if (okAt !== null) metrics.pollLastSuccess.set({ account }, okAt / 1000);
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
      const savings = await store.savings.list();
      metrics.savedGpuSeconds.reset();
      metrics.savedYuan.reset();
      for (const saving of savings) {
        metrics.savedGpuSeconds.inc({ policy: saving.policy }, saving.gpuSeconds);
        metrics.savedYuan.inc({ policy: saving.policy }, saving.fen / 100);
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

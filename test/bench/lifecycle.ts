import { setTimeout as wait } from 'node:timers/promises';
import { Queue, Worker } from 'bullmq';
import { wireWorkers } from '../../src/app/engine.ts';
import type { ActionCall } from '../../src/fleet/action-call.ts';
import { startRedis } from '../support/redis.ts';
import { type Engine, startEngine } from './engine.ts';
import { startSimulator } from './processes.ts';
import { atLeast, type Row } from './rows.ts';
import { compare, digits, median } from './statistics.ts';

const INSTANCES = 2_000;
/** At least so many rounds, and as many more as fit into the time. */
const LEAST_ROUNDS = 3;
const ROUNDS = 7;
const TIME_MS = 30_000;
/** Acts at once in the daemon, and so jobs at once of the no-op worker. */
const CONCURRENCY = 100;
/** Listings are what confirms, so the account is listed all the time; waiting for a clock is not what is measured. */
const POLL_EVERY_MS = 250;
const LONGEST_ROUND_MS = 30_000;

/**
 * Whole operations, armed to confirmed, through the real engine, queues, ledger and HTTP, against a worker of the same
 * library on the same Redis that does nothing.
 */
export async function benchLifecycle(): Promise<readonly Row[]> {
  await using stack = new AsyncDisposableStack();
  const redis = await startRedis();
  stack.defer(() => redis.stop());
  const simulator = await startSimulator(INSTANCES, { actionDelayMs: 0 });
  stack.defer(() => simulator.stop());
  const engine = await startEngine(redis.url, simulator);
  stack.defer(() => engine.close());
  wireWorkers(engine.queues, engine.work);
  await engine.queues.schedule([
    { id: 'poll', queue: 'poll', everyMs: POLL_EVERY_MS, offsetMs: 0, payload: { account: engine.account } },
  ]);
  engine.queues.run();
  const noop = await noopQueue(redis.url);
  stack.defer(() => noop.close());

  await settle(engine);
  // Every machine to the same state first; this is the warm-up, too.
  await operations(engine, { kind: 'start', stopMode: 'unknown' }, 'stopped');
  await noop.addAndRun(INSTANCES);
  await noop.run(INSTANCES);
  const rounds: (readonly [number, number])[] = [];
  const drained: number[] = [];
  const until = performance.now() + TIME_MS;
  for (let round = 0; round < ROUNDS; round += 1) {
    if (round >= LEAST_ROUNDS && performance.now() > until) break;
    const stopping = round % 2 === 0;
    const call: ActionCall = stopping ? { kind: 'stop' } : { kind: 'start', stopMode: 'normal' };
    const ours = await operations(engine, call, stopping ? 'running' : 'stopped');
    rounds.push([ours, await noop.addAndRun(INSTANCES)]);
    drained.push(await noop.run(INSTANCES));
  }
  const { first, second, ratio } = compare(rounds);
  return [
    {
      what: 'operations armed → sent → confirmed, of the jobs of a no-op worker',
      measured: ratio * 100,
      unit: '%',
      target: atLeast(20),
      detail: `${digits(first)} operations/s; ${digits(second)} jobs/s added and done; ${CONCURRENCY} at once, appendfsync always`,
    },
    {
      what: 'the same, of jobs that had been added before',
      measured: (first / median(drained)) * 100,
      unit: '%',
      target: null,
      detail: `${digits(median(drained))} jobs/s`,
    },
  ];
}

/** Waits for the first listing. */
async function settle(engine: Engine): Promise<void> {
  while ((await engine.store.loadSnapshot(engine.account)) === null) await wait(50);
}

/** Carries out one operation on every machine that is in the given state; operations per second. */
async function operations(engine: Engine, call: ActionCall, of: 'running' | 'stopped'): Promise<number> {
  const snapshot = await engine.store.loadSnapshot(engine.account);
  const targets = (snapshot?.instances ?? []).filter(({ instance }) => instance.status === of);
  const before = await ended(engine);
  const startedAt = performance.now();
  let next = 0;
  const caller = async (): Promise<void> => {
    for (let target = targets[next++]; target !== undefined; target = targets[next++]) {
      const outcome = await engine.control.act(`${engine.account}/${target.instance.id}`, call, 'bench');
      if (outcome.kind !== 'done') throw new Error(`${target.instance.id}: ${outcome.message}`);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, caller));
  while ((await ended(engine)) < before + targets.length) {
    if (performance.now() - startedAt > LONGEST_ROUND_MS) throw new Error('the operations do not end');
    await wait(5);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  await confirmed(engine, targets.length);
  return targets.length / seconds;
}

/** How many operations have ended so far, from the daemon's own counter: asking Redis would slow what is measured. */
async function ended(engine: Engine): Promise<number> {
  const { values } = await engine.work.metrics.operations.get();
  return values.reduce((sum, { value }) => sum + value, 0);
}

/** An operation that ended in any other way would make a fast bench of a broken daemon. */
async function confirmed(engine: Engine, count: number): Promise<void> {
  const { items } = await engine.store.ledger.list({ account: engine.account, limit: count });
  const other = items.find(({ state }) => state !== 'confirmed');
  if (items.length !== count || other !== undefined)
    throw new Error(`of ${count} operations ${items.length} are found, one of them ${other?.state} (${other?.detail})`);
}

interface NoopQueue {
  /** Jobs per second, from the first added, by as many callers as our operations have, to the last done. */
  addAndRun(jobs: number): Promise<number>;
  /** Jobs per second, all of them added before. */
  run(jobs: number): Promise<number>;
  close(): Promise<void>;
}

async function noopQueue(url: string): Promise<NoopQueue> {
  const connection = { url };
  const queue = new Queue('noop', { connection, prefix: 'bench', defaultJobOptions: { removeOnComplete: true } });
  let left = 0;
  let done = Promise.withResolvers<void>();
  const worker = new Worker('noop', async () => {}, {
    connection,
    prefix: 'bench',
    concurrency: CONCURRENCY,
    autorun: false,
  });
  worker.on('completed', () => {
    left -= 1;
    if (left === 0) done.resolve();
  });
  await queue.waitUntilReady();
  void worker.run();
  const begin = (jobs: number): void => {
    left = jobs;
    done = Promise.withResolvers<void>();
  };
  return {
    addAndRun: async (jobs) => {
      begin(jobs);
      const startedAt = performance.now();
      let next = 0;
      const caller = async (): Promise<void> => {
        for (let index = next++; index < jobs; index = next++)
          await queue.add('noop', { operationId: `noop-${index}` });
      };
      await Promise.all(Array.from({ length: CONCURRENCY }, caller));
      await done.promise;
      return (jobs * 1000) / (performance.now() - startedAt);
    },
    run: async (jobs) => {
      begin(jobs);
      await worker.pause();
      await queue.addBulk(
        Array.from({ length: jobs }, (_, index) => ({ name: 'noop', data: { operationId: `noop-${index}` } })),
      );
      const startedAt = performance.now();
      void worker.resume();
      await done.promise;
      return (jobs * 1000) / (performance.now() - startedAt);
    },
    close: async () => {
      await worker.close();
      await queue.close();
    },
  };
}

import { setTimeout as wait } from 'node:timers/promises';
import { Queue, Worker } from 'bullmq';
import { wireWorkers } from '../../src/app/engine.ts';
import { tellingRounds } from '../../src/app/telling.ts';
import type { ActionCall } from '../../src/fleet/action-call.ts';
import { startRedis } from '../support/redis.ts';
import { type Engine, startEngine } from './engine.ts';
import { startSimulator } from './processes.ts';
import { atLeast, type Row } from './rows.ts';
import { compare, digits, median } from './statistics.ts';

const INSTANCES = 1_000;
/** Acts at once in the daemon, and so jobs at once of the no-op worker. */
const CONCURRENCY = 100;
/** Listings are what confirms, so the account is listed all the time; waiting for a clock is not what is measured. */
const POLL_EVERY_MS = 250;
const ROUNDS = 5;
/** Operations come and go for so long before they are counted, and are counted for so long. */
const RUN_UP_MS = 1_000;
const COUNTED_MS = 3_000;
/** The first rounds of a process are slower: its code is still being compiled. */
const WARM_UP_MS = 15_000;
/** Jobs of the no-op worker per round: as many as take it a second or so. */
const NOOP_JOBS = 5_000;
const LONGEST_DRAIN_MS = 60_000;
const LOOK_MS = 10;

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
  wireWorkers(engine.queues, engine.work, tellingRounds(engine.work, engine.store.outbox, engine.queues));
  await engine.queues.schedule([
    { id: 'poll', queue: 'poll', everyMs: POLL_EVERY_MS, offsetMs: 0, payload: { account: engine.account } },
  ]);
  engine.queues.run();
  const noop = await noopQueue(redis.url);
  stack.defer(() => noop.close());

  const fleet = new Fleet(engine);
  await fleet.run(0, WARM_UP_MS);
  await noop.addAndRun(NOOP_JOBS);
  await noop.run(NOOP_JOBS);
  const rounds: (readonly [number, number])[] = [];
  const drained: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const ours = await fleet.run(RUN_UP_MS, COUNTED_MS);
    rounds.push([ours, await noop.addAndRun(NOOP_JOBS)]);
    drained.push(await noop.run(NOOP_JOBS));
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

/** A fleet on which every machine is stopped when it runs and started when it is stopped, again and again. */
class Fleet {
  readonly #engine: Engine;
  /** What each machine is on its way to; absent: it may be asked for something. */
  readonly #wanted = new Map<string, 'running' | 'stopped'>();
  readonly #free: { readonly id: string; readonly status: 'running' | 'stopped' }[] = [];
  #generation = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Operations confirmed per second, once they have been coming and going for `runUpMs`. Ends when all have ended. */
  async run(runUpMs: number, countedMs: number): Promise<number> {
    const stop = new AbortController();
    const callers = Array.from({ length: CONCURRENCY }, () => this.#call(stop.signal));
    const looking = this.#look(stop.signal);
    await wait(runUpMs);
    const before = await this.#confirmed();
    const startedAt = performance.now();
    await wait(countedMs);
    const count = (await this.#confirmed()) - before;
    const seconds = (performance.now() - startedAt) / 1000;
    stop.abort();
    await Promise.all([...callers, looking]);
    for (const until = performance.now() + LONGEST_DRAIN_MS; this.#wanted.size > 0; await wait(LOOK_MS)) {
      if (performance.now() > until) throw new Error('the operations do not end');
      await this.#see();
    }
    return count / seconds;
  }

  async #call(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const machine = this.#free.pop();
      if (machine === undefined) {
        await wait(LOOK_MS);
        continue;
      }
      const { id, status } = machine;
      const call: ActionCall = status === 'running' ? { kind: 'stop' } : { kind: 'start', stopMode: 'unknown' };
      this.#wanted.set(id, status === 'running' ? 'stopped' : 'running');
      const outcome = await this.#engine.control.act(`${this.#engine.account}/${id}`, call, 'bench');
      if (outcome.kind === 'done') continue;
      // The listing that shows the last operation's effect may be stored a moment before that operation is closed.
      if (!outcome.message.includes('is not finished')) throw new Error(`${id}: ${outcome.message}`);
      this.#wanted.set(id, status);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#see();
      await wait(LOOK_MS);
    }
  }

  /** Machines that the last listing shows as wanted are free again. */
  async #see(): Promise<void> {
    const snapshot = await this.#engine.store.loadSnapshot(this.#engine.account);
    if (snapshot === null || snapshot.generation === this.#generation) return;
    const isFirst = this.#generation === 0;
    this.#generation = snapshot.generation;
    for (const { instance } of snapshot.instances) {
      const { id, status } = instance;
      if (status !== 'running' && status !== 'stopped') continue;
      if (!isFirst && this.#wanted.get(id) !== status) continue;
      this.#wanted.delete(id);
      this.#free.push({ id, status });
    }
  }

  /** From the daemon's own counter. An operation that ended in another way would make a fast bench of a broken daemon. */
  async #confirmed(): Promise<number> {
    const { values } = await this.#engine.work.metrics.operations.get();
    const other = values.find(({ labels }) => labels.outcome !== 'confirmed');
    if (other !== undefined) throw new Error(`${other.value} operations were ${other.labels.outcome}`);
    return values.reduce((sum, { value }) => sum + value, 0);
  }
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

import { type Job, Queue, UnrecoverableError, Worker } from 'bullmq';
import { z } from 'zod';
import { type Payload, parsePayload, QUEUE_NAMES, type QueueName } from './payloads.ts';
import { backOff, PROFILES } from './profile.ts';
import {
  endedByMinute,
  FAILURES_SHOWN,
  type QueueStand,
  reasonShown,
  STAND_MINUTES,
  subjectOf,
} from './queue-stand.ts';
import { withLimit } from './with-limit.ts';

export interface QueuesOptions {
  /** redis:// or rediss:// */
  readonly url: string;
  /** What every key of the queues starts with. */
  readonly prefix: string;
  /**
   * Real ms of a clock that nobody sets, for {@link Queues.lastFinishedAt} and {@link Queues.runningSince} only: the queue
   * itself keeps the operating system's time.
   */
  readonly clock: () => number;
  /** 0 to 1. */
  readonly random: () => number;
  /**
   * Real ms after which a job whose process is gone is taken away from it; 30 s where absent. Renewed by a timer while
   * the job runs, so a job may take longer.
   */
  readonly lockMs?: number;
  /** Told of every error of a connection or of the queue's own machinery; a lost Redis tells many. */
  readonly onError: (queue: QueueName, error: Error) => void;
  /** Told of every run of a job that threw. `final`: it is not tried again. */
  readonly onFailed: (queue: QueueName, jobId: string, error: Error, final: boolean) => void;
  /** Told of the end of every run of a job in this process, and how long it took, real ms. */
  readonly onRun?: (queue: QueueName, outcome: RunOutcome, tookMs: number) => void;
}

/** What became of one run of a job: `retried` failed and is run again. */
export const RUN_OUTCOMES = ['done', 'retried', 'failed'] as const;
export type RunOutcome = (typeof RUN_OUTCOMES)[number];

/** The signal is aborted when the job's lock is lost or the process shuts down. */
export type Processor<Q extends QueueName> = (payload: Payload<Q>, job: JobInfo, signal: AbortSignal) => Promise<void>;

export interface JobInfo {
  readonly id: string;
  /** The first run is 1. */
  readonly attempt: number;
}

export interface EnqueueOptions {
  /** Of two jobs of one id, while the first is there, the second is dropped. */
  readonly jobId?: string;
  /** Real ms. */
  readonly delayMs?: number;
  /** How often it is run in all, where not as usual in its queue. */
  readonly attempts?: number;
  /** Of jobs under one such key one waits at most; one that comes while another runs follows it. */
  readonly latest?: string;
}

/** One run of a job in this process. */
interface Running {
  readonly at: number;
  readonly end: Promise<void>;
}

/** A job that comes again and again, made by the queue. */
export interface Schedule<Q extends QueueName = QueueName> {
  readonly id: string;
  readonly queue: Q;
  /** Real ms. */
  readonly everyMs: number;
  /** Spreads schedules of one period; less than `everyMs`. 0: any will do. */
  readonly offsetMs: number;
  readonly payload: Payload<Q>;
}

export interface QueueCounts {
  readonly queue: QueueName;
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  readonly failed: number;
  /** How long the job has waited that could have been run for longest, ms; a delay is no waiting. `null`: none waits. */
  readonly oldestMs: number | null;
}

/** Redis could not be asked, or not in time: the job is not queued as far as we know. */
export class QueueDown extends Error {
  constructor(what: string, cause: unknown) {
    super(`the queue cannot be reached: ${what}`, { cause });
    this.name = 'QueueDown';
  }
}

/** Longer than three connection losses in a row: a producer never waits longer than this. */
const ASK_LIMIT_MS = 2_500;
/**
 * Until then nobody takes over what a killed process was at, so not long; and a loop that stands still for shorter keeps
 * its jobs. A job that is run twice after all does no harm: the ledger lets it act once.
 */
const LOCK_MS = 30_000;
/** Lost locks are looked for so many times within the time of one. */
const LOOKS_PER_LOCK = 3;
/** What only looks at clouds and machines. */
const READS: ReadonlySet<QueueName> = new Set(['poll', 'observe']);
/** When no job runs any more, Redis is told so within this, or not at all. */
const FAREWELL_MS = 2_000;
const MAX_BACKOFF_MS = 2_000;
/** A worker that lost Redis while fetching tries again after this; the library's own 15 s would be half of what an outage may cost. */
const RETRY_MS = 1_000;
/** Failed jobs are kept for a look, not for ever: what matters of them is in the ledger and the audit. */
const KEEP_FAILED = { age: 7 * 86_400, count: 500 } as const;
/** Of more that wait than this nobody looks how many have failed before. */
const LOOKED_AT = 500;
/** What Redis answers to a write while it is full, while it cannot save, or as a replica. */
const TAKES_NO_WRITES = /^(OOM|MISCONF|READONLY)\b/;
/** A schedule that is so many periods late has lost its next job. */
const LATE_PERIODS = 2;

/**
 * The queues, on BullMQ. Jobs are doorbells: ringing twice does no harm, and a ring that is lost is made up for by the
 * next tick, since what is to be done stands in the ledger.
 */
export class Queues {
  readonly #options: QueuesOptions;
  readonly #lockMs: number;
  readonly #queues = new Map<QueueName, Queue>();
  readonly #workers = new Map<QueueName, Worker>();
  readonly #finishedAt = new Map<QueueName, number>();
  #refusedAt: number | null = null;
  /** When each job that runs here began, and its end; a set per queue, since times may be equal. */
  readonly #running = new Map<QueueName, Set<Running>>();
  #wanted: readonly Schedule[] = [];
  #closing: Promise<boolean> | null = null;

  constructor(options: QueuesOptions) {
    this.#options = options;
    this.#lockMs = options.lockMs ?? LOCK_MS;
  }

  /** Opens the producers. @throws QueueDown when Redis is not there within `waitMs` */
  async start(options: { readonly waitMs: number }): Promise<void> {
    for (const name of QUEUE_NAMES) {
      const queue = new Queue(name, {
        connection: {
          ...this.#connection(),
          // A job that could not be queued now is decided anew later; it must not leave with an old intent.
          enableOfflineQueue: false,
          maxRetriesPerRequest: 0,
          autoResendUnfulfilledCommands: false,
          commandTimeout: ASK_LIMIT_MS,
        },
        prefix: this.#options.prefix,
        defaultJobOptions: {
          attempts: PROFILES[name].attempts,
          backoff: { type: 'ours' },
          removeOnComplete: true,
          removeOnFail: KEEP_FAILED,
          stackTraceLimit: 3,
        },
      });
      queue.on('error', (error) => this.#failed(name, error));
      this.#queues.set(name, queue);
    }
    const ready = Promise.all([...this.#queues.values()].map((queue) => queue.waitUntilReady()));
    try {
      await this.#ask('connecting', ready, options.waitMs);
    } catch (error) {
      await this.close(0);
      throw error;
    }
  }

  /**
   * Is another process at work on these queues? By the connections that Redis has, so to be asked before this process has
   * workers of its own. `false` also where Redis does not say, as some that are hosted.
   */
  async othersAtWork(): Promise<boolean> {
    try {
      const workers = await this.#ask('asking who is at work', this.#queue('observe').getWorkers());
      // Where connections cannot be listed the library may answer with one of its own making, which has no address.
      return workers.some(({ addr }) => addr !== undefined);
    } catch {
      return false;
    }
  }

  /** Queues a job. @throws QueueDown (it is not queued, as far as we know), ZodError for a payload that does not fit */
  async enqueue<Q extends QueueName>(name: Q, payload: Payload<Q>, options: EnqueueOptions = {}): Promise<void> {
    const { jobId, delayMs, latest, attempts } = options;
    if (jobId !== undefined && !isJobId(jobId)) {
      throw new Error(`job id "${jobId}": a colon, an empty text or a plain number is not allowed`);
    }
    if (delayMs !== undefined && !(delayMs >= 0 && Number.isFinite(delayMs))) {
      throw new Error(`a delay of ${delayMs} ms: 0 or more is allowed`);
    }
    const data = parsePayload(name, payload);
    const added = this.#queue(name).add(name, data, {
      ...(jobId !== undefined && { jobId }),
      ...(delayMs !== undefined && delayMs > 0 && { delay: Math.round(delayMs) }),
      ...(attempts !== undefined && { attempts }),
      ...(latest !== undefined && { deduplication: { id: latest, keepLastIfActive: true } }),
    });
    await this.#ask(`adding to ${name}`, added);
  }

  /** Makes the worker of a queue. It begins with {@link run}. One per queue and process. */
  worker<Q extends QueueName>(name: Q, processor: Processor<Q>, options: { readonly concurrency?: number } = {}): void {
    if (this.#workers.has(name)) throw new Error(`queue ${name} has its worker already`);
    const profile = PROFILES[name];
    // Three named parameters: the library makes a signal only for a function that declares it.
    const process = async (job: Job, _token: string | undefined, signal: AbortSignal | undefined): Promise<void> => {
      const payload = payloadOf(name, job);
      const info = { id: job.id ?? '', attempt: job.attemptsMade + 1 };
      const end = processor(payload, info, signal ?? new AbortController().signal);
      const running = { at: this.#options.clock(), end };
      this.#runningOf(name).add(running);
      try {
        await end;
      } finally {
        this.#runningOf(name).delete(running);
      }
    };
    const worker = new Worker(name, process, {
      connection: this.#connection(),
      prefix: this.#options.prefix,
      autorun: false,
      concurrency: options.concurrency ?? profile.concurrency,
      lockDuration: this.#lockMs,
      stalledInterval: Math.ceil(this.#lockMs / LOOKS_PER_LOCK),
      maxStalledCount: profile.maxStalledCount,
      ...(profile.maxStartedAttempts !== null && { maxStartedAttempts: profile.maxStartedAttempts }),
      runRetryDelay: RETRY_MS,
      // One number for each minute, so that people see how much a queue gets done.
      metrics: { maxDataPoints: STAND_MINUTES },
      settings: { backoffStrategy: (made, _type, error) => backOff(made, error, this.#options.random()) },
    });
    worker.on('error', (error) => this.#failed(name, error));
    worker.on('completed', (job) => {
      this.#finishedAt.set(name, this.#options.clock());
      this.#ran(name, 'done', job);
    });
    worker.on('failed', (job, error) => {
      this.#finishedAt.set(name, this.#options.clock());
      if (this.#closing !== null && READS.has(name)) return;
      const final = job === undefined || job.finishedOn !== undefined;
      this.#ran(name, final ? 'failed' : 'retried', job);
      this.#options.onFailed(name, job?.id ?? '', error, final);
    });
    // Nothing is aborted by itself: somebody else may be at the job by now.
    worker.on('lockRenewalFailed', (ids) => {
      for (const id of ids) worker.cancelJob(id, 'the lock of the job was lost');
    });
    this.#workers.set(name, worker);
  }

  /** Lets the workers begin. */
  run(): void {
    for (const [name, worker] of this.#workers) {
      worker.run().catch((error: unknown) => {
        this.#failed(name, error instanceof Error ? error : new Error('a worker ended', { cause: error }));
      });
    }
  }

  /**
   * Makes the schedules exactly these: missing and changed ones are made, others removed. Every replica may do it at any
   * time; what is right already is not touched. Answers how many were put right.
   */
  async schedule(wanted: readonly Schedule[]): Promise<number> {
    this.want(wanted);
    let changes = 0;
    for (const name of QUEUE_NAMES) {
      const queue = this.#queue(name);
      const mine = new Map(wanted.filter((one) => one.queue === name).map((one) => [one.id, one]));
      const present = await this.#ask('reading schedules', queue.getJobSchedulers(0, -1, true));
      const right = new Set<string>();
      for (const { key, every, offset, next, template } of present) {
        const want = mine.get(key);
        if (want === undefined) {
          await this.#ask('removing a schedule', queue.removeJobScheduler(key));
          changes += 1;
          continue;
        }
        const same =
          Number(every) === want.everyMs &&
          // Where none is asked for, the library chooses one.
          (want.offsetMs === 0 || offset === want.offsetMs) &&
          JSON.stringify(template?.data ?? {}) === JSON.stringify(want.payload);
        const late = (next ?? 0) < Date.now() - LATE_PERIODS * want.everyMs - this.#lockMs;
        if (same && !late) right.add(key);
      }
      for (const want of mine.values()) {
        if (right.has(want.id)) continue;
        const repeat = { every: want.everyMs, ...(want.offsetMs > 0 && { offset: want.offsetMs }) };
        const template = { name, data: parsePayload(name, want.payload), opts: { attempts: 1 } };
        await this.#ask('making a schedule', queue.upsertJobScheduler(want.id, repeat, template));
        changes += 1;
      }
    }
    return changes;
  }

  /** Says which schedules are wanted from now on; {@link repair} makes them, also where Redis is away now. */
  want(schedules: readonly Schedule[]): void {
    this.#wanted = schedules;
  }

  /** Puts right what was lost of the schedules wanted last; to be called every minute or so. */
  async repair(): Promise<number> {
    return await this.schedule(this.#wanted);
  }

  /** How many jobs there are, for metrics. */
  async counts(): Promise<readonly QueueCounts[]> {
    return await Promise.all(
      QUEUE_NAMES.map(async (name): Promise<QueueCounts> => {
        const queue = this.#queue(name);
        const [counts, waits, later] = await this.#ask(
          'counting',
          Promise.all([
            queue.getJobCounts('wait', 'active', 'delayed', 'failed'),
            queue.getJobs(['wait'], 0, 0, true),
            queue.getJobs(['delayed'], 0, 0, true),
          ]),
        );
        // Only an idle worker takes a job out of what is delayed when its time has come: without one it lies there unseen.
        const free = [...waits, ...later].flatMap((job: Job | undefined) => (job === undefined ? [] : [freeAt(job)]));
        const longestMs = Date.now() - Math.min(...free);
        return {
          queue: name,
          waiting: counts.wait ?? 0,
          active: counts.active ?? 0,
          delayed: counts.delayed ?? 0,
          failed: counts.failed ?? 0,
          oldestMs: longestMs >= 0 ? longestMs : waits.length > 0 ? 0 : null,
        };
      }),
    );
  }

  /** How every queue stands, for people: more than {@link counts}, and dearer. */
  async stands(): Promise<readonly QueueStand[]> {
    const counts = await this.counts();
    return await Promise.all(
      counts.map(async (count): Promise<QueueStand> => {
        const queue = this.#queue(count.queue);
        const [completed, gaveUp, failed, later] = await this.#ask(
          'looking at a queue',
          Promise.all([
            queue.getMetrics('completed', 0, STAND_MINUTES - 1),
            queue.getMetrics('failed', 0, STAND_MINUTES - 1),
            queue.getJobs(['failed'], 0, FAILURES_SHOWN - 1, false),
            queue.getJobs(['wait', 'delayed'], 0, LOOKED_AT - 1, true),
          ]),
        );
        const now = Date.now();
        return {
          ...count,
          // A job may end, and be gone, while it is looked for.
          retrying: later.filter((job: Job | undefined) => (job?.attemptsMade ?? 0) > 0).length,
          completed: endedByMinute(completed, now),
          gaveUp: endedByMinute(gaveUp, now),
          failures: failed.flatMap((job: Job | undefined) =>
            job === undefined
              ? []
              : [
                  {
                    jobId: job.id ?? '',
                    at: job.finishedOn ?? null,
                    attempts: job.attemptsMade,
                    reason: reasonShown(job.failedReason),
                    about: subjectOf(job.data),
                  },
                ],
          ),
        };
      }),
    );
  }

  /** When the job of the queue that has run longest in this process began, by our clock; `null`: none runs. */
  runningSince(name: QueueName): number | null {
    const began = [...this.#runningOf(name)].map(({ at }) => at);
    return began.length === 0 ? null : Math.min(...began);
  }

  /** When this process last finished a job of the queue, well or badly, by our clock; `null`: never. */
  lastFinishedAt(name: QueueName): number | null {
    return this.#finishedAt.get(name) ?? null;
  }

  /** When Redis last answered that it takes no writes, so that no job can be taken or ended, by our clock; `null`: never. */
  refusedAt(): number | null {
    return this.#refusedAt;
  }

  /**
   * Takes no more jobs, asks those that only read to stop, waits for the others, and asks those that still run at half
   * time to stop as well. Lets go of Redis within `limitMs` in any case. `false`: something was still running, or Redis was not there to be told.
   */
  close(limitMs: number): Promise<boolean> {
    this.#closing ??= this.#close(limitMs);
    return this.#closing;
  }

  async #close(limitMs: number): Promise<boolean> {
    const workers = [...this.#workers.values()];
    // A read may hang at a cloud, and nobody waits for what it reads any more.
    for (const name of READS) this.#workers.get(name)?.cancelAllJobs('shutting down');
    const halfTime = setTimeout(() => {
      for (const worker of workers) worker.cancelAllJobs('shutting down');
    }, limitMs / 2);
    const closed = Promise.all(workers.map((worker) => worker.close())).then(() =>
      Promise.all([...this.#queues.values()].map((queue) => queue.close())),
    );
    try {
      await withLimit(Promise.race([closed, this.#idle()]), limitMs, () => new Error('closing took too long'));
      // Without Redis, or shortly after it came back, the library waits for ever; nobody waits with it.
      await withLimit(closed, Math.min(FAREWELL_MS, limitMs), () => new Error('Redis could not be told'));
      return true;
    } catch {
      closed.catch(() => {});
      for (const one of [...workers, ...this.#queues.values()]) one.disconnect().catch(() => {});
      return false;
    } finally {
      clearTimeout(halfTime);
    }
  }

  /** Resolves when no job of this process runs any more. */
  async #idle(): Promise<void> {
    const ends = () => [...this.#running.values()].flatMap((all) => [...all].map(({ end }) => end));
    for (let left = ends(); left.length > 0; left = ends()) await Promise.allSettled(left);
  }

  #runningOf(name: QueueName): Set<Running> {
    const running = this.#running.get(name) ?? new Set();
    this.#running.set(name, running);
    return running;
  }

  #failed(name: QueueName, error: Error): void {
    if (TAKES_NO_WRITES.test(error.message)) this.#refusedAt = this.#options.clock();
    this.#options.onError(name, error);
  }

  #ran(name: QueueName, outcome: RunOutcome, job: Job | undefined): void {
    // The wall clock, as the library writes it; whoever sets it back meanwhile makes no negative times.
    this.#options.onRun?.(name, outcome, Math.max(0, Date.now() - (job?.processedOn ?? Date.now())));
  }

  #connection() {
    return {
      url: this.#options.url,
      connectTimeout: 5_000,
      retryStrategy: (times: number) =>
        Math.min(MAX_BACKOFF_MS, 50 * 2 ** Math.min(times, 6)) * (0.75 + this.#options.random() / 4),
    };
  }

  #queue(name: QueueName): Queue {
    const queue = this.#queues.get(name);
    if (queue === undefined) throw new Error('the queues have not been started');
    return queue;
  }

  async #ask<T>(what: string, answer: Promise<T>, limitMs = ASK_LIMIT_MS): Promise<T> {
    try {
      return await withLimit(answer, limitMs, () => new Error(`no answer in ${limitMs} ms`));
    } catch (error) {
      throw new QueueDown(what, error);
    }
  }
}

/**
 * From when on a job could be run, by the operating system's time, which is the library's. Of one that failed that is not
 * kept once its pause is over: it is told as since its last run, a pause of seconds too early.
 */
function freeAt({ timestamp, processedOn, delay, opts }: Job): number {
  if (processedOn !== undefined) return processedOn + delay;
  // What had a delay has none any more when a worker took it out of what is delayed.
  return timestamp + (opts.delay ?? 0);
}

/** Colons part the library's own keys, and a whole number would be taken for one of its own ids. */
function isJobId(text: string): boolean {
  return text !== '' && !text.includes(':') && !/^\d+$/.test(text);
}

/** @throws UnrecoverableError: a payload that does not fit now will not fit at the next try. */
function payloadOf<Q extends QueueName>(name: Q, job: Job): Payload<Q> {
  try {
    return parsePayload(name, job.data);
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new UnrecoverableError(`job ${job.id} of ${name} does not carry what it should: ${why}`);
  }
}

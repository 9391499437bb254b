import { setImmediate as nextTurn } from 'node:timers/promises';

interface Bell {
  readonly operationId: string;
  readonly jobId: string;
  readonly rung: PromiseWithResolvers<void>;
}

/** Queues the job of one operation under its id, or one for several. */
export interface ActJobs {
  one(operationId: string, jobId: string): Promise<void>;
  several(operationIds: readonly string[]): Promise<void>;
}

/**
 * Lets reversible operations that are to be carried out now, and were armed in one turn of the event loop, share a job: of
 * a lights-out over hundreds of machines a job for each would be the dearest part. A job is a bell, so nothing hangs on
 * how many it rings for: each operation is carried out for itself, and one that has moved already is left alone.
 */
export class ActBells {
  readonly #jobs: ActJobs;
  readonly #most: number;
  #waiting: Bell[] = [];

  /** At most `most` share one. */
  constructor(jobs: ActJobs, most: number) {
    this.#jobs = jobs;
    this.#most = most;
  }

  /** Resolves when the job is queued. @throws what queueing throws */
  ring(operationId: string, jobId: string): Promise<void> {
    const rung = Promise.withResolvers<void>();
    this.#waiting.push({ operationId, jobId, rung });
    if (this.#waiting.length === 1) void this.#leave();
    return rung.promise;
  }

  async #leave(): Promise<void> {
    await nextTurn();
    const bells = this.#waiting;
    this.#waiting = [];
    for (let from = 0; from < bells.length; from += this.#most) {
      const some = bells.slice(from, from + this.#most);
      const [first] = some;
      if (first === undefined) continue;
      void this.#queue(some, first);
    }
  }

  async #queue(bells: readonly Bell[], first: Bell): Promise<void> {
    try {
      if (bells.length === 1) await this.#jobs.one(first.operationId, first.jobId);
      else await this.#jobs.several(bells.map(({ operationId }) => operationId));
      for (const { rung } of bells) rung.resolve();
    } catch (error) {
      for (const { rung } of bells) rung.reject(error);
    }
  }
}

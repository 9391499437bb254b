import { Queues, type QueuesOptions } from '../../src/queue/queue.ts';

export interface Seen {
  readonly errors: string[];
  readonly failures: {
    readonly queue: string;
    readonly jobId: string;
    readonly message: string;
    readonly final: boolean;
  }[];
}

/** Queues on that Redis that note what they are told. */
export async function openQueues(
  url: string,
  change: Partial<QueuesOptions> = {},
  waitMs = 5_000,
): Promise<{ readonly queues: Queues; readonly seen: Seen }> {
  const seen: Seen = { errors: [], failures: [] };
  const queues = new Queues({
    url,
    prefix: 'test-queue',
    clock: () => Date.now(),
    random: () => 0.5,
    onError: (queue, error) => seen.errors.push(`${queue}: ${error.message}`),
    onFailed: (queue, jobId, error, final) => seen.failures.push({ queue, jobId, message: error.message, final }),
    ...change,
  });
  await queues.start({ waitMs });
  return { queues, seen };
}

/** Collects things and lets a test wait until there are so many, or until one is as wanted. */
export class Collected<T> {
  readonly items: T[] = [];
  #waiters: { readonly enough: (items: readonly T[]) => boolean; readonly done: () => void }[] = [];

  add(item: T): void {
    this.items.push(item);
    this.#waiters = this.#waiters.filter(({ enough, done }) => {
      if (!enough(this.items)) return true;
      done();
      return false;
    });
  }

  async until(enough: (items: readonly T[]) => boolean): Promise<readonly T[]> {
    if (!enough(this.items)) await new Promise<void>((done) => this.#waiters.push({ enough, done }));
    return this.items;
  }

  atLeast(count: number): Promise<readonly T[]> {
    return this.until((items) => items.length >= count);
  }
}

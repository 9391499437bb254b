import type { Queues } from '../queue/queue.ts';

/** Bells that are to ring within so many real ms of one another are one. */
const TOGETHER_MS = 250;

/**
 * Rings for a notifier: a round over its outbox, now or later. A bell that waits already is not hung twice, by whichever
 * replica.
 */
export class NotifyBells {
  readonly #queues: Queues;
  /** The last bell of each notifier that this process has hung, which need not be asked for again. */
  readonly #hung = new Map<string, number>();

  constructor(queues: Queues) {
    this.#queues = queues;
  }

  /** @param inMs real ms */
  async ring(notifier: string, inMs: number): Promise<void> {
    if (inMs <= 0) {
      await this.#queues.enqueue('notify', { notifier }, { latest: notifier });
      return;
    }
    // By the machine's own clock, which is the queue's.
    const now = Date.now();
    const slot = Math.ceil((now + inMs) / TOGETHER_MS);
    if (this.#hung.get(notifier) === slot) return;
    const jobId = `bell.${notifier}.${slot}`;
    await this.#queues.enqueue('notify', { notifier }, { jobId, delayMs: Math.max(1, slot * TOGETHER_MS - now) });
    this.#hung.set(notifier, slot);
  }
}

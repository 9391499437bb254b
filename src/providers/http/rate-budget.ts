import type { Clock } from '../../fleet/clock.ts';

/** Who waits: a call that changes something goes before reads. */
export type BudgetClass = 'act' | 'read';

interface Waiter {
  readonly grant: () => void;
  readonly fail: (reason: unknown) => void;
}

/**
 * Timers fire on whole milliseconds and a little late, so at high rates a request may be this much early; below 200
 * requests a second the spacing is exact.
 */
const SLACK_MS = 5;

/**
 * One account's request budget: requests leave evenly spaced, `perSecond` of them each second, reads and writes together
 * and without bursts, so that no window of one second ever holds more. Waiters for `act` are served before those for
 * `read`, each kind in the order it came.
 */
export class RateBudget {
  readonly #intervalMs: number;
  readonly #slackMs: number;
  readonly #clock: Clock;
  readonly #waiting: Record<BudgetClass, Set<Waiter>> = { act: new Set(), read: new Set() };
  /** Earliest moment of the next request, on the monotonic clock. */
  #nextAt = Number.NEGATIVE_INFINITY;
  #serving = false;

  constructor(perSecond: number, clock: Clock) {
    if (!(perSecond > 0 && Number.isFinite(perSecond))) {
      throw new Error(`requests per second is ${perSecond}; it must be a number above 0`);
    }
    this.#intervalMs = 1000 / perSecond;
    this.#slackMs = Math.max(0, SLACK_MS - this.#intervalMs);
    this.#clock = clock;
  }

  /** Resolves when one request may leave; rejects with the signal's reason, and then nothing of the budget is used. */
  take(kind: BudgetClass, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting[kind];
      const leave = (): void => {
        waiting.delete(waiter);
        reject(signal.reason);
      };
      const waiter: Waiter = {
        grant: () => {
          signal.removeEventListener('abort', leave);
          waiting.delete(waiter);
          resolve();
        },
        fail: (reason) => {
          signal.removeEventListener('abort', leave);
          waiting.delete(waiter);
          reject(reason);
        },
      };
      waiting.add(waiter);
      signal.addEventListener('abort', leave, { once: true });
      if (!this.#serving) void this.#serve();
    });
  }

  /** Grants until nobody waits. Its own sleep has no signal of a waiter: the waiter that began it may leave first. */
  async #serve(): Promise<void> {
    this.#serving = true;
    const never = new AbortController().signal;
    try {
      for (let waiter = this.#first(); waiter !== null; waiter = this.#first()) {
        const waitMs = this.#nextAt - this.#clock.monotonic() - this.#slackMs;
        if (waitMs > 0) {
          await this.#clock.sleep(waitMs, never);
          // Look again: somebody more urgent may have come, or this one may have left.
          continue;
        }
        this.#nextAt = Math.max(this.#nextAt, this.#clock.monotonic()) + this.#intervalMs;
        waiter.grant();
      }
    } catch (error) {
      // Only a clock that cannot sleep gets here; nobody may be left waiting for ever.
      for (const waiter of [...this.#waiting.act, ...this.#waiting.read]) waiter.fail(error);
    } finally {
      this.#serving = false;
    }
  }

  #first(): Waiter | null {
    for (const waiting of [this.#waiting.act, this.#waiting.read]) {
      for (const waiter of waiting) return waiter;
    }
    return null;
  }
}

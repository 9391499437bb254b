import { ProviderError } from './port.ts';

interface Flight<T> {
  readonly controller: AbortController;
  readonly promise: Promise<T>;
  /** Called when so many wait that there is no sense in waiting for more. */
  readonly crowded: () => void;
  waiters: number;
}

/**
 * Real ms between two reads. A burst of acts asks for one after the other without a break, and each is a whole listing: so
 * that more of them share one it waits for a moment that no person and no cloud notices.
 */
const BREAK_MS = 25;
/** So many do not wait for the others. */
const CROWD = 50;

/**
 * Lets concurrent callers share one read. Who asks before the request has left shares its answer; who asks later gets the
 * next one, since an answer to an earlier request would tell nothing about what was done in between. One read at a time:
 * a hundred simultaneous re-reads cost one or two requests.
 */
export class SharedRead<T> {
  readonly #account: string;
  readonly #operation: string;
  readonly #run: (signal: AbortSignal, onStart: () => void) => Promise<T>;
  /** Not yet sent: may be joined. */
  #open: Flight<T> | null = null;
  #last: Promise<unknown> = Promise.resolve();
  /** By performance.now(). */
  #endedAt = Number.NEGATIVE_INFINITY;

  /** `run` calls `onStart` when its request is about to leave. */
  constructor(account: string, operation: string, run: (signal: AbortSignal, onStart: () => void) => Promise<T>) {
    this.#account = account;
    this.#operation = operation;
    this.#run = run;
  }

  /** @throws ProviderError what the read throws, or `not-sent` when this caller's signal is aborted. */
  get(signal: AbortSignal): Promise<T> {
    if (signal.aborted) return Promise.reject(this.#givenUp(signal));
    const flight = this.#open ?? this.#begin();
    flight.waiters += 1;
    if (flight.waiters >= CROWD) flight.crowded();
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        flight.waiters -= 1;
        // Nobody is interested any more; the others' reads are not touched.
        if (flight.waiters === 0) {
          this.#seal(flight);
          flight.controller.abort(signal.reason);
        }
        reject(this.#givenUp(signal));
      };
      signal.addEventListener('abort', leave, { once: true });
      flight.promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
    });
  }

  #begin(): Flight<T> {
    const controller = new AbortController();
    const earlier = this.#last;
    const crowd = Promise.withResolvers<void>();
    const run = async (): Promise<T> => {
      await earlier;
      await this.#rest(crowd.promise, controller.signal);
      try {
        return await this.#run(controller.signal, () => this.#seal(flight));
      } finally {
        this.#seal(flight);
        this.#endedAt = performance.now();
      }
    };
    const flight: Flight<T> = { controller, promise: run(), crowded: crowd.resolve, waiters: 0 };
    this.#open = flight;
    // The next read waits for this one's end, however it ends.
    this.#last = flight.promise.then(
      () => {},
      () => {},
    );
    return flight;
  }

  /** Lets more callers share the next read. When nobody waits any more the read ends by the same signal. */
  async #rest(crowd: Promise<void>, signal: AbortSignal): Promise<void> {
    const ms = this.#endedAt + BREAK_MS - performance.now();
    if (ms <= 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      const go = (): void => {
        clearTimeout(timer);
        resolve();
      };
      void crowd.then(go);
      signal.addEventListener('abort', go, { once: true });
    });
  }

  #seal(flight: Flight<T>): void {
    if (this.#open === flight) this.#open = null;
  }

  #givenUp(signal: AbortSignal): ProviderError {
    const cause: unknown = signal.reason;
    return new ProviderError('not-sent', this.#account, this.#operation, 'given up while waiting for a read', {
      cause,
    });
  }
}

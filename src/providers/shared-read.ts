import { ProviderError } from './port.ts';

interface Flight<T> {
  readonly controller: AbortController;
  readonly promise: Promise<T>;
  waiters: number;
}

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
    const run = async (): Promise<T> => {
      await earlier;
      try {
        return await this.#run(controller.signal, () => this.#seal(flight));
      } finally {
        this.#seal(flight);
      }
    };
    const flight: Flight<T> = { controller, promise: run(), waiters: 0 };
    this.#open = flight;
    // The next read waits for this one's end, however it ends.
    this.#last = flight.promise.then(
      () => {},
      () => {},
    );
    return flight;
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

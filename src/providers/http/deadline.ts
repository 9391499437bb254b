/** Thrown by the signal of {@link withDeadline} when the time is up. */
export class DeadlineError extends Error {
  constructor(ms: number) {
    super(`no complete answer within ${ms} ms`);
    this.name = 'DeadlineError';
  }
}

/**
 * Runs `work` with a signal that fires with the caller's signal or after `ms`, whichever is first. A real timer and not
 * the program's clock: sockets run in real time, also when a demo's clock runs fast.
 */
export async function withDeadline<T>(
  ms: number,
  signals: readonly AbortSignal[],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new DeadlineError(ms)), ms);
  const stops: (() => void)[] = [];
  for (const signal of signals) {
    const stop = (): void => controller.abort(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    stops.push(() => signal.removeEventListener('abort', stop));
  }
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    for (const stop of stops) stop();
  }
}

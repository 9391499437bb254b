import type { Clock } from '../../../src/fleet/clock.ts';

/** A clock on which nobody waits: a sleep moves the time on and returns. Notes every sleep in `slept`. */
export class JumpClock implements Clock {
  readonly slept: number[] = [];
  #elapsedMs = 0;
  readonly #startAt: number;

  constructor(startAt = Date.UTC(2026, 10, 21)) {
    this.#startAt = startAt;
  }

  now(): number {
    return this.#startAt + this.#elapsedMs;
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.slept.push(ms);
    // What is due now has its turn before the time moves on.
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    this.#elapsedMs += ms;
  }

  toReal(ms: number): number {
    return ms;
  }

  advance(ms: number): void {
    this.#elapsedMs += ms;
  }
}

import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../src/fleet/clock.ts';

/** Monday 2025-12-01 12:00 in Shanghai. */
export const NOON = Date.UTC(2025, 11, 1, 4);
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Timers go this many times as fast: a poll each minute comes every 600 ms, fast enough to wait for and slow enough to bear. */
const HASTE = 100;

/**
 * A clock that stands until it is moved, for the daemon and the simulated clouds alike. Timers go on, fast: what is put
 * off by a minute comes back soon, and finds the clock where the test has left it.
 */
export class TestClock implements Clock {
  #at: number;
  readonly #runsFrom: number | null;

  /** @param runs goes on by itself, as the commands of a test, which know only the system's clock, need it */
  constructor(at: number = NOON, runs = false) {
    this.#at = at;
    this.#runsFrom = runs ? performance.now() : null;
  }

  now(): number {
    return this.#runsFrom === null ? this.#at : Math.floor(this.#at + performance.now() - this.#runsFrom);
  }

  monotonic(): number {
    return performance.now() * HASTE;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    try {
      await wait(this.toReal(ms), undefined, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  }

  toReal(ms: number): number {
    return ms / HASTE;
  }

  /** Time passes, all at once. */
  pass(ms: number): void {
    this.#at += ms;
  }
}

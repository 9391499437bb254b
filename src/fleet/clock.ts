/**
 * Time as everything here takes it. The demo and the tests run on a clock that goes faster; nothing below the start-up
 * code asks the operating system for the time.
 */
export interface Clock {
  /** Epoch ms. */
  now(): number;
  /** Ms on a clock that never steps: for ages and time limits. */
  monotonic(): number;
  /** Waits `ms` of this clock; rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** How many real ms are `ms` of this clock: for timers kept by others, such as the queue. */
  toReal(ms: number): number;
}

import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../fleet/clock.ts';

/** The longest wait one timer can hold: 2^31-1 ms; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** @throws RangeError for what is no time, which a timer would take for none and fire at once */
async function wait(ms: number, signal: AbortSignal): Promise<void> {
  if (Number.isNaN(ms)) throw new RangeError('a wait of NaN ms; a number is needed');
  let left = Math.max(0, ms);
  try {
    while (left > LONGEST_TIMER_MS) {
      await delay(LONGEST_TIMER_MS, undefined, { signal });
      left -= LONGEST_TIMER_MS;
    }
    await delay(left, undefined, { signal });
  } catch (error) {
    // The timer wraps the reason in an AbortError of its own; whoever aborted knows only the reason.
    signal.throwIfAborted();
    throw error;
  }
}

/** The operating system's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: wait,
  toReal: (ms) => ms,
};

/** A clock that starts at `startAt` (epoch ms) and goes `factor` times as fast as the real one. */
export function fasterClock(startAt: number, factor: number): Clock {
  if (!(factor > 0)) throw new Error(`clock factor ${factor} is not above 0`);
  const origin = performance.now();
  return {
    now: () => Math.floor(startAt + (performance.now() - origin) * factor),
    monotonic: () => (performance.now() - origin) * factor,
    sleep: (ms, signal) => wait(ms / factor, signal),
    toReal: (ms) => ms / factor,
  };
}

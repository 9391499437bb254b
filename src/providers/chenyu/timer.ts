import { isPlausible } from './times.ts';

/**
 * The earliest moment ahead for which a shutdown is armed at the cloud, milliseconds. chenyu v2 (set-shutdown-timer)
 * wants 5 minutes; two more cover the request's own time and a clock that differs from ours. v1 states no minimum and
 * gets the same.
 */
export const SHORTEST_TIMER_LEAD_MS = 7 * 60_000;

/**
 * The time to arm a shutdown for, epoch ms, rounded up to the whole second that both APIs count in.
 * @throws Error when it is too soon, or no time at all.
 */
export function timerTime(at: number, now: number): number {
  if (!isPlausible(at))
    throw new Error(`the shutdown time ${at} is not a time in epoch milliseconds from 2020 to 2100`);
  const leadSeconds = Math.floor((at - now) / 1000);
  if (at - now < SHORTEST_TIMER_LEAD_MS) {
    throw new Error(
      `the shutdown time ${new Date(at).toISOString()} is ${leadSeconds} s ahead; at least ${SHORTEST_TIMER_LEAD_MS / 1000} s are needed`,
    );
  }
  return Math.ceil(at / 1000) * 1000;
}

/** Where the simulator reads the time: epoch milliseconds. */
export interface SimClock {
  now(): number;
}

export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** The machine's own clock. */
export const systemClock: SimClock = { now: () => Date.now() };

/** A clock that starts at `startAt` and runs `speed` times as fast as `base`. */
export function acceleratedClock(options: { startAt: number; speed: number; base?: SimClock }): SimClock {
  const base = options.base ?? systemClock;
  const baseStartAt = base.now();
  return { now: () => Math.floor(options.startAt + (base.now() - baseStartAt) * options.speed) };
}

import { DAY_MS, MINUTE_MS, SECOND_MS } from './clocks.ts';

/**
 * How the simulated clouds behave where the vendors' documents are silent: no page gives a duration, the price of a stopped
 * instance, or what happens after expiry. All durations are milliseconds of the simulator's clock.
 */
export interface SimRules {
  readonly startingMs: number;
  readonly stoppingMs: number;
  readonly restartingMs: number;
  /** From an order until its instance is listed. */
  readonly appearMs: number;
  /** From listed until running. */
  readonly creatingMs: number;
  /** huixingyun's snapshot: until the image is listed. */
  readonly snapshotMs: number;
  /** chenyu's save_image: until the image is uploaded and the instance shuts down. */
  readonly saveImageMs: number;
  /** huixingyun's one sample agrees with 30 days of 24 h; a calendar month is equally plausible. */
  readonly month: '30-days' | 'calendar';
  /** How long an expired instance stays listed as stopped before it vanishes. */
  readonly graceMs: number;
  /** chenyu v2: earliest timer (doc "set-shutdown-timer": 5 minutes ahead). */
  readonly timerMinLeadMs: number;
  /** A start without free GPUs: refused at once, or accepted and back to stopped. */
  readonly outOfStock: 'refuse' | 'fall-back';
  /** What a stopped hourly instance still costs, in percent of its hourly price. */
  readonly stoppedPercent: { readonly normal: number; readonly cardless: number };
  /** JSON type of `data.balance` in chenyu v2's balance/info, which no page shows. */
  readonly balanceAs: 'number' | 'string';
}

export const DEFAULT_RULES: SimRules = {
  startingMs: 40 * SECOND_MS,
  stoppingMs: 20 * SECOND_MS,
  restartingMs: 30 * SECOND_MS,
  appearMs: 5 * SECOND_MS,
  creatingMs: MINUTE_MS,
  snapshotMs: 2 * MINUTE_MS,
  saveImageMs: 3 * MINUTE_MS,
  month: '30-days',
  graceMs: 7 * DAY_MS,
  timerMinLeadMs: 5 * MINUTE_MS,
  outOfStock: 'refuse',
  stoppedPercent: { normal: 0, cardless: 0 },
  balanceAs: 'number',
};

/** The default rules with every transition taking `delayMs`. */
export function rulesWithDelay(delayMs: number): SimRules {
  return {
    ...DEFAULT_RULES,
    startingMs: delayMs,
    stoppingMs: delayMs,
    restartingMs: delayMs,
    appearMs: delayMs,
    creatingMs: delayMs,
    snapshotMs: delayMs,
    saveImageMs: delayMs,
  };
}

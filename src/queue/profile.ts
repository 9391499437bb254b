import type { QueueName } from './payloads.ts';

/** How the jobs of one queue are treated. */
export interface Profile {
  /** How often a job that throws is run, in all. */
  readonly attempts: number;
  /** How often a job whose worker died is run again by another. */
  readonly maxStalledCount: number;
  /** How often a job may be begun at all; `null`: no limit of its own. */
  readonly maxStartedAttempts: number | null;
  /** Jobs at once in this process, unless the worker says otherwise. */
  readonly concurrency: number;
}

/** Cheap and repeated soon by a scheduler: no second try. */
const READ: Profile = { attempts: 1, maxStalledCount: 1, maxStartedAttempts: null, concurrency: 8 };
/**
 * Money and deletion: a job is begun once, and a lost one is not picked up. What became of its operation is in the ledger,
 * which is what keeps it from being done twice; these settings only keep the noise away. Not one at a time over all
 * replicas: an account that hangs, or a process that died at it, would then hold up everybody else's renewals.
 */
const GUARDED: Profile = { attempts: 1, maxStalledCount: 0, maxStartedAttempts: 1, concurrency: 8 };

export const PROFILES: Readonly<Record<QueueName, Profile>> = {
  poll: READ,
  observe: READ,
  evaluate: { ...READ, concurrency: 4 },
  tick: { ...READ, concurrency: 1 },
  'act-reversible': { ...READ, concurrency: 32 },
  'act-paid': GUARDED,
  'act-destructive': GUARDED,
  verify: { ...READ, concurrency: 32 },
  // One round of one notifier each; a slow one keeps a place, and the others go on.
  notify: { attempts: 3, maxStalledCount: 3, maxStartedAttempts: null, concurrency: 64 },
};

const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 15 * 60_000;

/**
 * How long to wait before another try: what the error asks for with `afterMs`, else doubling from two seconds.
 * `chance` is 0 to 1 and spreads what failed together.
 */
export function backOff(attemptsMade: number, error: unknown, chance: number): number {
  const asked = error instanceof Error && 'afterMs' in error ? error.afterMs : null;
  if (typeof asked === 'number' && asked >= 0) return Math.min(asked, LONGEST_PAUSE_MS);
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attemptsMade - 1, 20));
  return Math.round(pause * (0.75 + chance / 2));
}

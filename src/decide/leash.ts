import type { Snapshot, Tracked } from '../fleet/snapshot.ts';

/** Started again so soon after our stop, it was probably needed. */
const SOON_MS = 3_600_000;
/** A machine whose last such restart is so long ago is judged like any other. */
export const LEASH_LASTS_MS = 7 * 86_400_000;
/** However often: a day's respite is enough, and a policy that is right then stops it still. */
const LONGEST_MS = 86_400_000;
/** More doublings than these come to more than a day anyway. */
const MOST_DOUBLINGS = 10;

/** A machine that a person has started soon after a policy had stopped it. */
export interface SoonRestart {
  readonly tracked: Tracked;
  /** Who had stopped it. */
  readonly policy: string;
  readonly stoppedAt: number;
  readonly startedAt: number;
}

/** Who was started again by people between two snapshots, soon after a stop of ours. */
export function soonRestarts(previous: Snapshot | null, snapshot: Snapshot): readonly SoonRestart[] {
  const before = new Map(previous?.instances.map((tracked) => [tracked.instance.id, tracked]));
  return snapshot.instances.flatMap((tracked) => {
    const was = before.get(tracked.instance.id);
    const startedAt = tracked.personStartAt;
    if (was === undefined || was === tracked || startedAt === null || startedAt === was.personStartAt) return [];
    const { stoppedBy: policy, statusSince: stoppedAt } = was;
    if (policy === null || was.instance.status !== 'stopped') return [];
    return startedAt >= stoppedAt && startedAt - stoppedAt <= SOON_MS
      ? [{ tracked, policy, stoppedAt, startedAt }]
      : [];
  });
}

/**
 * How long a machine is left alone after its start: the policy's `minimumUptime`, and after each restart by a person soon
 * after a stop twice as long as before, beginning with the longer of `minimumUptime` and `idleFor`, up to a day.
 */
export function leashMs(minimumUptimeMs: number, idleForMs: number, restarts: number): number {
  if (restarts <= 0) return minimumUptimeMs;
  const doubled = Math.max(minimumUptimeMs, idleForMs) * 2 ** Math.min(restarts, MOST_DOUBLINGS);
  return Math.max(minimumUptimeMs, Math.min(LONGEST_MS, doubled));
}

import type { Price } from '../fleet/account.ts';
import type { Snapshot } from '../fleet/snapshot.ts';
import { hourlyPriceFen } from './price.ts';

/** A machine that nobody has wanted back for so long was not saved, it was given up: counting ends. */
const HORIZON_MS = 7 * 86_400_000;
/** Of a longer gap between two snapshots we know nothing, so nothing is counted for it. */
const LONGEST_GAP_MS = 3_600_000;

export interface Saving {
  readonly policy: string;
  readonly gpuSeconds: number;
  readonly fen: number;
}

/**
 * What policies saved between two snapshots: the time that hourly instances stood stopped in both because a policy had
 * stopped them, up to a week each. Money is an estimate by the configured or listed hourly price, and only where there is
 * one; clouds do not document what a stopped instance costs.
 */
export function savingsOf(
  previous: Snapshot | null,
  snapshot: Snapshot,
  prices: ReadonlyMap<string, Price>,
): readonly Saving[] {
  if (previous === null) return [];
  const gapMs = snapshot.takenAt - previous.takenAt;
  if (!(gapMs > 0 && gapMs <= LONGEST_GAP_MS)) return [];
  const before = new Map(previous.instances.map((tracked) => [tracked.instance.id, tracked]));
  const sums = new Map<string, { gpuSeconds: number; fen: number }>();
  for (const tracked of snapshot.instances) {
    const policy = tracked.stoppedBy;
    const { instance } = tracked;
    if (policy === null || instance.status !== 'stopped' || instance.billing !== 'hourly') continue;
    const was = before.get(instance.id);
    if (was === undefined || was.instance.status !== 'stopped' || was.stoppedBy !== policy) continue;
    if (snapshot.takenAt - tracked.statusSince > HORIZON_MS) continue;
    const sum = sums.get(policy) ?? { gpuSeconds: 0, fen: 0 };
    sum.gpuSeconds += ((instance.gpuCount ?? 1) * gapMs) / 1000;
    const hourlyFen = hourlyPriceFen(instance, prices);
    if (hourlyFen !== null) sum.fen += (hourlyFen * gapMs) / 3_600_000;
    sums.set(policy, sum);
  }
  return [...sums].map(([policy, sum]) => ({ policy, ...sum }));
}

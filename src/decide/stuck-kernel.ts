import type { ProbeReading, SignalReading } from '../fleet/activity.ts';
import type { Detail } from '../fleet/detail/detail.ts';

/** A kernel that computes may say nothing for an hour or two; for longer with everything else at rest it rarely does. */
const SILENT_MS = 3 * 3_600_000;

/** What has to be at rest, as far as it is seen; the first two must be seen. */
const SEEN = ['gpu', 'cpu'] as const;
const BESIDE = ['disk', 'network', 'gpu-processes', 'transfer'] as const;

/**
 * A kernel that reads "busy" for hours while GPU and CPU are idle, and disk and network, too, where they are seen: after a
 * crash without an open page it may do so for ever. It does not become idle by that; a person is told. `null`: nothing of
 * the kind, or no other signal says so.
 */
export function busyButDoingNothing(readings: readonly ProbeReading[], now: number): Detail | null {
  const kernel = readings.find(({ probe }) => probe === 'jupyter')?.signals?.find(({ signal }) => signal === 'kernel');
  if (kernel?.verdict !== 'active' || kernel.lastActiveAt === null) return null;
  const silentMs = now - kernel.lastActiveAt;
  if (silentMs < SILENT_MS) return null;
  const others = readings.filter(({ probe }) => probe !== 'jupyter').flatMap(({ signals = [] }) => signals);
  const of = (names: readonly string[]) => others.filter(({ signal }) => names.includes(signal));
  const isSeen = SEEN.every((name) => of([name]).some(isIdle));
  const isQuiet = of([...SEEN, ...BESIDE]).every((part) => isIdle(part) || part.verdict === 'not-applicable');
  if (!isSeen || !isQuiet) return null;
  return { kind: 'kernel-hangs', silentMs };
}

function isIdle({ verdict }: SignalReading): boolean {
  return verdict === 'idle';
}

import type { Activity, ProbeReading } from '../fleet/activity.ts';
import type { Tracked } from '../fleet/snapshot.ts';
import { isUp } from '../fleet/status.ts';

/**
 * What several readings say together. Any `active` wins. `idle` needs every probe that applies to say idle, and at least
 * one of them to judge work: an empty room does not prove that nothing computes. One `unknown` makes it unknown.
 *
 * The idle clock starts at the latest of the last proven activity and the boot.
 */
export function judge(tracked: Tracked, readings: readonly ProbeReading[], now: number): Activity {
  if (!isUp(tracked.instance.status)) return { kind: 'not-applicable', at: now };
  const applicable = readings.filter((reading) => reading.verdict !== 'not-applicable');
  if (applicable.length === 0) {
    // Probes that can prove activity and saw none leave it open; that is more than no probe at all.
    const reason = readings.some((reading) => reading.reason === 'not-judged') ? 'not-judged' : 'no-probe';
    return { kind: 'unknown', at: now, reason, readings };
  }
  const oldest = Math.min(...applicable.map((reading) => reading.at));
  const active = applicable.filter((reading) => reading.verdict === 'active');
  if (active.length > 0) return { kind: 'active', at: Math.max(...active.map((reading) => reading.at)), readings };
  const unknown = applicable.find((reading) => reading.verdict === 'unknown');
  if (unknown !== undefined) {
    return { kind: 'unknown', at: oldest, reason: unknown.reason ?? 'bad-answer', readings };
  }
  if (!applicable.some((reading) => reading.judges === 'work')) {
    return { kind: 'unknown', at: oldest, reason: 'not-judged', readings };
  }
  const starts = applicable.map((reading) => reading.lastActiveAt ?? now);
  // What a probe proved counts, though it says nothing now: a model server that answered a minute ago was at work then.
  const proven = readings.map((reading) => reading.lastActiveAt ?? 0);
  const boot = tracked.upSince ?? tracked.firstSeenAt;
  return { kind: 'idle', at: oldest, since: Math.min(now, Math.max(...starts, ...proven, boot)), readings };
}

/**
 * Two readings of one unchanged last activity differ by the granularity of the other side's clock and the time on the
 * wire. Within this they are the same moment: a moment that wavers would look like new activity each time.
 */
const SAME_MOMENT_MS = 10_000;

/**
 * A new reading, with what the one before it tells. What was proven stays proven: the last activity never moves back, not
 * when the kernel that was busy is gone and an older one is left, and not over a reading that failed.
 *
 * An idle reading that names no time of its own counts from the start of its unbroken run of idle readings. After an
 * unknown, or after a silence longer than a reading is believed, the run begins again: nothing unseen counts as idle.
 */
export function remember(previous: ProbeReading | undefined, reading: ProbeReading, believedMs: number): ProbeReading {
  // Never ahead of this reading: after a clock that was set back, the wrong future is forgotten at the first look.
  const before = earlier(previous?.lastActiveAt ?? null, reading.at);
  switch (reading.verdict) {
    case 'active':
      return { ...reading, lastActiveAt: reading.at };
    case 'idle': {
      if (reading.lastActiveAt !== null) {
        const newer = before === null || reading.lastActiveAt > before + SAME_MOMENT_MS;
        return newer ? reading : { ...reading, lastActiveAt: before };
      }
      const unbroken =
        (previous?.verdict === 'idle' || previous?.verdict === 'active') && reading.at - previous.at <= believedMs;
      return { ...reading, lastActiveAt: unbroken ? (before ?? reading.at) : reading.at };
    }
    case 'unknown':
    case 'not-applicable':
      return { ...reading, lastActiveAt: later(before, reading.lastActiveAt) };
  }
}

function earlier(at: number | null, limit: number): number | null {
  return at === null ? null : Math.min(at, limit);
}

function later(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}

/** A reading that is too old to be believed says nothing. */
export function unlessStale(reading: ProbeReading, staleAfterMs: number, now: number): ProbeReading {
  if (now - reading.at <= staleAfterMs) return reading;
  return {
    ...reading,
    verdict: 'unknown',
    reason: 'stale',
    evidence: `last reading is ${Math.round((now - reading.at) / 1000)} s old`,
  };
}

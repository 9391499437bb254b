import type { Activity, KeepAlive, ProbeReading, Protection, Watched } from '../fleet/activity.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import type { Tracked } from '../fleet/snapshot.ts';
import { isUp } from '../fleet/status.ts';
import { rememberNoise } from './noise.ts';
import {
  hasPeople,
  isAtWork,
  leaseEndedAt,
  leaseOf,
  rememberPresence,
  SAME_MOMENT_MS,
  withoutPeople,
} from './presence.ts';

/** A forgotten editor must not burn a night: so long after their last sign of life people protect, and no longer. */
export const DEFAULT_PRESENCE_MS = 2 * 3_600_000;

export interface JudgeOptions {
  /** How long people protect after their last sign of life. */
  readonly presenceMs: number;
  /** `null`: nobody could ever tell. */
  readonly watched: Watched | null;
}

/**
 * What several readings say together. Work wins over everything, then a lease, then people who have given a sign of life
 * lately. `idle` needs every probe that applies to say idle, and at least one of them to judge work: an empty room does not
 * prove that nothing computes. One `unknown` makes it unknown.
 *
 * Idle since is the latest of the last proven activity and the boot. Since when it has been *watched* is another thing,
 * which the policies' `idleFor` asks for as well.
 */
export function judge(
  tracked: Tracked,
  readings: readonly ProbeReading[],
  now: number,
  { presenceMs, watched }: JudgeOptions,
): Activity {
  if (!isUp(tracked.instance.status)) return { kind: 'not-applicable', at: now };
  const since = watched === null ? {} : { watched };
  const working = readings.filter(isAtWork);
  if (working.length > 0) {
    return { kind: 'active', at: Math.max(...working.map(({ at }) => at)), readings, ...since };
  }
  const protection = protectionOf(readings, now, presenceMs);
  if (protection !== null) {
    return { kind: 'active', at: protection.at, readings, protection: protection.protection, ...since };
  }
  const parts = readings.map(withoutPeople);
  const beneath = judgeWork(parts, now);
  if (beneath.kind === 'unknown') return { ...beneath, readings: parts, ...since };
  const proven = parts.flatMap((reading) => [reading.lastActiveAt, reading.presence?.at, leaseEndedAt(reading, now)]);
  const boot = tracked.upSince ?? tracked.firstSeenAt;
  const latest = proven.reduce<number>((max, at) => Math.max(max, at ?? 0), boot);
  const starts = beneath.applicable.map((reading) => reading.lastActiveAt ?? now);
  return {
    kind: 'idle',
    at: beneath.at,
    since: Math.min(now, Math.max(latest, ...starts)),
    readings: parts,
    watched: watched ?? { from: now, to: now, holes: [] },
  };
}

/** Could somebody tell what it computes? People and leases beside it do not matter. */
export function canTell(readings: readonly ProbeReading[], now: number): boolean {
  return readings.some(isAtWork) || judgeWork(readings.map(withoutPeople), now).kind === 'idle';
}

type Beneath =
  | { readonly kind: 'idle'; readonly at: number; readonly applicable: readonly ProbeReading[] }
  | Omit<Extract<Activity, { kind: 'unknown' }>, 'readings'>;

/** What readings say of work in which none is active. */
function judgeWork(readings: readonly ProbeReading[], now: number): Beneath {
  const applicable = readings.filter((reading) => reading.verdict !== 'not-applicable');
  if (applicable.length === 0) {
    // Probes that can prove activity and saw none leave it open; that is more than no probe at all.
    const silent = readings.filter((reading) => reading.reason === 'not-judged');
    if (silent.length === 0) {
      return { kind: 'unknown', at: now, reason: 'no-probe', detail: { kind: 'no-probe-applies' } };
    }
    return {
      kind: 'unknown',
      at: now,
      reason: 'not-judged',
      detail: { kind: 'work-not-judged', what: worded(silent) },
    };
  }
  const at = Math.min(...applicable.map((reading) => reading.at));
  const unknown = applicable.filter((reading) => reading.verdict === 'unknown');
  const [first] = unknown;
  if (first !== undefined) {
    return { kind: 'unknown', at, reason: first.reason ?? 'bad-answer', detail: worded(unknown) };
  }
  if (!applicable.some((reading) => reading.judges === 'work')) {
    return { kind: 'unknown', at, reason: 'not-judged', detail: { kind: 'work-not-judged', what: worded(applicable) } };
  }
  return { kind: 'idle', at, applicable };
}

function worded(readings: readonly ProbeReading[]): Detail {
  return {
    kind: 'parts',
    parts: readings.map(({ probe, evidence }) => ({ kind: 'named', name: probe, what: evidence })),
  };
}

/** Who keeps it although it does not work, and until when; the one that holds longest. */
function protectionOf(
  readings: readonly ProbeReading[],
  now: number,
  presenceMs: number,
): { readonly at: number; readonly protection: Protection } | null {
  let best: { readonly at: number; readonly protection: Protection } | null = null;
  const offer = (at: number, protection: Protection) => {
    if (protection.until > now && (best === null || protection.until > best.protection.until))
      best = { at, protection };
  };
  for (const reading of readings) {
    const lease = leaseOf(reading, now);
    // Also where it could not be read again since: it was promised until then.
    if (lease !== null) offer(reading.at, { by: 'keep-alive', until: lease.endsAt });
    if (reading.verdict === 'active' && hasPeople(reading)) {
      offer(reading.at, { by: 'people', until: (reading.presence?.at ?? reading.at) + presenceMs });
    }
  }
  return best;
}

/** The lease in force that ends last; `null`: none. */
export function leaseInForce(readings: readonly ProbeReading[], now: number): KeepAlive | null {
  return readings
    .flatMap((reading) => leaseOf(reading, now) ?? [])
    .reduce<KeepAlive | null>((last, lease) => (last === null || lease.endsAt > last.endsAt ? lease : last), null);
}

/**
 * A new reading, with what the one before it tells. What was proven stays proven: the last activity never moves back, not
 * when the kernel that was busy is gone and an older one is left, and not over a reading that failed.
 *
 * An idle reading that names no time of its own counts from the last proven activity, or from the first reading. That
 * nobody could look in between makes no activity; that it proves no idleness either is for the watch to say.
 */
export function remember(previous: ProbeReading | undefined, reading: ProbeReading): ProbeReading {
  // Never ahead of this reading: after a clock that was set back, the wrong future is forgotten at the first look.
  const before = earlier(previous?.lastActiveAt ?? null, reading.at);
  const presence = rememberPresence(previous?.presence, reading);
  const noise = rememberNoise(previous?.noise, reading);
  const kept: ProbeReading = {
    ...reading,
    ...(presence === undefined ? {} : { presence }),
    ...(noise === undefined ? {} : { noise }),
  };
  if (isAtWork(reading)) return { ...kept, lastActiveAt: reading.at };
  // People are remembered apart: that they are there is no work.
  const told = reading.verdict === 'active' ? toldByWork(reading) : reading.lastActiveAt;
  switch (withoutPeople(reading).verdict) {
    case 'active':
    case 'idle': {
      if (told !== null) {
        const isNewer = before === null || told > before + SAME_MOMENT_MS;
        return { ...kept, lastActiveAt: isNewer ? told : before };
      }
      return { ...kept, lastActiveAt: before ?? reading.at };
    }
    case 'unknown':
    case 'not-applicable':
      return { ...kept, lastActiveAt: later(before, told) };
  }
}

function toldByWork(reading: ProbeReading): number | null {
  const times = (reading.signals ?? []).flatMap(({ judges, lastActiveAt }) =>
    judges === 'work' && lastActiveAt !== null ? [Math.min(lastActiveAt, reading.at)] : [],
  );
  return times.length === 0 ? null : Math.max(...times);
}

function earlier(at: number | null, limit: number): number | null {
  return at === null ? null : Math.min(at, limit);
}

function later(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}

/** Two replicas' clocks may differ by this much; a reading from farther ahead is of a clock that was wrong. */
export const CLOCK_SLACK_MS = 60_000;

/** A reading that is too old to be believed says nothing, and no more does one of the future. */
export function unlessStale(reading: ProbeReading, staleAfterMs: number, now: number): ProbeReading {
  if (now - reading.at <= staleAfterMs && reading.at <= now + CLOCK_SLACK_MS) return reading;
  const ageMs = now - reading.at;
  const evidence: Detail = ageMs >= 0 ? { kind: 'reading-old', ageMs } : { kind: 'reading-ahead', aheadMs: -ageMs };
  return { ...reading, verdict: 'unknown', reason: 'stale', evidence };
}

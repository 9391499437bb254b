import { doubtful } from '../activity/calibration.ts';
import { leaseInForce } from '../activity/verdict.ts';
import { formatDuration } from '../calendar/duration.ts';
import { type IdleStand, idleStands } from '../decide/eligible.ts';
import { inEnglish } from '../decide/in-english.ts';
import { shadowSaving } from '../decide/shadow.ts';
import { busyButDoingNothing } from '../decide/stuck-kernel.ts';
import type { InstanceView, World } from '../decide/world.ts';
import type { Activity, ProbeReading, SignalReading } from '../fleet/activity.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import { formatYuan } from '../fleet/money.ts';
import { rfc3339 } from '../fleet/rfc3339.ts';
import type { Policy } from '../policy/policy.ts';
import type { LastEvidence } from '../store/evidence-book.ts';
import type { ShadowTotal } from '../store/shadows.ts';
import type { WatchedShadow } from './open-shadows.ts';

function time(at: number | null): string | null {
  return at === null ? null : rfc3339(at);
}

/** To the second: finer would pretend. */
function span(ms: number): string {
  return formatDuration(Math.max(0, Math.round(ms / 1000)) * 1000);
}

function signalView(part: SignalReading, zone: string) {
  return {
    signal: part.signal,
    verdict: part.verdict,
    judges: part.judges,
    value: part.value,
    threshold: part.threshold,
    unit: part.unit,
    onlyPositive: part.onlyPositive,
    lastActiveAt: time(part.lastActiveAt),
    detail: inEnglish(part.detail, zone),
    told: part.detail,
  };
}

/** One probe's reading with all its parts. */
function readingView(reading: ProbeReading, now: number | null, zone: string) {
  const { keepAlive, presence } = reading;
  return {
    probe: reading.probe,
    verdict: reading.verdict,
    reason: reading.reason,
    judges: reading.judges,
    at: rfc3339(reading.at),
    age: now === null ? null : span(now - reading.at),
    lastActiveAt: time(reading.lastActiveAt),
    lastPresentAt: time(presence?.at ?? null),
    evidence: inEnglish(reading.evidence, zone),
    told: reading.evidence,
    signals: (reading.signals ?? []).map((part) => signalView(part, zone)),
    keepAlive: keepAlive === undefined ? null : { ...keepAlive, endsAt: rfc3339(keepAlive.endsAt) },
  };
}

function standView(stand: IdleStand, zone: string) {
  return {
    policy: stand.policy,
    idleFor: formatDuration(stand.idleForMs),
    provenFor: span(stand.provenMs),
    countedFrom: time(stand.countedFrom),
    countedSince: stand.cause,
    eligibleAt: time(stand.eligibleAt),
    notice: formatDuration(stand.noticeMs),
    blockers: stand.blockers.map(({ what, until, detail }) => ({
      what,
      until: time(until),
      detail: inEnglish(detail, zone),
      told: detail,
    })),
  };
}

/** How it is decided whether one instance is idle, from what was read: no probe is asked for it. */
export function idleView(
  policies: readonly Policy[],
  world: World,
  view: InstanceView,
  everyMs: number | null,
  zone: string,
) {
  const { activity } = view;
  const { now } = world;
  const readings = activity === null || activity.kind === 'not-applicable' ? [] : activity.readings;
  const lease = leaseInForce(readings, now);
  const last = readings.reduce<number | null>((newest, { at }) => (newest === null || at > newest ? at : newest), null);
  const causeTold = causeOf(activity);
  const remarks = [busyButDoingNothing(readings, now), doubtful(readings, now)].filter((each) => each !== null);
  const remarkTold: Detail | null = remarks.length === 0 ? null : { kind: 'parts', parts: remarks };
  return {
    verdict: activity?.kind ?? 'unknown',
    cause: causeTold === null ? null : inEnglish(causeTold, zone),
    causeTold,
    since: activity?.kind === 'idle' ? rfc3339(activity.since) : null,
    /** Something that a person should look at. */
    remark: remarkTold === null ? null : inEnglish(remarkTold, zone),
    remarkTold,
    ...watchView(activity),
    protection:
      activity?.kind === 'active' && activity.protection !== undefined
        ? { by: activity.protection.by, until: rfc3339(activity.protection.until) }
        : null,
    keepAlive: lease === null ? null : { ...lease, endsAt: rfc3339(lease.endsAt) },
    nextCheckAt: everyMs === null || last === null ? null : rfc3339(Math.max(now, last + everyMs)),
    readings: readings.map((reading) => readingView(reading, now, zone)),
    policies: idleStands(policies, world, view).map((stand) => standView(stand, zone)),
  };
}

/** Why it cannot be told; `null`: it can, or need not. */
function causeOf(activity: Activity | null): Detail | null {
  if (activity === null) return { kind: 'no-probe' };
  if (activity.kind !== 'unknown') return null;
  return activity.detail ?? { kind: 'blind-by', reason: activity.reason, why: null };
}

function watchView(activity: Activity | null) {
  const watched = activity === null || activity.kind === 'not-applicable' ? undefined : activity.watched;
  return {
    watchedFrom: time(watched?.from ?? null),
    watchedTo: time(watched?.to ?? null),
    missed: watched?.holes.map(({ at, ms }) => ({ at: rfc3339(at), for: span(ms) })) ?? [],
  };
}

/** What the last look before a stop has shown; it is kept for a month. */
export function lastLookView(evidence: LastEvidence | null, zone: string) {
  if (evidence === null) return null;
  return {
    at: rfc3339(evidence.at),
    verdict: evidence.verdict,
    since: time(evidence.since),
    watchedFrom: time(evidence.watchedFrom),
    holes: evidence.holes,
    readings: evidence.readings.map((reading) => readingView(reading, null, zone)),
  };
}

/** A stop that an observing policy would have made. */
export function shadowView({ stop, watchedTo }: WatchedShadow) {
  const { gpuSeconds, fen } = shadowSaving(stop, watchedTo);
  return {
    policy: stop.policy,
    instance: stop.instance,
    action: stop.action,
    at: rfc3339(stop.at),
    outcome: stop.outcome ?? 'open',
    endedAt: time(stop.endedAt),
    savedGpuSeconds: Math.round(gpuSeconds),
    savedYuan: stop.hourlyFen === null ? null : formatYuan(Math.round(fen)),
  };
}

/** What a policy would have stopped and saved since the beginning, with what has not ended yet. */
export function shadowTotalView(
  totals: readonly ShadowTotal[],
  open: readonly WatchedShadow[],
  policy: string,
  now: number,
) {
  const total = totals.find((each) => each.policy === policy);
  const mine = open.filter(({ stop }) => stop.policy === policy);
  const savings = mine
    .filter(({ stop }) => stop.endedAt === null)
    .map(({ stop, watchedTo }) => shadowSaving(stop, watchedTo));
  const sum = (numbers: readonly number[]) => numbers.reduce((all, each) => all + each, 0);
  const { right = 0, wrong = 0, unknown = 0, gpuSeconds = 0, fen = 0 } = total ?? {};
  const undecided = mine.filter(({ stop }) => stop.outcome === null && stop.at <= now).length;
  return {
    stops: right + wrong + unknown + undecided,
    right,
    wrong,
    unknown,
    open: undecided,
    savedGpuSeconds: Math.round(gpuSeconds + sum(savings.map((each) => each.gpuSeconds))),
    savedYuan: formatYuan(Math.round(fen + sum(savings.map((each) => each.fen)))),
  };
}

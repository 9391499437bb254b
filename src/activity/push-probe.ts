import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { ActivitySignal, ActivityVerdict, ProbeReading, SignalReading } from '../fleet/activity.ts';
import { type Detail, NO_DETAIL, verbatim } from '../fleet/detail/detail.ts';
import type { Instance } from '../fleet/instance.ts';
import { parseInstanceKey } from '../fleet/instance.ts';
import { keepAliveSignal } from './keep-alive.ts';
import type { Marks } from './marks.ts';
import type { Probe } from './probe.ts';
import { bootedSince, markOf, type ReportedCounters, withCounters } from './reported-load.ts';
import { worded } from './worded.ts';

/** A report is believed for this long where the rule does not say. */
export const PUSH_STALE_AFTER_MS = 5 * 60_000;

/** A sender's clock may be a little ahead of ours. */
const CLOCK_SKEW_MS = 2 * 60_000;

/** Instances report by themselves (`POST /api/v1/activity`); there is nothing to go and read. */
export const pushProbe: Probe = {
  name: 'push',
  kind: 'push',
  read: (instance: Instance) =>
    Promise.reject(new Error(`${instance.id}: the push probe is never read; a bug of ours`)),
};

/** One signal as an instance reports it. */
export interface ReportedSignal {
  readonly signal: ActivitySignal;
  readonly verdict: ActivityVerdict;
  readonly value?: number | null | undefined;
  readonly threshold?: number | null | undefined;
  readonly unit?: string | undefined;
  readonly detail?: string | undefined;
  readonly lastActiveSecondsAgo?: number | undefined;
}

/** What an instance says of itself. The web room checks the shape at the door. */
export interface ActivityReport {
  readonly verdict: 'active' | 'idle' | 'unknown';
  /** RFC 3339: when work was last seen, where the sender knows. */
  readonly lastActiveAt?: string | undefined;
  /** What was seen, for people: "gpu 0 %, cpu 1 %". */
  readonly evidence?: string | undefined;
  readonly signals?: readonly ReportedSignal[] | undefined;
  readonly cards?: number | undefined;
  readonly counters?: ReportedCounters | undefined;
  readonly keepAlive?:
    | { readonly text: string; readonly writtenSecondsAgo: number; readonly processSeconds?: number | undefined }
    | undefined;
}

/** What shows people; the rest is work. */
const OF_PEOPLE: ReadonlySet<ActivitySignal> = new Set(['session', 'terminal', 'tab', 'keep-alive']);
/** What proves nothing by its silence. */
const ONLY_POSITIVE: ReadonlySet<ActivitySignal> = new Set([
  'gpu-processes',
  'model',
  'tab',
  'terminal',
  'transfer',
  'keep-alive',
]);

/**
 * A report as a reading. Where it names signals these decide: any that is active, else any that cannot be read, and idleness
 * takes the GPU or the CPU among them. Its own verdict adds what the sender knows besides. A last activity ahead of our
 * clock by more than a little is not believed.
 * @param rented how many cards the cloud says there are; `null`: it does not say
 * @param before the marks of its last report, where there was one
 */
export function readingOf(
  report: ActivityReport,
  now: number,
  rented: number | null = null,
  before?: Marks,
): ProbeReading {
  const told = report.lastActiveAt === undefined ? null : Date.parse(report.lastActiveAt);
  const impossible = told !== null && told > now + CLOCK_SKEW_MS;
  const { cards, counters } = report;
  const bootedAt = counters === undefined ? null : bootedSince(counters, before, now);
  const isMiscounted = cards !== undefined && rented !== null && cards !== rented;
  const { signal: kept, keepAlive } = keepAliveSignal(
    {
      keep:
        report.keepAlive === undefined
          ? null
          : {
              text: report.keepAlive.text,
              modifiedAt: now - report.keepAlive.writtenSecondsAgo * 1000,
              processAgeMs: (report.keepAlive.processSeconds ?? Number.NaN) * 1000,
            },
      nowAt: now,
    },
    0,
  );
  const parts = (report.signals ?? [])
    .filter(({ signal }) => signal !== 'keep-alive')
    .map((signal) => partOf(signal, now));
  const miscounted: Detail = { kind: 'cards-miscounted', cards: cards ?? 0, rented: rented ?? 0 };
  const signals = (counters === undefined ? parts : withCounters(parts, counters, before)).map((part) =>
    isMiscounted && part.signal === 'gpu' && part.verdict === 'idle'
      ? { ...part, verdict: 'unknown' as const, detail: miscounted }
      : part,
  );
  const seen = report.keepAlive === undefined ? signals : [...signals, kept];
  const all = report.verdict === 'active' && !seen.some(isWorking) && seen.length > 0 ? [...seen, SAYS_SO] : seen;
  const base = {
    probe: pushProbe.name,
    at: now,
    reason: null,
    lastActiveAt: told === null || impossible ? bootedAt : Math.min(told, now),
    judges: 'work',
    evidence:
      report.evidence === undefined
        ? ({ kind: 'reported', verdict: report.verdict } as const)
        : verbatim(report.evidence),
    ...(all.length === 0 ? {} : { signals: all }),
    ...(keepAlive === null ? {} : { keepAlive }),
    ...(counters === undefined ? {} : { marks: markOf(counters) }),
  } as const;

  if (impossible) return { ...base, verdict: 'unknown', reason: 'bad-answer' };
  const active = all.filter(({ verdict }) => verdict === 'active');
  if (report.verdict === 'active') return { ...base, verdict: 'active' };
  if (active.length > 0) {
    const judges = active.some((part) => part.judges === 'work') ? 'work' : 'people';
    return { ...base, verdict: 'active', judges, evidence: worded(active) };
  }
  if (report.verdict === 'unknown') return { ...base, verdict: 'unknown', reason: 'not-judged' };
  const blind = signals.filter(({ verdict, onlyPositive }) => verdict === 'unknown' && !onlyPositive);
  if (blind.length > 0) return { ...base, verdict: 'unknown', reason: 'not-judged', evidence: worded(blind) };
  const isProven = signals.some(({ signal, verdict }) => verdict === 'idle' && (signal === 'gpu' || signal === 'cpu'));
  if (isMiscounted || (signals.length > 0 && !isProven)) {
    const evidence = isMiscounted ? miscounted : base.evidence;
    return { ...base, verdict: 'unknown', reason: 'not-judged', evidence };
  }
  return { ...base, verdict: 'idle' };
}

function isWorking({ verdict, judges }: SignalReading): boolean {
  return verdict === 'active' && judges === 'work';
}

/** Of a sender that says it is at work although none of its signals does: it knows of something besides. */
const SAYS_SO: SignalReading = {
  signal: 'metric',
  verdict: 'active',
  judges: 'work',
  value: null,
  threshold: null,
  unit: '',
  onlyPositive: true,
  lastActiveAt: null,
  detail: { kind: 'says-at-work' },
};

function partOf(part: ReportedSignal, now: number): SignalReading {
  const ago = part.lastActiveSecondsAgo;
  return {
    signal: part.signal,
    verdict: part.verdict,
    judges: OF_PEOPLE.has(part.signal) ? 'people' : 'work',
    value: part.value ?? null,
    threshold: part.threshold ?? null,
    unit: part.unit ?? '',
    onlyPositive: ONLY_POSITIVE.has(part.signal),
    lastActiveAt: ago === undefined ? null : now - ago * 1000,
    detail: part.detail === undefined ? NO_DETAIL : verbatim(part.detail),
  };
}

/** An HMAC-SHA256 in base64url. */
const TOKEN_LENGTH = 43;

/**
 * Tokens that let one instance report its own activity and nothing else. Derived from the control token, so that all
 * replicas agree and none is stored; whoever changes the control token hands out new ones. The generation tells the tokens
 * of one instance apart, so that one that got lost can be replaced alone.
 */
export class ActivityTokens {
  readonly #key: Buffer;

  constructor(controlToken: string) {
    this.#key = Buffer.from(hkdfSync('sha256', controlToken, '', 'lamplighter activity token', 32));
  }

  /** The token of "account/id". @throws Error when the text is no instance key. */
  tokenFor(instance: string, generation = 0): string {
    if (parseInstanceKey(instance) === null) throw new Error(`"${instance}" is not an instance: write account/id`);
    return this.#sign(instance, generation);
  }

  /** In constant time. */
  accepts(instance: string, token: string, generation = 0): boolean {
    const given = Buffer.from(token);
    const wanted = Buffer.from(this.#sign(instance, generation));
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }

  /** Is it worth asking for its generation? */
  static isLike(token: string): boolean {
    return token.length === TOKEN_LENGTH;
  }

  #sign(instance: string, generation: number): string {
    // Ids have no line breaks, so no instance can be named like another one's generation.
    const text = generation === 0 ? instance : `${instance}\n${generation}`;
    return createHmac('sha256', this.#key).update(text).digest('base64url');
  }
}

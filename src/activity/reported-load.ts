import type { SignalReading } from '../fleet/activity.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import { digest, type Marks } from './marks.ts';

/** Counters of a machine as it reports them, all since its boot but for its own use. */
export interface ReportedCounters {
  /** Whatever tells one boot from another. */
  readonly boot: string;
  /** On a clock that nobody sets. */
  readonly upSeconds: number;
  /** CPU time that the sender itself has used since its last report, µs. */
  readonly ownCpuUs?: number | undefined;
  readonly cpuUs?: number | undefined;
  readonly diskBytes?: number | undefined;
  readonly networkBytes?: number | undefined;
}

/** A report that came longer ago is not compared with: what happened in between says little of now. */
const LONGEST_S = 900;
/** Redis keeps 14 digits of a number: a great counter may seem to go back by its rounding. */
const ROUNDING = 1e-12;

const COUNTED = [
  // µs per s are millionths of a core; a hundredth of a core is one per cent.
  { signal: 'cpu', counter: 'cpuUs', per: 10_000 },
  { signal: 'disk', counter: 'diskBytes', per: 1 },
  { signal: 'network', counter: 'networkBytes', per: 1 },
] as const;

/**
 * Signals with what happened between two reports: the few seconds in which a sender looks miss a burst. The higher value of
 * the two counts, against the sender's own threshold.
 * @param before the marks of its last report
 */
export function withCounters(
  signals: readonly SignalReading[],
  counters: ReportedCounters,
  before: Marks | undefined,
): readonly SignalReading[] {
  const overS = counters.upSeconds - (before?.upS ?? Number.NaN);
  if (before?.boot !== digest(counters.boot) || !(overS > 0 && overS <= LONGEST_S)) return signals;
  return signals.map((part): SignalReading => {
    const kind = COUNTED.find(({ signal }) => signal === part.signal);
    const from = kind === undefined ? undefined : before[kind.counter];
    const to = kind === undefined ? undefined : counters[kind.counter];
    if (kind === undefined || from === undefined || to === undefined || part.verdict !== 'idle') return part;
    if (to - from < -to * ROUNDING - 1) {
      return { ...part, verdict: 'unknown', detail: { kind: 'counter-back' } };
    }
    const own = kind.signal === 'cpu' ? (counters.ownCpuUs ?? 0) : 0;
    const value = Math.round((Math.max(0, to - from - own) / overS / kind.per) * 10) / 10;
    if (value <= (part.value ?? 0)) return part;
    const detail: Detail = { kind: 'rate', value, unit: part.unit, overS: Math.round(overS) };
    return { ...part, value, detail, verdict: value >= (part.threshold ?? Infinity) ? 'active' : 'idle' };
  });
}

/** When the machine has booted since its last report, epoch ms; `null`: it has not, as far as is known. */
export function bootedSince(counters: ReportedCounters, before: Marks | undefined, now: number): number | null {
  if (before?.boot === undefined || before.boot === digest(counters.boot)) return null;
  return now - counters.upSeconds * 1_000;
}

/** What the next report is held against. */
export function markOf(counters: ReportedCounters): Marks {
  const marks: Record<string, number> = { boot: digest(counters.boot), upS: counters.upSeconds };
  for (const { counter } of COUNTED) {
    const value = counters[counter];
    if (value !== undefined) marks[counter] = value;
  }
  return marks;
}

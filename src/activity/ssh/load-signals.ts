import { hash } from 'node:crypto';
import type { SignalReading } from '../../fleet/activity.ts';
import type { Detail } from '../../fleet/detail/detail.ts';
import type { SshThresholds } from '../../fleet/ssh-settings.ts';
import type { Counters, MachineFacts } from './output.ts';
import { WINDOW_SECONDS } from './script.ts';
import { signal } from './signal.ts';

/** Counters as they stood at the end of a reading, for the next one to be held against; numbers only, by names of ours. */
export type LoadMarks = Readonly<Record<string, number>>;

type CounterName = 'cpuUs' | 'diskBytes' | 'networkBytes';

/** How one counter has moved. */
type Moved =
  | { readonly kind: 'rate'; readonly perSecond: number; readonly overS: number }
  | { readonly kind: 'back' }
  | { readonly kind: 'absent' };

/**
 * A look that took so many times longer than planned was stalled in between, and what it saw is not the present. A driver
 * without persistence alone makes five of it.
 */
const STALLED = 10;
/** Redis keeps 14 digits of a number: a great counter may seem to go back by its rounding. */
const ROUNDING = 1e-12;

export interface LoadContext {
  readonly facts: MachineFacts;
  /** Of the reading before, of this machine; `null`: none. */
  readonly before: LoadMarks | null;
  /** An older reading than this is not compared with. */
  readonly longestGapS: number;
  /** What went over our own connection. */
  readonly ownBytes: number;
  readonly thresholds: SshThresholds;
}

/**
 * CPU, disk and network by the kernel's counters: over the few seconds of this look, and over all the time since the look
 * before. The higher one counts. Never by load average, which in a container is that of the host.
 */
export function loadSignals(context: LoadContext): readonly SignalReading[] {
  const { facts, ownBytes, thresholds } = context;
  const ownUs = Math.max(0, facts.second.ownCpuUs - facts.first.ownCpuUs);
  const cpu = moves(context, 'cpuUs', ownUs, facts.first.ownCpuUs + (context.before?.ownCpuUs ?? 0));
  const disk = moves(context, 'diskBytes', 0, 0);
  const network = moves(context, 'networkBytes', 0, ownBytes + (context.before?.ownBytes ?? 0));
  return [
    // µs per s are millionths of a core; a hundredth of a core is one per cent.
    judged('cpu', cpu, thresholds.cpuPercent, { per: 10_000, unit: '%' }),
    judged('disk', disk, thresholds.diskBytesPerSecond, { per: 1, unit: 'B/s' }),
    judged('network', network, thresholds.networkBytesPerSecond, { per: 1, unit: 'B/s' }),
  ];
}

/** What to keep for the next reading. `null`: nothing that could be compared. */
export function loadMarks(facts: MachineFacts, ownBytes: number): LoadMarks | null {
  const { second } = facts;
  if (second.upS === null || facts.boot === null) return null;
  const marks: Record<string, number> = {
    boot: bootMark(facts.boot),
    upS: second.upS,
    // The script went on after its second look.
    ownCpuUs: Math.max(0, facts.ownCpuUs - second.ownCpuUs),
    ownBytes,
  };
  for (const name of ['cpuUs', 'diskBytes', 'networkBytes'] as const) {
    const value = second[name];
    if (value !== null) marks[name] = value;
  }
  return marks;
}

/** When the machine has booted since the look before, epoch ms of the clock by which it is `at`; `null`: it has not, as far as is known. */
export function bootedSince(facts: MachineFacts, before: LoadMarks | null, at: number): number | null {
  const { upS } = facts.second;
  if (facts.boot === null || upS === null || before?.boot === undefined) return null;
  return before.boot === bootMark(facts.boot) ? null : at - upS * 1_000;
}

/** 48 bits of the boot's id: enough to tell one from another. */
function bootMark(boot: string): number {
  return Number.parseInt(hash('sha256', boot).slice(0, 12), 16);
}

function moves(context: LoadContext, name: CounterName, ownNow: number, ownSince: number): readonly Moved[] {
  const { facts, before } = context;
  const now = between(facts.first, facts.second, name, ownNow, WINDOW_SECONDS * STALLED);
  const upS = before?.upS;
  const value = before?.[name];
  const boot = facts.boot === null ? null : bootMark(facts.boot);
  if (upS === undefined || value === undefined || before?.boot !== boot) return [now];
  const then = { upS, [name]: value };
  const since = between({ ...EMPTY, ...then }, facts.first, name, ownSince, context.longestGapS);
  // Longer ago than a reading is believed: as if there had been none.
  return since.kind === 'absent' ? [now] : [now, since];
}

const EMPTY: Counters = { upS: null, cpuUs: null, diskBytes: null, networkBytes: null, ownCpuUs: 0 };

function between(from: Counters, to: Counters, name: CounterName, own: number, longestS: number): Moved {
  const start = from[name];
  const end = to[name];
  if (start === null || end === null || from.upS === null || to.upS === null) return { kind: 'absent' };
  const overS = to.upS - from.upS;
  if (overS < 0) return { kind: 'back' };
  if (overS === 0 || overS > longestS) return { kind: 'absent' };
  const moved = end - start;
  if (moved < -end * ROUNDING - 1) return { kind: 'back' };
  return { kind: 'rate', perSecond: Math.max(0, moved - own) / overS, overS };
}

function judged(
  name: 'cpu' | 'disk' | 'network',
  moved: readonly Moved[],
  threshold: number,
  shown: { readonly per: number; readonly unit: string },
): SignalReading {
  const rates = moved.flatMap((one) => (one.kind === 'rate' ? [one.perSecond / shown.per] : []));
  const value = rates.length === 0 ? null : Math.round(Math.max(...rates) * 100) / 100;
  const say = (verdict: SignalReading['verdict'], detail: Detail) =>
    signal(name, verdict, detail, { value, threshold, unit: shown.unit });
  const longest = Math.round(Math.max(...moved.map((one) => (one.kind === 'rate' ? one.overS : 0))));
  const rate = (of: number): Detail => ({ kind: 'rate', value: of, unit: shown.unit, overS: longest });
  if (value !== null && value >= threshold) return say('active', rate(value));
  if (moved.some(({ kind }) => kind === 'back')) {
    return say('unknown', { kind: 'counter-of-back', counter: name });
  }
  if (value === null || moved[0]?.kind !== 'rate') return say('unknown', { kind: 'counter-hidden', counter: name });
  return say('idle', rate(value));
}

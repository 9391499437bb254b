import type { KeepAlive, SignalReading } from '../fleet/activity.ts';
import { signal } from './ssh/signal.ts';

/** However it is written, it ends a day after the file was last touched: nothing is kept for ever by accident. */
const LONGEST_MS = 24 * 3_600_000;
/** What a file that cannot be read asks for: somebody meant something. */
const UNREADABLE_MS = 3_600_000;
const SKEW_MS = 60_000;
const PROCESS = /^pid:\d{1,9}$/;
/** Each look that sees the process alive holds for so long, so that one that fails, or two, let nothing go. */
const BOUND_MS = 15 * 60_000;
/** A file is written some moments before or after its process begins, and its time has whole seconds. */
const SLACK_MS = 60_000;
const LONGEST_TEXT = 100;

const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d{2}:\d{2})$/;
const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The file as a machine shows it or tells of it: its first line, and times by one clock, epoch ms. */
export interface KeepFile {
  /** `null`: there is none. */
  readonly keep: {
    readonly modifiedAt: number;
    readonly text: string;
    /** For how long the process that it names has run, ms; absent: it names none, or that one has ended. */
    readonly processAgeMs?: number | undefined;
  } | null;
  readonly nowAt: number;
}

/**
 * A file on the machine by which people there ask that it be kept. Its first line: the end (`2026-11-22T18:00:00+08:00`, epoch
 * seconds, a duration such as `4h` from when the file was written, or `pid:1234` for as long as that process lives), then the
 * owner, then the reason.
 */
export function keepAliveSignal(
  facts: KeepFile,
  remoteToOurs: number,
): { readonly signal: SignalReading; readonly keepAlive: KeepAlive | null } {
  const shared = { judges: 'people', onlyPositive: true } as const;
  const { keep, nowAt } = facts;
  if (keep === null) return { signal: signal('keep-alive', 'idle', { kind: 'keep-none' }, shared), keepAlive: null };
  if (keep.modifiedAt > nowAt + SKEW_MS) {
    // Bound to a time ahead it would never end.
    return { signal: signal('keep-alive', 'unknown', { kind: 'keep-future' }, shared), keepAlive: null };
  }
  const [first = '', owner = '', ...rest] = keep.text.trim().split(/\s+/);
  const bound = PROCESS.test(first);
  if (bound && !isAlive(keep, nowAt)) {
    return { signal: signal('keep-alive', 'idle', { kind: 'keep-process-ended' }, shared), keepAlive: null };
  }
  const asked = bound ? nowAt + BOUND_MS : endOf(first, keep.modifiedAt);
  const end = Math.min(asked ?? keep.modifiedAt + UNREADABLE_MS, keep.modifiedAt + LONGEST_MS);
  const endsAt = end + remoteToOurs;
  const isOdd = asked === null;
  const isCut = !bound && asked !== null && asked > end;
  if (end <= nowAt) {
    return {
      signal: signal('keep-alive', 'idle', { kind: 'keep-ended', isOdd, isCut }, { ...shared, lastActiveAt: endsAt }),
      keepAlive: null,
    };
  }
  const keepAlive: KeepAlive =
    asked === null
      ? { owner: 'unknown', reason: 'the keep-alive file cannot be read', endsAt }
      : { owner: shown(owner) || 'unknown', reason: shown(rest.join(' ')), endsAt };
  const seconds = Math.round((end - nowAt) / 1_000);
  return {
    signal: signal(
      'keep-alive',
      'active',
      { kind: 'kept-by', owner: keepAlive.owner, leftS: seconds, isOdd, isCut },
      {
        ...shared,
        value: seconds,
        unit: 's',
      },
    ),
    keepAlive,
  };
}

/** Does the process live that the file names? One that is younger than the file has the number of another. */
function isAlive({ modifiedAt, processAgeMs }: NonNullable<KeepFile['keep']>, nowAt: number): boolean {
  return processAgeMs !== undefined && processAgeMs >= nowAt - modifiedAt - SLACK_MS;
}

/** Epoch ms of the machine's clock; `null`: it is none of the three. */
function endOf(text: string, modifiedAt: number): number | null {
  if (/^\d{9,11}$/.test(text)) return Number(text) * 1_000;
  const parts = [...text.matchAll(/(\d{1,6})([smhd])/g)];
  if (parts.length > 0 && parts.map(([part]) => part).join('') === text) {
    return parts.reduce((sum, [, amount = '', unit = '']) => sum + Number(amount) * unitMs(unit), modifiedAt);
  }
  const at = RFC3339.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

function unitMs(unit: string): number {
  return unit === 's' || unit === 'm' || unit === 'h' || unit === 'd' ? UNITS[unit] : 0;
}

/** Letters, digits, marks, signs and spaces of any script; what steers a terminal or turns the writing round is taken out. */
function shown(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '')
    .replaceAll('\uFFFD', '')
    .slice(0, LONGEST_TEXT);
}

import { wholeNumber } from './integer.ts';

/** Times outside these years are a mix-up of units (minutes, milliseconds), not times. Epoch ms. */
const EARLIEST_AT = Date.UTC(2020, 0, 1);
const LATEST_AT = Date.UTC(2100, 0, 1);

/** A time as read: epoch ms, `absent` (not given, or the zero that stands for "never"), or `odd` (not a time). */
export type ReadTime =
  | { readonly kind: 'at'; readonly at: number }
  | { readonly kind: 'absent' }
  | { readonly kind: 'odd' };

const ABSENT = { kind: 'absent' } as const;
const ODD = { kind: 'odd' } as const;

/** Is it a moment that an instance, a card or a timer can have? */
export function isPlausible(at: number): boolean {
  return at >= EARLIEST_AT && at < LATEST_AT;
}

/** chenyu v2 writes times as Unix seconds (create-by-pod, card/list). */
export function fromEpochSeconds(value: unknown): ReadTime {
  if (value === undefined || value === null || value === '') return ABSENT;
  const seconds = wholeNumber(value);
  if (seconds === null) return ODD;
  if (seconds === 0) return ABSENT;
  const at = seconds * 1000;
  return isPlausible(at) ? { kind: 'at', at } : ODD;
}

/** China keeps no summer time (the last was in 1991), so Asia/Shanghai is a fixed offset for every time we accept. */
const SHANGHAI_OFFSET_MS = 8 * 3_600_000;

const TIME_TEXT = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(Z|[+-](?:0\d|1[0-4]):?[0-5]\d)?$/;

/**
 * chenyu v1 writes times as text whose zone is not documented: `…Z` and an offset are taken at their word, a bare
 * `yyyy-MM-dd HH:mm:ss` is Asia/Shanghai. Never the host's zone, which is what `new Date(text)` would use.
 */
export function fromTimeText(value: unknown): ReadTime {
  if (value === undefined || value === null || value === '') return ABSENT;
  if (typeof value !== 'string') return ODD;
  const match = TIME_TEXT.exec(value.trim());
  if (match === null) return ODD;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  // 0001-01-01T00:00:00Z is the zero time of Go's servers: never.
  if (year <= 1) return ABSENT;
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  // Date.UTC rolls 31 February over into March; a time that comes back different was never a time.
  const written = `${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${match[6]}`;
  if (new Date(wall).toISOString().slice(0, 19) !== written) return ODD;
  const at = wall - offsetMs(match[7]);
  return isPlausible(at) ? { kind: 'at', at } : ODD;
}

function offsetMs(zone: string | undefined): number {
  if (zone === undefined) return SHANGHAI_OFFSET_MS;
  if (zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}

/** Writes `yyyy-MM-dd HH:mm:ss` in Asia/Shanghai (center-ai, Pod实例定时关机 `regular_time`). Whole seconds. */
export function toShanghaiText(at: number): string {
  return new Date(at + SHANGHAI_OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');
}

/** The time, or `null` where it is absent or odd: for fields that nothing is decided on. */
export function timeOrNull(time: ReadTime): number | null {
  return time.kind === 'at' ? time.at : null;
}

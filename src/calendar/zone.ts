import { nearestWord } from '../fleet/nearest-word.ts';
import { DAY_MS, formatDay, formatReading, MINUTE_MS } from './civil.ts';

/** The last instants that Temporal can name lie a little outside; beyond them nothing changes any more. */
const EDGE_OF_TIME = 8.6e15;

/** More than any UTC offset that ever was (Manila's local mean time was 15:56 behind until 1844). */
const MAX_OFFSET_MS = 16 * 3_600_000;

/** A zone has two transitions a year; a thousand spans are five centuries, and then the cache starts again. */
const MAX_SPANS = 1000;

/** A stretch of time with one offset: `fromAt` included, `untilAt` excluded. */
interface Span {
  readonly fromAt: number;
  readonly untilAt: number;
  readonly offsetMs: number;
}

/** An IANA time zone with a fast clock: offsets are looked up once per stretch between two transitions. */
export interface Zone {
  /** IANA name, in the spelling of the time zone database. */
  readonly name: string;
  /** Local time minus UTC at an instant, in ms. */
  offsetMs(at: number): number;
  /**
   * The first instant at which the local clock reads `wallMs` or later, with `wallMs` being the reading taken as if it
   * were UTC. In a gap that is the moment the clock jumps; of a time that occurs twice it is the first. Never
   * decreasing in `wallMs`, so wall-clock intervals that touch still touch as instants.
   */
  firstReading(wallMs: number): number;
}

export type ParsedZone =
  | { readonly ok: true; readonly zone: Zone }
  | { readonly ok: false; readonly message: string; readonly suggestion: string | null };

/** Zones by the name they were asked with. Bounded: only names of the time zone database get in, in few spellings. */
const known = new Map<string, Zone>();
const MAX_KNOWN = 2000;

/**
 * Checks an IANA zone name such as `Asia/Shanghai` or `UTC`, in any case. Offsets (`+08:00`) are refused: they know no
 * daylight saving time, and a reader cannot tell which place was meant.
 */
export function parseZone(name: string): ParsedZone {
  const found = known.get(name);
  if (found !== undefined) return { ok: true, zone: found };
  const official = officialName(name);
  if (official === null) return { ok: false, ...whatIsWrong(name) };
  const zone = known.get(official) ?? new CachedZone(official);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(official, zone);
  known.set(name, zone);
  return { ok: true, zone };
}

/**
 * The zone of a name that has been checked before.
 * @throws RangeError when it is not an IANA name
 */
export function zoneNamed(name: string): Zone {
  const parsed = parseZone(name);
  if (!parsed.ok) throw new RangeError(parsed.message);
  return parsed.zone;
}

function officialName(name: string): string | null {
  if (!/^[A-Za-z]/.test(name) || name.length > 64) return null;
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name).timeZoneId;
  } catch {
    // Temporal's RangeError says only that it does not know the name; ours says what to write.
    return null;
  }
}

function whatIsWrong(name: string): { message: string; suggestion: string | null } {
  const quoted = JSON.stringify(name.slice(0, 64));
  if (/^(?:UTC|GMT)?[-+]\d/i.test(name)) {
    return {
      message: `${quoted} is an offset, not a time zone; write an IANA name such as Asia/Shanghai or UTC`,
      suggestion: null,
    };
  }
  const suggestion = suggestZone(name);
  const hint = suggestion === null ? 'write an IANA name such as Asia/Shanghai' : `did you mean "${suggestion}"?`;
  return { message: `${quoted} is not a time zone; ${hint}`, suggestion };
}

function suggestZone(name: string): string | null {
  const names = Intl.supportedValuesOf('timeZone');
  const wanted = name.replaceAll(' ', '_');
  // All of China keeps one time, and its zone is not named after the capital.
  if (/^(?:Asia\/)?(?:Beijing|Peking|Shenzhen|Guangzhou|Hangzhou|Chengdu)$/i.test(wanted)) return 'Asia/Shanghai';
  const whole = nearestWord(wanted, names);
  if (whole !== null) return whole;
  // "Shanghai" alone: compare with the last part of each name.
  const cities = new Map(names.map((each) => [each.slice(each.lastIndexOf('/') + 1), each]));
  const city = nearestWord(wanted.slice(wanted.lastIndexOf('/') + 1), cities.keys());
  return city === null ? null : (cities.get(city) ?? null);
}

class CachedZone implements Zone {
  readonly name: string;
  /** Sorted by time, never overlapping; holes are filled as they are asked for. */
  readonly #spans: Span[] = [];
  #last: Span;

  constructor(name: string) {
    this.name = name;
    this.#last = computeSpan(name, 0);
  }

  offsetMs(at: number): number {
    return this.#spanAt(at).offsetMs;
  }

  firstReading(wallMs: number): number {
    // No clock reads wallMs this early, so the search from here on meets the first reading first.
    let span = this.#spanAt(wallMs - MAX_OFFSET_MS);
    for (;;) {
      const at = Math.max(span.fromAt, wallMs - span.offsetMs);
      if (at < span.untilAt) return at;
      span = this.#spanAt(span.untilAt);
    }
  }

  #spanAt(at: number): Span {
    if (at >= this.#last.fromAt && at < this.#last.untilAt) return this.#last;
    this.#last = this.#find(at);
    return this.#last;
  }

  #find(at: number): Span {
    let low = 0;
    let high = this.#spans.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const span = this.#spans[middle];
      if (span === undefined) break;
      if (at >= span.fromAt && at < span.untilAt) return span;
      if (at < span.fromAt) high = middle;
      else low = middle + 1;
    }
    const span = computeSpan(this.name, at);
    if (this.#spans.length >= MAX_SPANS) this.#spans.length = 0;
    this.#spans.splice(Math.min(low, this.#spans.length), 0, span);
    return span;
  }
}

function computeSpan(name: string, at: number): Span {
  if (Number.isNaN(at)) throw new RangeError('a time must be a number of epoch milliseconds, not NaN');
  const within = Math.floor(Math.min(Math.max(at, -EDGE_OF_TIME), EDGE_OF_TIME));
  const now = Temporal.Instant.fromEpochMilliseconds(within).toZonedDateTimeISO(name);
  // "previous" looks strictly before, and a transition at this very instant belongs to this span.
  const previous = now.add({ milliseconds: 1 }).getTimeZoneTransition('previous');
  const next = now.getTimeZoneTransition('next');
  const fromAt = previous?.epochMilliseconds ?? Number.NEGATIVE_INFINITY;
  const untilAt = next?.epochMilliseconds ?? Number.POSITIVE_INFINITY;
  return {
    // A span that reaches the edge of time goes on for ever, so that every number lies in a span.
    fromAt: fromAt < -EDGE_OF_TIME ? Number.NEGATIVE_INFINITY : fromAt,
    untilAt: untilAt > EDGE_OF_TIME ? Number.POSITIVE_INFINITY : untilAt,
    offsetMs: now.offsetNanoseconds / 1e6,
  };
}

/** The local calendar day at an instant, `YYYY-MM-DD`. */
export function localDay(at: number, zone: Zone): string {
  return formatDay(Math.floor((at + zone.offsetMs(at)) / DAY_MS));
}

/**
 * RFC 3339 with the zone's offset, `2026-12-24T00:00:00+08:00`; milliseconds only where there are some. An offset that
 * is no whole minute (local mean times before 1973) cannot be written so, and the time is given in UTC.
 */
export function formatTime(at: number, zone: Zone): string {
  const exact = zone.offsetMs(at);
  const offsetMs = exact % MINUTE_MS === 0 ? exact : 0;
  return `${formatReading(at + offsetMs)}${offsetText(offsetMs)}`;
}

/** Whole hours, halves and quarters, over the centuries: fewer than a hundred. */
const offsetTexts = new Map<number, string>();

function offsetText(offsetMs: number): string {
  const known = offsetTexts.get(offsetMs);
  if (known !== undefined) return known;
  const minutes = Math.abs(offsetMs) / MINUTE_MS;
  const two = (value: number) => String(value).padStart(2, '0');
  const text = `${offsetMs < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  offsetTexts.set(offsetMs, text);
  return text;
}

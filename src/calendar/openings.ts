import { assertNever } from '../fleet/assert-never.ts';
import { DAY_MS, type EpochDay, MINUTE_MS, weekdayOf } from './civil.ts';
import type { DayKind, NamedCalendar } from './named-calendar.ts';
import type { TimeSpan, WindowSpec } from './window-spec.ts';
import type { Zone } from './zone.ts';

/** A stretch of time, start included, end excluded; never empty. */
export interface Interval {
  readonly startAt: number;
  readonly endAt: number;
}

/** When one spec is open. Its intervals never overlap; those of neighbouring days may touch. */
export interface Openings {
  /** The interval that holds `at`, or `null`. */
  covering(at: number): Interval | null;
  /** The first interval that starts after `at`, or `null`. */
  nextAfter(at: number): Interval | null;
}

/**
 * Windows by the day are worked out between these two instants (1970 to 2100). What reaches either end counts as
 * without beginning or end; without such a bound, `cn.workdays, cn.restdays` would be followed for ever.
 */
export const FIRST_AT = 0;
export const LAST_AT = Date.UTC(2100, 0, 1);

const LAST_DAY = LAST_AT / DAY_MS;

export function openingsOf(spec: WindowSpec): Openings {
  switch (spec.kind) {
    case 'always':
      return new SingleOpening({ startAt: Number.NEGATIVE_INFINITY, endAt: Number.POSITIVE_INFINITY });
    case 'never':
      return new SingleOpening(null);
    case 'interval':
      return new SingleOpening({ startAt: spec.startAt, endAt: spec.endAt });
    case 'weekly':
      return new DailyOpenings((day) => spec.days.has(weekdayOf(day)), LAST_DAY, spec.span, spec.zone);
    case 'calendar': {
      const lastDay = spec.dayKind === 'holidays' ? (spec.calendar.lastHoliday ?? 0) : LAST_DAY;
      return new DailyOpenings(dayTest(spec.calendar, spec.dayKind), lastDay, spec.span, spec.zone);
    }
    default:
      return assertNever(spec);
  }
}

function dayTest(calendar: NamedCalendar, kind: DayKind): (day: EpochDay) => boolean {
  switch (kind) {
    case 'workdays':
      return (day) => calendar.isWorkday(day);
    case 'restdays':
      return (day) => calendar.isRestday(day);
    case 'holidays':
      return (day) => calendar.isHoliday(day);
    default:
      return assertNever(kind);
  }
}

class SingleOpening implements Openings {
  readonly #interval: Interval | null;

  constructor(interval: Interval | null) {
    this.#interval = interval;
  }

  covering(at: number): Interval | null {
    const interval = this.#interval;
    return interval !== null && interval.startAt <= at && at < interval.endAt ? interval : null;
  }

  nextAfter(at: number): Interval | null {
    return this.#interval !== null && this.#interval.startAt > at ? this.#interval : null;
  }
}

/**
 * One wall-clock span on each day that the test accepts; the day is the local day on which the span starts.
 *
 * Both edges are the first instant at which the local clock reads the written time or later. So an edge in a
 * spring-forward gap lies at the jump, an edge that occurs twice in autumn lies at its first occurrence, a window over
 * such a night has its real length, and spans that touch on paper (`00:00-08:00`, `08:00-24:00`) touch in time. A span
 * that lies wholly inside a gap does not take place that day.
 */
class DailyOpenings implements Openings {
  readonly #opensOn: (day: EpochDay) => boolean;
  readonly #lastDay: EpochDay;
  readonly #span: TimeSpan;
  readonly #zone: Zone;

  constructor(opensOn: (day: EpochDay) => boolean, lastDay: EpochDay, span: TimeSpan, zone: Zone) {
    this.#opensOn = opensOn;
    this.#lastDay = lastDay;
    this.#span = span;
    this.#zone = zone;
  }

  covering(at: number): Interval | null {
    const today = this.#localDay(at);
    // Yesterday's may run over midnight. Tomorrow's may have begun: where clocks went back over midnight (St. John's,
    // 00:01 to 23:01, until 2011) the new day had started before its eve came round again.
    return this.#holding(at, today) ?? this.#holding(at, today - 1) ?? this.#holding(at, today + 1);
  }

  nextAfter(at: number): Interval | null {
    // The clock has shown all of the days before, so nothing of theirs is still to start.
    for (let day = Math.max(this.#localDay(at), FIRST_AT / DAY_MS - 1); day <= this.#lastDay; day += 1) {
      const interval = this.#on(day);
      if (interval !== null && interval.startAt > at) return interval;
    }
    return null;
  }

  #localDay(at: number): EpochDay {
    return Math.floor((at + this.#zone.offsetMs(at)) / DAY_MS);
  }

  #holding(at: number, day: EpochDay): Interval | null {
    const interval = this.#on(day);
    return interval !== null && interval.startAt <= at && at < interval.endAt ? interval : null;
  }

  #on(day: EpochDay): Interval | null {
    if (!this.#opensOn(day)) return null;
    const startAt = this.#zone.firstReading(day * DAY_MS + this.#span.startMinute * MINUTE_MS);
    const endAt = this.#zone.firstReading(day * DAY_MS + this.#span.endMinute * MINUTE_MS);
    return startAt < endAt ? { startAt, endAt } : null;
  }
}

import { DAY_MS, type EpochDay, formatDay, parseDay, weekdayOf } from './civil.ts';
import { parseZone, type Zone } from './zone.ts';

/** The kinds of day that a window may name: `<calendar>.workdays` and so on. `restdays` are all that are not workdays. */
export const DAY_KINDS = ['workdays', 'restdays', 'holidays'] as const;
export type DayKind = (typeof DAY_KINDS)[number];

/** Dates `YYYY-MM-DD`, both included. */
export interface DateRange {
  readonly first: string;
  readonly last: string;
}

/** A calendar as written in a file. */
export interface CalendarDefinition {
  readonly name: string;
  /** IANA zone in which its dates are meant; without one the zone of whoever uses it. */
  readonly timezone?: string;
  readonly holidays: readonly DateRange[];
  /** Make-up working days: dates that are worked although they fall on a weekend. */
  readonly workdays: readonly DateRange[];
}

export type ParsedCalendar =
  | { readonly ok: true; readonly calendar: NamedCalendar }
  | { readonly ok: false; readonly message: string };

export type ParsedDateRange =
  | { readonly ok: true; readonly range: DateRange }
  | { readonly ok: false; readonly message: string };

/** A name goes into `<name>.workdays`, so it has no dot, space or comma. */
const CALENDAR_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** A century of listed days, far more than any real calendar; keeps a slip like `0001..9999` from filling the memory. */
const MAX_DATES = 36_600;

/** Reads `2026-10-01` or `2026-10-01..2026-10-07` (both included). */
export function parseDateRange(text: string): ParsedDateRange {
  const [first, last, ...more] = text.split('..');
  const wrong = (message: string): ParsedDateRange => ({ ok: false, message });
  const quoted = JSON.stringify(text.slice(0, 40));
  if (first === undefined || more.length > 0) return wrong(`${quoted} is not a date or a range of dates`);
  const range = { first: first.trim(), last: (last ?? first).trim() };
  const problem = problemOf(range);
  return problem === null ? { ok: true, range } : wrong(problem);
}

function problemOf(range: DateRange): string | null {
  for (const text of [range.first, range.last]) {
    if (parseDay(text) === null) {
      return `${JSON.stringify(text.slice(0, 40))} is not a date; write YYYY-MM-DD, or YYYY-MM-DD..YYYY-MM-DD for a range`;
    }
  }
  return range.last < range.first ? `the range ${range.first}..${range.last} ends before it begins` : null;
}

/**
 * Checks a calendar: a usable name, an IANA zone, real dates, ranges the right way round, no date that is both a
 * holiday and a make-up workday.
 */
export function parseCalendar(definition: CalendarDefinition): ParsedCalendar {
  const { name } = definition;
  const wrong = (message: string): ParsedCalendar => ({ ok: false, message });
  if (!CALENDAR_NAME.test(name)) {
    return wrong(
      `${JSON.stringify(name.slice(0, 64))} is not a calendar name: a letter, then letters, digits, - and _`,
    );
  }
  let zone: Zone | null = null;
  if (definition.timezone !== undefined) {
    const parsed = parseZone(definition.timezone);
    if (!parsed.ok) return wrong(`calendar "${name}": ${parsed.message}`);
    zone = parsed.zone;
  }
  const holidays = new Set<EpochDay>();
  const workdays = new Set<EpochDay>();
  const lists = [
    { ranges: definition.holidays, days: holidays },
    { ranges: definition.workdays, days: workdays },
  ];
  for (const { ranges, days } of lists) {
    for (const range of ranges) {
      const problem = addDays(range, days);
      if (problem !== null) return wrong(`calendar "${name}": ${problem}`);
    }
  }
  for (const day of workdays) {
    if (holidays.has(day)) return wrong(`calendar "${name}": ${formatDay(day)} is both a holiday and a workday`);
  }
  return { ok: true, calendar: new NamedCalendar(name, zone, holidays, workdays) };
}

function addDays(range: DateRange, days: Set<EpochDay>): string | null {
  const problem = problemOf(range);
  if (problem !== null) return problem;
  const first = parseDay(range.first) ?? 0;
  const last = parseDay(range.last) ?? first;
  if (days.size + (last - first) >= MAX_DATES) return `more than ${MAX_DATES} dates are listed`;
  for (let day = first; day <= last; day += 1) days.add(day);
  return null;
}

/**
 * Which days are worked: a date listed as a make-up workday is, one listed as a holiday is not, any other is worked
 * Monday to Friday. Made by `parseCalendar`.
 */
export class NamedCalendar {
  readonly name: string;
  /** The zone its dates are meant in, `null` when it does not say. */
  readonly zone: Zone | null;
  /** Years with at least one listed date, ascending. A year that is missing has not been entered, or was forgotten. */
  readonly yearsCovered: readonly number[];
  /** The last date listed as holiday; `null` when there is none. */
  readonly lastHoliday: EpochDay | null;
  readonly #holidays: ReadonlySet<EpochDay>;
  readonly #workdays: ReadonlySet<EpochDay>;

  constructor(name: string, zone: Zone | null, holidays: ReadonlySet<EpochDay>, workdays: ReadonlySet<EpochDay>) {
    this.name = name;
    this.zone = zone;
    this.#holidays = holidays;
    this.#workdays = workdays;
    const years = [...holidays, ...workdays].map((day) => new Date(day * DAY_MS).getUTCFullYear());
    this.yearsCovered = [...new Set(years)].sort((a, b) => a - b);
    this.lastHoliday = holidays.size === 0 ? null : Math.max(...holidays);
  }

  isHoliday(day: EpochDay): boolean {
    return this.#holidays.has(day);
  }

  isWorkday(day: EpochDay): boolean {
    if (this.#workdays.has(day)) return true;
    return weekdayOf(day) < 5 && !this.#holidays.has(day);
  }

  isRestday(day: EpochDay): boolean {
    return !this.isWorkday(day);
  }

  /** Whether any date of this year is listed; if not, its holidays are probably still to be entered. */
  coversYear(year: number): boolean {
    return this.yearsCovered.includes(year);
  }
}

import { type DateRange, type NamedCalendar, parseCalendar, parseDateRange } from '../calendar/named-calendar.ts';
import { salvage } from '../yaml/salvage.ts';
import type { Subject } from './findings.ts';
import { fingerprint } from './fingerprint.ts';
import { calendarGrammar } from './policy-grammar.ts';

/** The calendars of all files. */
export class Calendars {
  readonly known = new Map<string, NamedCalendar>();
  /** Calendars that are there but wrong: windows that name them need no further error. */
  readonly broken = new Set<string>();
  readonly #subjects = new Map<string, Subject>();
  readonly #hashes = new Map<string, string>();

  /** Reads a calendar; `written.lost` counts from the whole file. */
  add(written: Subject): void {
    const name = String(written.path.at(-1));
    const before = this.#subjects.get(name);
    if (before !== undefined) {
      const place = before.document.place(before.path);
      const message = `the calendar "${name}" is defined twice; first in ${before.document.file}:${place.line}`;
      written.error([], message, { part: 'key' });
      return;
    }
    const gone = written.lost.inside(written.path);
    const read = salvage(calendarGrammar, calendarGrammar, written.document, written.path, undefined, gone);
    const subject = written.without(read);
    this.#subjects.set(name, subject);
    const { timezone, holidays = [], workdays = [] } = read.parts ?? {};
    const definition = {
      name,
      ...(timezone === undefined ? {} : { timezone }),
      holidays: readRanges(subject, 'holidays', holidays),
      workdays: readRanges(subject, 'workdays', workdays),
    };
    const parsed = read.parts === null ? null : parseCalendar(definition);
    if (parsed?.ok === false) subject.error([], parsed.message, { part: 'key' });
    if (parsed?.ok === true && read.value !== null && !subject.failed) {
      this.known.set(name, parsed.calendar);
      this.#hashes.set(name, fingerprint(definition));
    } else {
      this.broken.add(name);
    }
  }

  /** Of its dates: another fingerprint is another meaning. */
  hash(name: string): string {
    return this.#hashes.get(name) ?? '';
  }

  /** Says of a calendar in use that a year has been forgotten. */
  warnOfMissingYears(used: ReadonlySet<NamedCalendar>, years: readonly number[]): void {
    for (const calendar of used) {
      const missing = years.filter((year) => !calendar.coversYear(year));
      if (missing.length === 0) continue;
      const message = `the calendar "${calendar.name}" lists no date of ${missing.join(' and ')}; all its weekdays count as workdays`;
      this.#subjects.get(calendar.name)?.warn([], message, { part: 'key' });
    }
  }
}

function readRanges(subject: Subject, key: 'holidays' | 'workdays', texts: readonly string[]): DateRange[] {
  const ranges: DateRange[] = [];
  for (const [index, text] of texts.entries()) {
    const parsed = parseDateRange(text);
    if (parsed.ok) ranges.push(parsed.range);
    else subject.error([key, index], parsed.message);
  }
  return ranges;
}

import { nearestWord } from '../fleet/nearest-word.ts';
import { DAY_KINDS, type NamedCalendar } from './named-calendar.ts';
import { FIRST_AT, openingsOf } from './openings.ts';
import { Window } from './window.ts';
import { looksLikeInterval, readInterval } from './window-interval.ts';
import type { TimeSpan, WindowSpec } from './window-spec.ts';
import {
  didYouMean,
  isAboutDays,
  nearDay,
  oddMark,
  quote,
  type Read,
  read,
  readDays,
  readSpan,
  splitWords,
  type WindowProblem,
  type Word,
  type Wrong,
  wrong,
} from './window-words.ts';
import { parseZone, type Zone } from './zone.ts';

/** Longer windows belong into a named calendar, or are an attack. */
const MAX_TEXT = 1024;
const MAX_SPECS = 64;

const WHOLE_DAY: TimeSpan = { startMinute: 0, endMinute: 1440 };
const EXAMPLE = 'such as Mon-Fri 08:30-21:00, always or never';

/** What a window's text is read against. */
export interface WindowContext {
  /** Where times are meant that name no zone of their own. */
  readonly zone: Zone;
  readonly calendars: ReadonlyMap<string, NamedCalendar>;
}

export type ParsedWindow = { readonly ok: true; readonly window: Window } | ({ readonly ok: false } & WindowProblem);

/**
 * Reads a window: specs separated by commas, united.
 *
 *     Mon-Fri 08:30-21:00             days and a time span, start included, end excluded
 *     Mon-Sun 23:00-08:00             over midnight; the day is the day it starts
 *     Mon,Wed-Thu 08:00-12:00         days without a time are continued by what follows the comma
 *     Fri-Mon 00:00-24:00             a range may go round the weekend
 *     cn.workdays 08:30-21:00         a named calendar's workdays, restdays or holidays; without times the whole day
 *     2026-12-24T00:00-2026-12-27T00:00   an interval; times with an offset or Z, or in the spec's zone
 *     always, never
 *
 * each with an IANA zone after it where it has its own: `Mon-Fri 08:30-21:00 Asia/Shanghai`. A calendar that names a
 * zone is read in it unless the spec says otherwise. Day names are English, three letters, in any case. How edges lie
 * on daylight-saving days: see `openings.ts`.
 *
 * Refused, with the place in the text and what to write instead: unknown words, empty spans, a spec that can never
 * open (except the word `never`), more than 64 specs or 1024 characters.
 */
export function parseWindow(text: string, context: WindowContext): ParsedWindow {
  if (text.length > MAX_TEXT) {
    const message = `the window is ${text.length} characters long; at most ${MAX_TEXT} are allowed`;
    return { ok: false, message, offset: MAX_TEXT, length: text.length - MAX_TEXT };
  }
  const odd = oddMark(text);
  if (odd !== null) return { ok: false, ...odd };
  const specs = readSpecs(text, context);
  if (!specs.ok) return { ok: false, ...specs.problem };
  const [first, ...rest] = specs.value;
  if (first === undefined) {
    return { ok: false, message: `the window is empty; write one, ${EXAMPLE}`, offset: 0, length: text.length };
  }
  return { ok: true, window: new Window(text, [first, ...rest]) };
}

function readSpecs(text: string, context: WindowContext): Read<WindowSpec[]> {
  const groups = splitWords(text);
  if (groups.length === 1 && groups[0]?.words.length === 0) return read([]);
  const specs: WindowSpec[] = [];
  let days: Word[] = [];
  for (const [index, { words, comma }] of groups.entries()) {
    const [first, ...rest] = words;
    if (first === undefined) return wrong(comma, `a window is missing beside this comma; write one, ${EXAMPLE}`);
    if (isAboutDays(first)) {
      days.push(first);
      // Days alone go on after the comma: Mon,Wed 08:00-12:00.
      if (rest.length === 0 && index < groups.length - 1) continue;
    } else if (days[0] !== undefined) {
      return timeMissing(days[0]);
    }
    const spec = days.length > 0 ? readWeekly(days, rest, context) : readOther(first, rest, context);
    days = [];
    if (!spec.ok) return spec;
    if (specs.length === MAX_SPECS) return wrong(first, `too many windows; at most ${MAX_SPECS} are allowed`);
    if (!canOpen(spec.value)) return wrong(first, neverOpens(first, spec.value));
    specs.push(spec.value);
  }
  return read(specs);
}

function readWeekly(dayWords: readonly Word[], rest: readonly Word[], context: WindowContext): Read<WindowSpec> {
  const days = new Set<number>();
  for (const word of dayWords) {
    const some = readDays(word);
    if (!some.ok) return some;
    for (const day of some.value) days.add(day);
  }
  const tail = readTail(rest);
  if (!tail.ok) return tail;
  const { span, zone } = tail.value;
  const last = dayWords.at(-1);
  if (span === null && last !== undefined) return timeMissing(last);
  return read({ kind: 'weekly', days, span: span ?? WHOLE_DAY, zone: zone ?? context.zone });
}

function readOther(first: Word, rest: readonly Word[], context: WindowContext): Read<WindowSpec> {
  const keyword = first.text.toLowerCase();
  if (keyword === 'always' || keyword === 'never') {
    const tail = readTail(rest);
    if (!tail.ok) return tail;
    if (tail.value.span !== null)
      return wrong(rest[0] ?? first, `"${keyword}" takes no time; write Mon-Sun before a time`);
    return read({ kind: keyword, zone: tail.value.zone ?? context.zone });
  }
  if (looksLikeInterval(first)) {
    const tail = readTail(rest);
    if (!tail.ok) return tail;
    if (tail.value.span !== null) return wrong(rest[0] ?? first, 'an interval takes no further time');
    const zone = tail.value.zone ?? context.zone;
    const interval = readInterval(first, zone);
    return interval.ok ? read({ kind: 'interval', ...interval.value, zone }) : interval;
  }
  if (/^\d/.test(first.text)) {
    return wrong(first, `${quote(first.text)} has no days before it; write them, ${EXAMPLE}`);
  }
  return first.text.includes('.') ? readCalendarSpec(first, rest, context) : unknownWord(first, context);
}

function readCalendarSpec(first: Word, rest: readonly Word[], context: WindowContext): Read<WindowSpec> {
  const dot = first.text.indexOf('.');
  const name = { text: first.text.slice(0, dot), offset: first.offset };
  const kind = { text: first.text.slice(dot + 1), offset: first.offset + dot + 1 };
  const calendar = context.calendars.get(name.text);
  if (calendar === undefined)
    return wrong(name, `no calendar is called ${quote(name.text)}; ${calendarHint(name, context)}`);
  const dayKind = DAY_KINDS.find((each) => each === kind.text);
  if (dayKind === undefined) {
    const hint = didYouMean(kind.text, DAY_KINDS) ?? `write ${DAY_KINDS.join(', ')}`;
    return wrong(kind, `a calendar has no ${quote(kind.text)}; ${hint}`);
  }
  const tail = readTail(rest);
  if (!tail.ok) return tail;
  const zone = tail.value.zone ?? calendar.zone ?? context.zone;
  return read({ kind: 'calendar', calendar, dayKind, span: tail.value.span ?? WHOLE_DAY, zone });
}

/** What may follow the first word of any spec: a time span, then a zone, each optional here. */
function readTail(words: readonly Word[]): Read<{ readonly span: TimeSpan | null; readonly zone: Zone | null }> {
  const rest = [...words];
  let span: TimeSpan | null = null;
  let zone: Zone | null = null;
  if (rest[0] !== undefined && /^\d/.test(rest[0].text)) {
    const parsed = readSpan(rest[0]);
    if (!parsed.ok) return parsed;
    span = parsed.value;
    rest.shift();
  }
  const zoneWord = rest.shift();
  if (zoneWord !== undefined) {
    if (startsAnother(zoneWord)) return commaMissing(zoneWord);
    const parsed = parseZone(zoneWord.text);
    if (!parsed.ok) return wrong(zoneWord, parsed.message);
    zone = parsed.zone;
  }
  if (rest[0] !== undefined) return commaMissing(rest[0]);
  return read({ span, zone });
}

/** Words that begin a spec and are no zone: the comma before them was forgotten. */
function startsAnother(word: Word): boolean {
  return /^\d/.test(word.text) || (isAboutDays(word) && readDays(word).ok);
}

function commaMissing(word: Word): Wrong {
  return wrong(word, `${quote(word.text)} is not expected here; separate windows with a comma`);
}

function timeMissing(word: Word): Wrong {
  return wrong(word, `${quote(word.text)} has no time; add one such as 08:30-21:00, or 00:00-24:00 for the whole day`);
}

function unknownWord(word: Word, context: WindowContext): Wrong {
  const near = nearWord(word.text, context);
  const hint = near === null ? `write days and times, ${EXAMPLE}` : `did you mean "${near}"?`;
  return wrong(word, `${quote(word.text)} is not known here; ${hint}`);
}

function nearWord(text: string, context: WindowContext): string | null {
  const calendars = [...context.calendars.keys()];
  if (context.calendars.has(text)) return `${text}.workdays`;
  // "workdays" alone: whose?
  if (DAY_KINDS.some((kind) => kind === text) && calendars[0] !== undefined) return `${calendars[0]}.${text}`;
  return nearDay(text) ?? nearestWord(text, ['always', 'never', ...calendars]);
}

function calendarHint(name: Word, context: WindowContext): string {
  const names = [...context.calendars.keys()];
  if (names.length === 0) return 'no calendars are defined';
  const listed = names.length > 10 ? `${names.slice(0, 10).join(', ')} and others` : names.join(', ');
  return didYouMean(name.text, names) ?? `there ${names.length === 1 ? 'is' : 'are'} ${listed}`;
}

function canOpen(spec: WindowSpec): boolean {
  if (spec.kind === 'never') return true;
  const openings = openingsOf(spec);
  return openings.covering(FIRST_AT) !== null || openings.nextAfter(FIRST_AT) !== null;
}

function neverOpens(word: Word, spec: WindowSpec): string {
  const why =
    spec.kind === 'calendar'
      ? `the calendar has no ${spec.dayKind} on which this time exists`
      : 'this time does not exist';
  return `${quote(word.text)} never opens: ${why}; write never if that is meant`;
}

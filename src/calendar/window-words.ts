import { nearestWord } from '../fleet/nearest-word.ts';
import { DAY_NAMES, type TimeSpan } from './window-spec.ts';

/** A word of the text and where it stands, so that a caller can put a caret under it. */
export interface Word {
  readonly text: string;
  readonly offset: number;
}

/** What is wrong with a window's text, and where: UTF-16 offset and length, for a caret. */
export interface WindowProblem {
  readonly message: string;
  readonly offset: number;
  readonly length: number;
}

/** Either the thing read, or what is wrong with it. */
export type Read<T> = { readonly ok: true; readonly value: T } | Wrong;

const SPAN = /^(\d{2}):(\d{2})-(\d{2}):(\d{2})$/;
const MINUTES_A_DAY = 1440;
const LONG_NAMES = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** What is wrong with a word. */
export interface Wrong {
  readonly ok: false;
  readonly problem: WindowProblem;
}

export function read<T>(value: T): Read<T> {
  return { ok: true, value };
}

export function wrong(word: Word, message: string): Wrong {
  return { ok: false, problem: { message, offset: word.offset, length: word.text.length } };
}

/** A word as a message shows it: quoted, control characters escaped, and never longer than a line. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

export function didYouMean(text: string, candidates: Iterable<string>): string | null {
  const near = nearestWord(text, candidates);
  return near === null ? null : `did you mean "${near}"?`;
}

/** What stands between two commas. */
export interface WordGroup {
  readonly words: readonly Word[];
  /** The comma that ends the group; for the last group the one before it. */
  readonly comma: Word;
}

/** Cuts at commas, then at white space. The words keep their offsets; a group may be empty. */
export function splitWords(text: string): WordGroup[] {
  const groups: WordGroup[] = [];
  let words: Word[] = [];
  let comma: Word = { text: '', offset: 0 };
  for (const match of text.matchAll(/,|[^\s,]+/g)) {
    const word = { text: match[0], offset: match.index };
    if (word.text === ',') {
      comma = word;
      groups.push({ words, comma });
      words = [];
    } else {
      words.push(word);
    }
  }
  return [...groups, { words, comma }];
}

/** Marks that look like ours and are typed by mistake, from Chinese keyboards and word processors. */
const ODD_MARKS = new Map([
  ['，', ','],
  ['、', ','],
  ['：', ':'],
  ['–', '-'],
  ['—', '-'],
  ['−', '-'],
  ['－', '-'],
  ['～', '-'],
  ['~', '-'],
]);

export function oddMark(text: string): WindowProblem | null {
  const offset = [...text.matchAll(/./gsu)].find((match) => ODD_MARKS.has(match[0]));
  if (offset === undefined) return null;
  const mark = offset[0];
  return {
    message: `"${mark}" is not read here; write "${ODD_MARKS.get(mark)}"`,
    offset: offset.index,
    length: mark.length,
  };
}

/** Whether a word is meant to be days: letters and dashes, and some part of it begins like a day's name. */
export function isAboutDays(word: Word): boolean {
  if (!/^[A-Za-z][A-Za-z-]*$/.test(word.text)) return false;
  return word.text.split('-').some((name) => dayStarting(name) !== undefined);
}

function dayStarting(name: string): string | undefined {
  return DAY_NAMES.find((each) => name.toLowerCase().startsWith(each.toLowerCase()));
}

/** The day that a word was probably meant to be, by its short name or its long one: `Wendesday` is `Wed`. */
export function nearDay(name: string): string | null {
  return dayStarting(name) ?? nearestWord(name, DAY_NAMES) ?? nearestWord(name, LONG_NAMES)?.slice(0, 3) ?? null;
}

/** Reads `Mon`, `Mon-Fri` or, around the weekend, `Fri-Mon`, in any case, as weekday numbers (0 Monday). */
export function readDays(word: Word): Read<number[]> {
  const names = word.text.split('-');
  if (names.length > 2 || names.includes('')) {
    return wrong(word, `${quote(word.text)} is not a range of days; write two days, such as Mon-Fri`);
  }
  const days: number[] = [];
  let offset = word.offset;
  for (const name of names) {
    const day = DAY_NAMES.findIndex((each) => each.toLowerCase() === name.toLowerCase());
    if (day < 0) return wrong({ text: name, offset }, `${quote(name)} is not a day; ${dayHint(name)}`);
    days.push(day);
    offset += name.length + 1;
  }
  const [first = 0, last = first] = days;
  return read(Array.from({ length: ((last - first + 7) % 7) + 1 }, (_, index) => (first + index) % 7));
}

function dayHint(name: string): string {
  const near = nearDay(name);
  return near === null ? `write ${DAY_NAMES.join(' ')}` : `did you mean "${near}"?`;
}

/** Reads `08:30-21:00`; 24:00 is allowed as an end. An end before the start lies on the next day. */
export function readSpan(word: Word): Read<TimeSpan> {
  const parts = SPAN.exec(word.text);
  if (parts === null) {
    return wrong(
      word,
      `${quote(word.text)} is not a time span; write HH:MM-HH:MM with two digits each, such as 08:30-21:00`,
    );
  }
  const [startHour = 0, startPast = 0, endHour = 0, endPast = 0] = parts.slice(1).map(Number);
  const start = { text: word.text.slice(0, 5), offset: word.offset };
  const end = { text: word.text.slice(6), offset: word.offset + 6 };
  if (startHour > 23 || startPast > 59) {
    const hint =
      start.text === '24:00' ? 'a span starts at 00:00 of the next day instead' : 'times go from 00:00 to 23:59';
    return wrong(start, `${quote(start.text)} is no start; ${hint}`);
  }
  if (endPast > 59 || endHour * 60 + endPast > MINUTES_A_DAY) {
    return wrong(end, `${quote(end.text)} is no end; times go from 00:00 to 24:00`);
  }
  const startMinute = startHour * 60 + startPast;
  const endMinute = endHour * 60 + endPast;
  if (startMinute === endMinute) {
    return wrong(word, `${quote(word.text)} is empty, since the end is excluded; for a whole day write 00:00-24:00`);
  }
  return read({ startMinute, endMinute: endMinute < startMinute ? endMinute + MINUTES_A_DAY : endMinute });
}

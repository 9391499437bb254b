import { assertNever } from '../../fleet/assert-never.ts';
import { wallTime } from '../../fleet/wall-time.ts';
import type { WindowFacts } from './board-source.ts';
import { shown } from './format.ts';
import { catalogue, LIST_COMMA } from './language.ts';
import type { Visit } from './visit.ts';

const DAY_MINUTES = 1440;

const WORDS = catalogue({
  en: {
    always: 'at any time',
    never: 'at no time',
    allDay: 'all day',
    from: (start: string, end: string) => `from ${start} to ${end}`,
    fromOver: (start: string, end: string) => `from ${start} to ${end} of the next day`,
    and: ' and ',
    or: '; or ',
    /** How times and days are put beside each other. */
    on: (times: string, days: string) => `${times}, ${days}`,
    everyDay: 'every day',
    onDays: (days: string) => `on ${days}`,
    days: ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'],
    to: ' to ',
    kinds: {
      workdays: (calendar: string) => `on workdays by the calendar ${calendar}`,
      restdays: (calendar: string) => `on days off by the calendar ${calendar}`,
      holidays: (calendar: string) => `on holidays by the calendar ${calendar}`,
    },
    zone: (zone: string) => ` (${zone})`,
  },
  zh: {
    always: '任何时候',
    never: '永不',
    allDay: '全天',
    from: (start: string, end: string) => `${start} 至 ${end}`,
    fromOver: (start: string, end: string) => `${start} 至次日 ${end}`,
    and: '、',
    or: '；或',
    on: (times: string, days: string) => `${days} ${times}`,
    everyDay: '每天',
    onDays: (days: string) => days,
    days: ['周一', '周二', '周三', '周四', '周五', '周六', '周日'],
    to: '至',
    kinds: {
      workdays: (calendar: string) => `日历 ${calendar} 的工作日`,
      restdays: (calendar: string) => `日历 ${calendar} 的休息日`,
      holidays: (calendar: string) => `日历 ${calendar} 的节假日`,
    },
    zone: (zone: string) => `（${zone}）`,
  },
});

type Reader = Pick<Visit, 'language' | 'timezone'>;

/** When a window is open: `from 08:30 to 21:00, Monday to Friday; or all day, Sunday`. Its zone where it is another than the reader's. */
export function windowInWords(openings: readonly WindowFacts[], reader: Reader): string {
  const t = WORDS[reader.language];
  // What is open at several times of the same days is said in one breath.
  const groups = new Map<string, { readonly days: string; readonly zone: string; readonly times: string[] }>();
  for (const opening of openings) {
    const days = daysInWords(opening, reader);
    const zone = opening.zone === reader.timezone || isTimeless(opening) ? '' : t.zone(opening.zone);
    const key = `${days}${zone}`;
    const group = groups.get(key) ?? { days, zone, times: [] };
    groups.set(key, group);
    group.times.push(timesInWords(opening, reader));
  }
  return [...groups.values()]
    .map(({ days, zone, times }) => {
      const all = times.join(t.and);
      return `${days === '' ? all : t.on(all, days)}${zone}`;
    })
    .join(t.or);
}

function isTimeless({ kind }: WindowFacts): boolean {
  return kind === 'always' || kind === 'never';
}

function timesInWords(opening: WindowFacts, { language }: Reader): string {
  const t = WORDS[language];
  switch (opening.kind) {
    case 'always':
    case 'never':
      return t[opening.kind];
    case 'interval':
      return t.from(wallTime(opening.startAt, opening.zone), wallTime(opening.endAt, opening.zone));
    case 'weekly':
    case 'calendar': {
      const { startMinute, endMinute } = opening;
      if (startMinute === 0 && endMinute === DAY_MINUTES) return t.allDay;
      if (endMinute <= DAY_MINUTES) return t.from(clock(startMinute), clock(endMinute));
      return t.fromOver(clock(startMinute), clock(endMinute - DAY_MINUTES));
    }
    default:
      return assertNever(opening);
  }
}

function daysInWords(opening: WindowFacts, { language }: Reader): string {
  switch (opening.kind) {
    case 'always':
    case 'never':
    case 'interval':
      return '';
    case 'weekly':
      return onDays(opening.days, language);
    case 'calendar':
      return WORDS[language].kinds[opening.dayKind](shown(opening.calendar));
    default:
      return assertNever(opening);
  }
}

/** `every day`, `on Friday`, `Monday to Friday`. */
export function onDays(days: readonly number[], language: Reader['language']): string {
  const t = WORDS[language];
  const named = weekdaysInWords(days, language);
  return named === t.everyDay || named.includes(t.to) ? named : t.onDays(named);
}

/** `Monday to Wednesday, Friday`; Monday is 0. */
export function weekdaysInWords(days: readonly number[], language: Reader['language']): string {
  const t = WORDS[language];
  const sorted = [...new Set(days)].sort((a, b) => a - b);
  if (sorted.length === 7) return t.everyDay;
  const runs: { first: number; last: number }[] = [];
  for (const day of sorted) {
    const run = runs.at(-1);
    if (run?.last === day - 1) run.last = day;
    else runs.push({ first: day, last: day });
  }
  const name = (day: number) => t.days[day] ?? '';
  return runs
    .map(({ first, last }) => {
      if (first === last) return name(first);
      // Two days are named sooner than a stretch of them.
      return `${name(first)}${last === first + 1 ? LIST_COMMA[language] : t.to}${name(last)}`;
    })
    .join(LIST_COMMA[language]);
}

/** `08:30` */
export function clock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}

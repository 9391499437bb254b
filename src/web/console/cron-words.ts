import { catalogue, type Language, LIST_COMMA } from './language.ts';
import { clock, onDays, weekdaysInWords } from './window-words.ts';

const WORDS = catalogue({
  en: {
    daily: (times: string, days: string) => `at ${times}, ${days}`,
    everyDay: 'every day',
    dates: (dates: string) => `on day ${dates} of every month`,
    both: (dates: string, weekdays: string) => `${dates} and also every ${weekdays}`,
    everyMinutes: (count: number) => (count === 1 ? 'every minute' : `every ${count} minutes`),
    everyHour: (minutes: string) => `at minute ${minutes} of every hour`,
    pattern: 'by this cron pattern',
  },
  zh: {
    daily: (times: string, days: string) => `${days} ${times}`,
    everyDay: '每天',
    dates: (dates: string) => `每月 ${dates} 日`,
    both: (dates: string, weekdays: string) => `${dates}以及每逢${weekdays}`,
    everyMinutes: (count: number) => (count === 1 ? '每分钟' : `每 ${count} 分钟`),
    everyHour: (minutes: string) => `每小时的第 ${minutes} 分`,
    pattern: '按此 cron 表达式',
  },
});

const NICKNAMES: ReadonlyMap<string, string> = new Map([
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
]);
const DAY_NAMES = ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'];

/** A cron pattern as one would say it, `at 03:30, every day`; of rare ones it is only said that they are patterns. */
export function cronInWords(text: string, language: Language): string {
  const t = WORDS[language];
  const pattern = text.trim();
  const fields = (NICKNAMES.get(pattern.toLowerCase()) ?? pattern).split(/\s+/);
  const [minute = '', hour = '', date = '', month = '', weekday = ''] = fields;
  if (fields.length !== 5 || month !== '*') return t.pattern;
  const minutes = numbers(minute);
  const isEveryDay = date === '*' && weekday === '*';
  if (hour === '*') {
    if (!isEveryDay) return t.pattern;
    if (minutes !== null) return t.everyHour(minutes.join(LIST_COMMA[language]));
    const step = minute === '*' ? 1 : Number(/^\*\/(\d+)$/.exec(minute)?.[1]);
    return 60 % step === 0 ? t.everyMinutes(step) : t.pattern;
  }
  const hours = numbers(hour);
  const days = daysInWords(date, weekday, language);
  if (minutes === null || hours === null || days === null) return t.pattern;
  const times = hours.flatMap((each) => minutes.map((past) => clock(60 * each + past)));
  return t.daily(times.join(LIST_COMMA[language]), days);
}

/** `null`: in a way that cannot be said in short. A date and a weekday beside each other: either will do. */
function daysInWords(date: string, weekday: string, language: Language): string | null {
  const t = WORDS[language];
  const dates = date === '*' ? [] : numbers(date);
  const weekdays = weekday === '*' ? [] : weekdaysOf(weekday);
  if (dates === null || weekdays === null) return null;
  const byDate = dates.length === 0 ? null : t.dates(dates.join(LIST_COMMA[language]));
  const byWeekday = weekdays.length === 0 ? null : weekdaysInWords(weekdays, language);
  if (byDate === null) return byWeekday === null ? t.everyDay : onDays(weekdays, language);
  return byWeekday === null ? byDate : t.both(byDate, byWeekday);
}

/** Plain numbers with commas between them, in order; `null`: something else. */
function numbers(field: string): number[] | null {
  return /^\d+(?:,\d+)*$/.test(field) ? [...new Set(field.split(',').map(Number))].sort((a, b) => a - b) : null;
}

/** Weekdays with Monday as 0, from names, numbers (0 and 7 are Sunday) and ranges of these; `null`: something else. */
function weekdaysOf(field: string): number[] | null {
  const days: number[] = [];
  for (const part of field.split(',')) {
    const [first = '', last = first, ...more] = part.split('-');
    const [from, to] = [weekdayOf(first), weekdayOf(last)];
    if (from === null || to === null || more.length > 0) return null;
    // `0-7` is a whole week and `5-5` a day: both are written too rarely to be told apart here.
    if (from === to && part.includes('-')) return null;
    // From Sunday on, which is the first day to cron and the last to us.
    const length = (to - from + 7) % 7;
    for (let step = 0; step <= length; step += 1) days.push((from + step) % 7);
  }
  return days;
}

function weekdayOf(word: string): number | null {
  if (/^[0-7]$/.test(word)) return (Number(word) + 6) % 7;
  const index = DAY_NAMES.indexOf(word.toUpperCase());
  return index < 0 ? null : index;
}

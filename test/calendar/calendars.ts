import { type CalendarDefinition, type NamedCalendar, parseCalendar } from '../../src/calendar/named-calendar.ts';

export function calendarFrom(definition: CalendarDefinition): NamedCalendar {
  const parsed = parseCalendar(definition);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.calendar;
}

/** China's National Day week of 2025 with Mid-Autumn (1 to 8 October), worked off on a Sunday and a Saturday. */
export const CHINA_2025: CalendarDefinition = {
  name: 'cn',
  timezone: 'Asia/Shanghai',
  holidays: [{ first: '2025-10-01', last: '2025-10-08' }],
  workdays: [
    { first: '2025-09-28', last: '2025-09-28' },
    { first: '2025-10-11', last: '2025-10-11' },
  ],
};

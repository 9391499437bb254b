import type { NamedCalendar } from '../../src/calendar/named-calendar.ts';
import { parseWindow } from '../../src/calendar/parse-window.ts';
import type { Window } from '../../src/calendar/window.ts';
import { formatTime, zoneNamed } from '../../src/calendar/zone.ts';
import { CHINA_2025, calendarFrom } from './calendars.ts';

export const CALENDARS: ReadonlyMap<string, NamedCalendar> = new Map([
  ['cn', calendarFrom(CHINA_2025)],
  ['plain', calendarFrom({ name: 'plain', holidays: [], workdays: [] })],
]);

export function windowFrom(text: string, zone = 'Asia/Shanghai'): Window {
  const parsed = parseWindow(text, { zone: zoneNamed(zone), calendars: CALENDARS });
  if (!parsed.ok) throw new Error(`${text}: ${parsed.message}`);
  return parsed.window;
}

/** `2025-10-01T08:30` in a zone, or with an offset or Z. */
export function at(text: string, zone = 'Asia/Shanghai'): number {
  if (/(?:Z|[+-]\d{2}:\d{2})$/.test(text)) return Temporal.Instant.from(text).epochMilliseconds;
  return Temporal.PlainDateTime.from(text).toZonedDateTime(zone).epochMilliseconds;
}

/** What a window says at an instant, to be read in a table: `in 10-01T08:30 to 10-01T21:00`, `out, opens never`. */
export function says(text: string, time: string, zone = 'Asia/Shanghai'): string {
  const state = windowFrom(text, zone).state(at(time, zone));
  const show = (edge: number | null) => (edge === null ? 'never' : formatTime(edge, zoneNamed(zone)).slice(5, 16));
  return state.inside ? `in ${show(state.openedAt)} to ${show(state.closesAt)}` : `out, opens ${show(state.opensAt)}`;
}

/** The first edges from a local time on, to be read in a table: `10-01T08:30+ 10-01T21:00-`. */
export function edges(text: string, time: string, count: number, zone = 'Asia/Shanghai'): string {
  return windowFrom(text, zone)
    .edgesAfter(at(time, zone), count)
    .map((edge) => `${formatTime(edge.at, zoneNamed(zone)).slice(5, 16)}${edge.opens ? '+' : '-'}`)
    .join(' ');
}

import type { DayKind, NamedCalendar } from './named-calendar.ts';
import type { Zone } from './zone.ts';

/** Three-letter English day names, Monday first; the index is the weekday number of `weekdayOf`. */
export const DAY_NAMES = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

/**
 * Wall-clock times of one day in minutes after midnight. An end at or before the start in the text lies on the next
 * day and is more than 1440 here: `23:00-08:00` is 1380 to 1920.
 */
export interface TimeSpan {
  readonly startMinute: number;
  readonly endMinute: number;
}

/** One checked part of a window. `zone` is the spec's own, else its calendar's, else the one around it. */
export type WindowSpec =
  | { readonly kind: 'always'; readonly zone: Zone }
  | { readonly kind: 'never'; readonly zone: Zone }
  | { readonly kind: 'weekly'; readonly days: ReadonlySet<number>; readonly span: TimeSpan; readonly zone: Zone }
  | {
      readonly kind: 'calendar';
      readonly calendar: NamedCalendar;
      readonly dayKind: DayKind;
      readonly span: TimeSpan;
      readonly zone: Zone;
    }
  | { readonly kind: 'interval'; readonly startAt: number; readonly endAt: number; readonly zone: Zone };

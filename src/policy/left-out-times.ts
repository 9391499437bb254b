import { DAY_MS, parseDay } from '../calendar/civil.ts';
import { type Gap, gapsBetween, isInGap } from '../calendar/gaps.ts';
import type { Window } from '../calendar/window.ts';
import type { WindowSpec } from '../calendar/window-spec.ts';
import { type Zone, zoneNamed } from '../calendar/zone.ts';
import { conditionOf, type Draft } from './draft.ts';

/** A year holds every change of the clocks; the week more is for those that move with the weekdays. */
const AHEAD_MS = 373 * DAY_MS;
const DAY_MINUTES = 1440;
/** A pattern whose minute and hour are plain numbers, or lists of them, runs at a time of day; any other goes by the clock. */
const FIXED = /^[\d,]+\s+[\d,]+\s/;

/** Warns of times of day that the clocks skip on one night of the coming year: they are taken as the moment of the jump. */
export function warnOfLeftOutTimes(draft: Draft, now: number): void {
  const during = conditionOf(draft, 'during');
  for (const spec of during?.window.specs ?? []) {
    if (spec.kind === 'always' || spec.kind === 'never' || spec.kind === 'interval') continue;
    for (const gap of gapsBetween(spec.zone, now, now + AHEAD_MS)) {
      const minute = leftOut(spec, gap);
      if (minute !== null) warn(draft, 'during', spec.zone, gap, minute);
    }
  }
  for (const [zone, gap, minute] of leftOutOnce(during?.window)) warn(draft, 'during', zone, gap, minute);
  const cron = conditionOf(draft, 'cron');
  if (cron === undefined || !FIXED.test(cron.ticks.pattern)) return;
  const [minutes = '', hours = ''] = cron.ticks.pattern.split(/\s+/);
  const zone = zoneNamed(cron.timezone);
  for (const gap of gapsBetween(zone, now, now + AHEAD_MS)) {
    const times = hours.split(',').flatMap((hour) => minutes.split(',').map((minute) => 60 * +hour + +minute));
    const minute = times.find((each) => isWithin(gap, each));
    if (minute !== undefined && cron.ticks.previousTick(gap.jumpAt) === gap.jumpAt)
      warn(draft, 'cron', zone, gap, minute);
  }
}

/** The minute of the day at which the spec opens or closes and that does not exist on the day of the gap. */
function leftOut(spec: Extract<WindowSpec, { kind: 'weekly' | 'calendar' }>, gap: Gap): number | null {
  const { startMinute, endMinute } = spec.span;
  // Which days a calendar means is not asked: a time that a night leaves out is odd on any of them.
  const isOn = (weekday: number) => spec.kind === 'calendar' || spec.days.has(weekday);
  // What begins and ends within the gap is left out altogether.
  const isLost = startMinute >= gap.fromMinute && endMinute <= gap.toMinute;
  if (isOn(gap.weekday) && (isLost || isWithin(gap, startMinute))) return startMinute;
  const endsOn = endMinute > DAY_MINUTES ? (gap.weekday + 6) % 7 : gap.weekday;
  return isOn(endsOn) && endMinute % DAY_MINUTES !== 0 && isWithin(gap, endMinute) ? endMinute % DAY_MINUTES : null;
}

/** Is that minute left out? Not the first one: that is the very instant at which the clocks jump, and nothing is later for it. */
function isWithin(gap: Gap, minute: number): boolean {
  return isInGap(gap, minute) && minute % DAY_MINUTES !== gap.fromMinute;
}

const LOCAL = /(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2})(?::\d{2})?(?![\d:]|Z|[+-]\d{2}:)/g;

/** Of a window's intervals the times of day that do not exist on their day. */
function leftOutOnce(window: Window | undefined): readonly (readonly [Zone, Gap, number])[] {
  const intervals = window?.specs.filter((spec) => spec.kind === 'interval') ?? [];
  if (window === undefined || intervals.length === 0) return [];
  return [...window.text.matchAll(LOCAL)].flatMap(([, day = '', hour, minute]) => {
    const ofDay = 60 * Number(hour) + Number(minute);
    const midnight = (parseDay(day) ?? 0) * DAY_MS;
    return [...new Set(intervals.map(({ zone }) => zone))].flatMap((zone) =>
      gapsBetween(zone, midnight - DAY_MS, midnight + 2 * DAY_MS)
        .filter((gap) => gap.day === day && isWithin(gap, ofDay))
        .map((gap) => [zone, gap, ofDay] as const),
    );
  });
}

function warn(draft: Draft, key: 'during' | 'cron', zone: Zone, gap: Gap, minute: number): void {
  const message =
    `${clock(minute)} does not exist on ${gap.day} in ${zone.name}, where the clocks go from ` +
    `${clock(gap.fromMinute)} to ${clock(gap.toMinute)}: it will be ${clock(gap.toMinute)} that day`;
  draft.subject.warn(['when', key], message);
}

function clock(minute: number): string {
  const ofDay = minute % DAY_MINUTES;
  return `${String(Math.floor(ofDay / 60)).padStart(2, '0')}:${String(ofDay % 60).padStart(2, '0')}`;
}

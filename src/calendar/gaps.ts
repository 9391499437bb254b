import { DAY_MS, formatDay, MINUTE_MS, weekdayOf } from './civil.ts';
import type { Zone } from './zone.ts';

/** A stretch of wall-clock time that a zone leaves out when its clocks are put forward. */
export interface Gap {
  /** The local day, "2027-03-28". */
  readonly day: string;
  /** 0 is Monday. */
  readonly weekday: number;
  /** Minutes after that day's midnight: the first that does not exist, and the first that does again. */
  readonly fromMinute: number;
  readonly toMinute: number;
  /** The instant at which the clocks jump, epoch ms. */
  readonly jumpAt: number;
}

const MINUTES = DAY_MS / MINUTE_MS;

/** The gaps of a zone between two instants (epoch ms), ascending. Zones without daylight saving time have none. */
export function gapsBetween(zone: Zone, fromAt: number, untilAt: number): Gap[] {
  const gaps: Gap[] = [];
  for (let at = fromAt; at < untilAt; at += DAY_MS) {
    const before = zone.offsetMs(at);
    if (zone.offsetMs(at + DAY_MS) <= before) continue;
    const jumpAt = jumpBetween(zone, at, at + DAY_MS, before);
    const wallFrom = jumpAt + before;
    const day = Math.floor(wallFrom / DAY_MS);
    const fromMinute = (wallFrom - day * DAY_MS) / MINUTE_MS;
    const lengthMinutes = (zone.offsetMs(jumpAt) - before) / MINUTE_MS;
    gaps.push({
      day: formatDay(day),
      weekday: weekdayOf(day),
      fromMinute,
      toMinute: fromMinute + lengthMinutes,
      jumpAt,
    });
  }
  return gaps;
}

/** Is that minute of a day within the gap? `minute` may lie on the day after, as the end of a span over midnight does. */
export function isInGap(gap: Gap, minute: number): boolean {
  const ofDay = minute % MINUTES;
  return ofDay >= gap.fromMinute && ofDay < gap.toMinute;
}

/** The first instant with another offset than `before`, to the ms. */
function jumpBetween(zone: Zone, fromAt: number, untilAt: number, before: number): number {
  let low = fromAt;
  let high = untilAt;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (zone.offsetMs(middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

import { DAY_MS, formatDay } from './civil.ts';
import type { Zone } from './zone.ts';

/** The part of a stretch of time that lies in one local day. Epoch ms; `untilAt` excluded. */
export interface PartOfDay {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly fromAt: number;
  readonly untilAt: number;
}

/** A stretch of time cut at the midnights of a zone, in order; a stretch without length has no parts. */
export function byDay(fromAt: number, untilAt: number, zone: Zone): readonly PartOfDay[] {
  const parts: PartOfDay[] = [];
  for (let at = fromAt; at < untilAt; ) {
    const day = Math.floor((at + zone.offsetMs(at)) / DAY_MS);
    // Where the clocks go back over midnight a day has two ends; going on by at least 1 ms ends every such case.
    const endAt = Math.max(at + 1, Math.min(untilAt, zone.firstReading((day + 1) * DAY_MS)));
    parts.push({ day: formatDay(day), fromAt: at, untilAt: endAt });
    at = endAt;
  }
  return parts;
}

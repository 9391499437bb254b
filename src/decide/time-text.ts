import { formatReading } from '../calendar/civil.ts';
import { formatTime, zoneNamed } from '../calendar/zone.ts';

/** The widest instant that JavaScript can name; beyond it a number is shown as it is. */
const EDGE_OF_TIME = 8.64e15;

/**
 * RFC 3339 in UTC, milliseconds only where there are some. Used in occurrences: a key must not change its name when
 * somebody edits a policy's zone.
 */
export function utcText(at: number): string {
  if (!(Math.abs(at) <= EDGE_OF_TIME)) return String(at);
  return `${formatReading(at)}Z`;
}

/** RFC 3339 to the second with the offset of an IANA zone: for people, who have no use for milliseconds. */
export function localText(at: number, timezone: string): string {
  if (!(Math.abs(at) <= EDGE_OF_TIME)) return String(at);
  return formatTime(Math.floor(at / 1000) * 1000, zoneNamed(timezone));
}

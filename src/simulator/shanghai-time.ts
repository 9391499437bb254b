import { DAY_MS, HOUR_MS } from './clocks.ts';

// China has had no daylight saving time since 1991, so a fixed offset is exact for every time the simulator handles.
const SHANGHAI_OFFSET_MS = 8 * HOUR_MS;

/** `2024-06-21T11:22:44+08:00`: the form of huixingyun's structured times (慧星云 API doc, 生成Token). */
export function toShanghaiRfc3339(at: number): string {
  return `${new Date(at + SHANGHAI_OFFSET_MS).toISOString().slice(0, 19)}+08:00`;
}

/** `2024-06-20 17:46:58` without an offset: huixingyun's image descriptions (查询自定义镜像) and center-ai's `regular_time`. */
export function toShanghaiText(at: number): string {
  return new Date(at + SHANGHAI_OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');
}

/** Reads `yyyy-MM-dd HH:mm:ss` as Shanghai time; null when the text is not such a time. */
export function parseShanghaiText(text: string): number | null {
  const match = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})$/.exec(text);
  if (match === null) return null;
  const at = Date.parse(`${match[1]}T${match[2]}+08:00`);
  return Number.isNaN(at) || toShanghaiText(at) !== text ? null : at;
}

/** The same wall clock in Shanghai `months` later, clamped to the month's last day. */
export function addCalendarMonths(at: number, months: number): number {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO('Asia/Shanghai').add({ months })
    .epochMilliseconds;
}

/** The same time `days` later; a day is 24 h. */
export function addDays(at: number, days: number): number {
  return at + days * DAY_MS;
}

/** Whole Unix seconds, chenyu open v2's form of time. */
export function toUnixSeconds(at: number): number {
  return Math.floor(at / 1000);
}

import { formatDuration } from '../calendar/duration.ts';

const MINUTE_MS = 60_000;

/** RFC 3339 as a person reads it in a zone: "11-21 23:00". */
export function shortTime(at: string | null, zone: string): string {
  if (at === null) return '–';
  const local = Temporal.Instant.from(at).toZonedDateTimeISO(zone);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${two(local.month)}-${two(local.day)} ${two(local.hour)}:${two(local.minute)}`;
}

/** How long ago or ahead, in whole minutes: "3h12m". */
export function span(ms: number): string {
  return formatDuration(Math.max(0, Math.round(ms / MINUTE_MS)) * MINUTE_MS);
}

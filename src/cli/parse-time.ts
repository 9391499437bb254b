import type { Zone } from '../calendar/zone.ts';
import { EXIT, UserError } from './exit.ts';

const LOCAL = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?)?$/;

/** A time a person typed, as epoch ms: RFC 3339, or a local date and time in `zone`. @throws UserError */
export function parseTime(option: string, text: string, zone: Zone): number {
  try {
    if (LOCAL.test(text)) return instantOf(option, Temporal.PlainDateTime.from(text.replace(' ', 'T')), zone);
    return Temporal.Instant.from(text).epochMilliseconds;
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `${option}: "${text}" is no time; write 2026-10-01T08:00:00+08:00, or "2026-10-01 08:00" for the zone ${zone.name}`,
      EXIT.usage,
      { cause: error },
    );
  }
}

/** Of a time that comes twice the first. @throws UserError where the clocks leave it out */
function instantOf(option: string, local: Temporal.PlainDateTime, zone: Zone): number {
  const found = local.toZonedDateTime(zone.name);
  if (found.toPlainDateTime().equals(local)) return found.epochMilliseconds;
  const text = `${local.toPlainDate().toString()} ${local.toPlainTime().toString()}`;
  throw new UserError(`${option}: there is no ${text} in ${zone.name}: the clocks are set ahead then`, EXIT.usage);
}

import { parseDuration } from '../../calendar/duration.ts';

/** From when on, epoch ms, as people and programs say it: so long ago (`24h`), or RFC 3339; `null`: that is neither. */
export function sinceOf(text: string, now: number): number | null {
  const ago = parseDuration(text);
  if (ago.ok) return now - ago.ms;
  try {
    return Temporal.Instant.from(text).epochMilliseconds;
  } catch {
    return null;
  }
}

import { parseDuration } from '../../calendar/duration.ts';
import { exported, folderSources } from '../../recording/export.ts';
import type { WebSource } from '../../web/source.ts';
import { recordingDir } from './pass-recorder.ts';

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

/** What the daemon here has kept since then, for whoever asks over HTTP. */
export async function recordingSince(
  stateDir: string,
  text: string | null,
  now: number,
): ReturnType<WebSource['recording']> {
  const since = text === null ? null : sinceOf(text, now);
  if (text !== null && since === null)
    return { kind: 'invalid', message: `since is so long ago, such as 24h, or RFC 3339, not "${text}"` };
  const sources = await folderSources(recordingDir(stateDir), since, () => {});
  if (sources.length === 0) return { kind: 'not-found', message: 'nothing is recorded of that time' };
  return { kind: 'done', pieces: exported(sources, since) };
}

import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import { type Entry, lineOf } from './entries.ts';
import { merged, type OnTorn, readSome, type Source } from './read-entries.ts';
import { SEGMENT_MS } from './recorder.ts';
import { segmentsIn } from './segments.ts';

const compress = promisify(zstdCompress);

/** So much is compressed at once: enough for what is alike to be seen to be. */
const PIECE_CHARACTERS = 4 * 1024 * 1024;
/** What is written by a clock that is a little off is not left out. */
const SLACK_MS = 60_000;

/** Everything in a folder that may be of `since` (epoch ms) or later; `null`: everything. */
export async function folderSources(dir: string, since: number | null, onTorn: OnTorn): Promise<readonly Source[]> {
  const segments = await segmentsIn(dir);
  return segments
    .filter(({ startAt }) => since === null || startAt + SEGMENT_MS + SLACK_MS >= since)
    .map(({ path, startAt }) => ({ startAt, open: () => readSome(path, onTorn) }));
}

/** All of it as one file, compressed piece by piece. What is earlier than `since` is only there for what comes after it. */
export async function* exported(sources: readonly Source[], since: number | null): AsyncGenerator<Buffer> {
  let lines: string[] = [];
  let length = 0;
  for await (const entry of merged(sources)) {
    if (since !== null && isOver(entry, since)) continue;
    const line = lineOf(entry);
    lines.push(line);
    if (since !== null && entry.kind === 'head') lines.push(lineOf({ kind: 'cut', s: entry.s, at: since }));
    length += line.length;
    if (length < PIECE_CHARACTERS) continue;
    yield await compress(lines.join(''));
    lines = [];
    length = 0;
  }
  if (lines.length > 0) yield await compress(lines.join(''));
}

/** Nothing that comes after it needs it, either. */
function isOver(entry: Entry, since: number): boolean {
  if (entry.kind === 'look') return entry.at < since;
  return entry.kind === 'hole' && entry.until < since;
}

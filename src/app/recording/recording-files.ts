import { open, rm, stat } from 'node:fs/promises';
import { exported, folderSources } from '../../recording/export.ts';
import { PassReader } from '../../recording/pass-codec.ts';
import { merged, type OnTorn, readEntries, type Source } from '../../recording/read-entries.ts';
import { segmentsIn } from '../../recording/segments.ts';
import { type Recorded, readRecording } from './read-recording.ts';

/**
 * What is in files and folders of recordings. Of a folder what may be of `since` (epoch ms) or later.
 * @throws Error where one is not there
 */
export async function sourcesOf(
  paths: readonly string[],
  since: number | null,
  onTorn: OnTorn,
): Promise<readonly Source[]> {
  const found = await Promise.all(
    paths.map(async (path): Promise<readonly Source[]> => {
      if ((await stat(path)).isDirectory()) return await folderSources(path, since, onTorn);
      return [{ startAt: null, open: () => readEntries(path, onTorn) }];
    }),
  );
  return found.flat();
}

/** The passes of all of it, by time. @throws NoRecording where a file is none */
export function recordedIn(sources: readonly Source[]): AsyncGenerator<Recorded> {
  return readRecording(merged(sources));
}

/** How large they are, bytes. */
export async function sizeOf(paths: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const path of paths) {
    const found = await stat(path);
    const parts = found.isDirectory() ? await segmentsIn(path) : [{ bytes: found.size }];
    for (const part of parts) bytes += part.bytes;
  }
  return bytes;
}

/**
 * Writes all of it into one file that only its owner can read; answers how large that is. Where that fails, or there is nothing
 * that can be read (0), no file is left behind.
 * @throws Error where it is there already
 */
export async function saveRecording(path: string, sources: readonly Source[], since: number | null): Promise<number> {
  const file = await open(path, 'wx', 0o600);
  let bytes = 0;
  let isWhole = false;
  try {
    for await (const piece of exported(sources, since)) {
      await file.writeFile(piece);
      bytes += piece.length;
    }
    await file.sync();
    isWhole = bytes > 0;
  } finally {
    await file.close();
    if (!isWhole) await rm(path, { force: true });
  }
  return bytes;
}

/** What there is in a recording. Times are epoch ms. */
export interface RecordingInfo {
  readonly from: number | null;
  readonly until: number | null;
  readonly versions: readonly string[];
  /** How often a daemon began to write, or began anew. */
  readonly segments: number;
  /** Sets of policies that were in force. */
  readonly policySets: number;
  readonly accounts: readonly {
    readonly account: string;
    readonly from: number;
    readonly until: number;
    readonly passes: number;
    readonly instances: number;
  }[];
  readonly holes: readonly {
    readonly at: number;
    readonly until: number;
    readonly passes: number;
    readonly why: string;
  }[];
}

/** Looks through all of it without deciding anything. */
export async function recordingInfo(sources: readonly Source[]): Promise<RecordingInfo> {
  const accounts = new Map<string, { from: number; until: number; passes: number; readonly instances: Set<string> }>();
  const streams = new Map<string, { readonly codecs: Map<string, PassReader>; since: number }>();
  const versions = new Set<string>();
  const rules = new Set<string>();
  const holes: RecordingInfo['holes'][number][] = [];
  let segments = 0;
  for await (const entry of merged(sources)) {
    if (entry.kind === 'head') {
      segments += 1;
      versions.add(entry.version);
      streams.set(entry.s, { codecs: new Map(), since: Number.NEGATIVE_INFINITY });
      continue;
    }
    const stream = streams.get(entry.s);
    if (stream === undefined) continue;
    if (entry.kind === 'cut') stream.since = entry.at;
    else if (entry.kind === 'hole')
      holes.push({ at: entry.at, until: entry.until, passes: entry.passes, why: entry.why });
    else if (entry.kind === 'pass') {
      const { account, at } = entry;
      const codec = stream.codecs.get(account) ?? new PassReader();
      stream.codecs.set(account, codec);
      const { rows } = codec.read(entry);
      if (at < stream.since) continue;
      rules.add(entry.rules);
      const known = accounts.get(account) ?? { from: at, until: at, passes: 0, instances: new Set<string>() };
      accounts.set(account, known);
      known.from = Math.min(known.from, at);
      known.until = Math.max(known.until, at);
      known.passes += 1;
      for (const id of rows.keys()) known.instances.add(id);
    }
  }
  const rows = [...accounts].map(([account, { instances, ...rest }]) => ({
    account,
    ...rest,
    instances: instances.size,
  }));
  return {
    from: rows.length === 0 ? null : Math.min(...rows.map((row) => row.from)),
    until: rows.length === 0 ? null : Math.max(...rows.map((row) => row.until)),
    versions: [...versions],
    segments,
    policySets: rules.size,
    accounts: rows.sort((a, b) => (a.account < b.account ? -1 : 1)),
    holes,
  };
}

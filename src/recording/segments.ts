import { access, mkdir, readdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** `1763801220123-3fa9c1d2e4b5.zst`: when it begins, epoch ms, and whose it is. */
const NAME = /^(\d{13,})-([0-9a-f]{12})\.zst$/;

/** A part of what one daemon has kept. */
export interface Segment {
  readonly path: string;
  /** Epoch ms. */
  readonly startAt: number;
  readonly stream: string;
  readonly bytes: number;
}

export function segmentPath(dir: string, startAt: number, stream: string): string {
  return join(dir, `${String(startAt).padStart(13, '0')}-${stream}.zst`);
}

/** By time. None where there is no such folder. */
export async function segmentsIn(dir: string): Promise<readonly Segment[]> {
  const names = await readdir(dir).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  const segments: Segment[] = [];
  for (const name of names) {
    const [, startAt, stream] = NAME.exec(name) ?? [];
    if (startAt === undefined || stream === undefined) continue;
    const path = join(dir, name);
    // Another daemon may have taken it away meanwhile.
    const found = await stat(path).catch(() => null);
    if (found !== null) segments.push({ path, startAt: Number(startAt), stream, bytes: found.size });
  }
  return segments.sort((a, b) => a.startAt - b.startAt);
}

export async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

/** What is free on the disk of a folder for whoever is not its administrator, bytes. */
export async function freeIn(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir);
  return bavail * bsize;
}

export async function makeFolder(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
}

/**
 * Takes away what is too old or too much, the oldest first, and never the one that is being written. Answers what is left, in
 * bytes.
 * @param before segments that began before are too old
 */
export async function prune(
  dir: string,
  limits: { readonly before: number; readonly maxBytes: number; readonly writing: string | null },
): Promise<number> {
  const segments = await segmentsIn(dir);
  let left = segments.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { path, startAt, bytes } of segments) {
    if (startAt >= limits.before && left <= limits.maxBytes) break;
    if (path === limits.writing) continue;
    await rm(path, { force: true });
    left -= bytes;
  }
  return left;
}

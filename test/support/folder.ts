import { mkdtemp, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
/** What the files of a few tests at once take, many times over. */
const ENOUGH_BYTES = 512 * 1024 * 1024;

/**
 * A new folder for a test, in memory where there is room: everything of ours is written through to the disk, and a disk
 * that others keep busy would make minutes of seconds.
 */
export async function newFolder(prefix: string): Promise<string> {
  try {
    const { bavail, bsize } = await statfs(MEMORY);
    if (bavail * bsize > ENOUGH_BYTES) return await mkdtemp(join(MEMORY, prefix));
  } catch {
    // Not every machine has it, or lets us write there.
  }
  return await mkdtemp(join(tmpdir(), prefix));
}

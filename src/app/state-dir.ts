import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A disk that does not answer for so long (a network mount whose server is gone) is no place for a ledger's memory. */
const LIMIT_MS = 10_000;

/** The directory that must be written to cannot be, in a sentence. */
export class StateDirUnusable extends Error {
  constructor(dir: string, cause: unknown) {
    super(`stateDir ${dir} cannot be used: ${why(cause)}`, { cause });
    this.name = 'StateDirUnusable';
  }
}

function why(cause: unknown): string {
  return cause instanceof Error ? cause.message : 'no reason given';
}

/** Makes the directory where there is none, and proves that it can be written to. @throws StateDirUnusable */
export async function ensureStateDir(dir: string, signal: AbortSignal): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  const timer = setTimeout(() => reject(new Error(`no answer in ${LIMIT_MS / 1000} s`)), LIMIT_MS);
  signal.addEventListener('abort', stop, { once: true });
  try {
    signal.throwIfAborted();
    await Promise.race([late, tryWriting(dir)]);
  } catch (error) {
    signal.throwIfAborted();
    throw new StateDirUnusable(dir, error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

async function tryWriting(dir: string): Promise<void> {
  await makeAll(dir);
  const probe = join(dir, `.writable.${process.pid}`);
  await writeFile(probe, '');
  await rm(probe, { force: true });
}

/**
 * Level by level: the recursive mkdir of Node tries for ever under /proc, where a directory that is there will not take
 * another.
 */
async function makeAll(dir: string): Promise<void> {
  if (await made(dir)) return;
  const parent = dirname(dir);
  if (parent !== dir) await makeAll(parent);
  await mkdir(dir).catch((error: unknown) => {
    // Somebody else made it meanwhile.
    if (codeOf(error) !== 'EEXIST') throw error;
  });
}

/** `false`: its parent is not there. */
async function made(dir: string): Promise<boolean> {
  try {
    await mkdir(dir);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return true;
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : null;
}

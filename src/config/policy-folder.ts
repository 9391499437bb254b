import { constants, type FileHandle, open, readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { PolicyFile } from '../policy/compile.ts';
import type { Located } from '../yaml/located.ts';
import { MAX_BYTES } from '../yaml/read-document.ts';

/** A folder with more is not a folder of policies, and reading it would take long. */
const MAX_FILES = 200;

export type ReadFolder =
  | { readonly ok: true; readonly files: readonly PolicyFile[] }
  | { readonly ok: false; readonly errors: readonly Located[] };

/**
 * Reads the `.yaml` and `.yml` files of one folder, without its sub-folders, in the order of their names. Hidden files,
 * and the `..data` of a mounted ConfigMap, are left out; links are followed. What cannot be read is an error: a policy
 * that is left out in silence would be worse. Test files (`NAME.test.yaml`) are not policies.
 * @param from what file names in errors are relative to
 */
export async function readPolicyFolder(folder: string, from: string, signal?: AbortSignal): Promise<ReadFolder> {
  const nothing = 'the policy folder holds no .yaml file';
  return await readFiles(folder, from, isPolicyFile, nothing, signal);
}

/** The same of the tests that lie beside the policies: `NAME.test.yaml`. */
export async function readTestFiles(folder: string, from: string, signal?: AbortSignal): Promise<ReadFolder> {
  return await readFiles(folder, from, isTestFile, 'the folder holds no tests: NAME.test.yaml', signal);
}

async function readFiles(
  folder: string,
  from: string,
  isMeant: (name: string) => boolean,
  nothing: string,
  signal: AbortSignal | undefined,
): Promise<ReadFolder> {
  const shown = shortened(folder, from);
  let names: string[];
  try {
    names = (await readdir(folder)).filter(isMeant).sort();
  } catch (error) {
    return { ok: false, errors: [noFolder(shown, error)] };
  }
  if (names.length === 0) return { ok: false, errors: [about(shown, nothing)] };
  if (names.length > MAX_FILES) {
    return {
      ok: false,
      errors: [about(shown, `the policy folder holds ${names.length} files; at most ${MAX_FILES} are read`)],
    };
  }
  const files: PolicyFile[] = [];
  const errors: Located[] = [];
  for (const name of names) {
    signal?.throwIfAborted();
    const file = shortened(join(folder, name), from);
    const text = await readOrdinary(join(folder, name), file);
    if (typeof text === 'string') files.push({ file, text });
    else errors.push(text);
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, files };
}

/**
 * One text file, at most 256 kB, as UTF-8. Whoever names it may name a pipe, too.
 * @param shown how errors name it
 */
export async function readText(path: string, shown: string): Promise<string | Located> {
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) return tooLarge(shown, size);
    return asText(await readFile(path));
  } catch (error) {
    return unread(shown, error);
  }
}

/** As `readText`, of a file that nobody named: what lies in a folder may be a pipe without an end, or a link to a device. */
async function readOrdinary(path: string, shown: string): Promise<string | Located> {
  try {
    // Without waiting: whoever opens a pipe waits for somebody who writes into it.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (!stats.isFile()) return about(shown, 'this is no ordinary file');
      if (stats.size > MAX_BYTES) return tooLarge(shown, stats.size);
      // A file may grow while it is read.
      const bytes = await readUpTo(file, MAX_BYTES + 1);
      return bytes.length > MAX_BYTES ? tooLarge(shown, bytes.length) : asText(bytes);
    } finally {
      await file.close();
    }
  } catch (error) {
    return unread(shown, error);
  }
}

function asText(bytes: Buffer): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

function unread(shown: string, error: unknown): Located {
  if (error instanceof TypeError) return about(shown, 'the file is not UTF-8 text');
  if (isAbsent(error)) return about(shown, 'there is no such file');
  return unreadable(shown, 'the file cannot be read', error);
}

async function readUpTo(file: FileHandle, most: number): Promise<Buffer> {
  const bytes = Buffer.alloc(most);
  let size = 0;
  for (;;) {
    const { bytesRead } = await file.read(bytes, size, most - size);
    if (bytesRead === 0) return bytes.subarray(0, size);
    size += bytesRead;
  }
}

function tooLarge(shown: string, size: number): Located {
  return about(shown, `the file has ${size} bytes; at most ${MAX_BYTES} (256 kB) are read`);
}

function isPolicyFile(name: string): boolean {
  return /\.ya?ml$/i.test(name) && !name.startsWith('.') && !isTestFile(name);
}

function isTestFile(name: string): boolean {
  return /\.test\.ya?ml$/i.test(name) && !name.startsWith('.');
}

/** A path as messages show it: relative where it lies below `from`. */
export function shortened(path: string, from: string): string {
  const short = relative(from, path);
  return short === '' || short.startsWith('..') ? path : short;
}

function unreadable(file: string, message: string, error: unknown): Located {
  const why = error instanceof Error ? error.message : String(error);
  return about(file, `${message}: ${why}`);
}

/** About a file or folder as a whole. */
export function about(file: string, message: string, hint: string | null = null): Located {
  return { file, line: 1, column: 1, length: 1, message, hint, sourceLine: '' };
}

function noFolder(shown: string, error: unknown): Located {
  if (isAbsent(error)) return about(shown, 'there is no such policy folder');
  const isFile = error instanceof Error && 'code' in error && error.code === 'ENOTDIR';
  if (isFile) return about(shown, 'the policy folder is a file; name the folder that it is in');
  return unreadable(shown, 'the policy folder cannot be read', error);
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

import { readFile, stat } from 'node:fs/promises';

/** Far longer than any token. */
const MAX_BYTES = 16 * 1024;

export interface SecretFile {
  /** Without white space around it. */
  readonly text: string;
  /** Every user of this machine may read it. */
  readonly worldReadable: boolean;
}

/** Reads one secret file; throws an Error whose message says why it cannot. */
export type SecretReader = (path: string) => Promise<SecretFile>;

/** From the file system. Containers mount secrets readable for all, and nobody else is in there: that is not told of. */
export const readSecretFile: SecretReader = async (path) => {
  const { size, mode } = await stat(path);
  if (size > MAX_BYTES) throw new Error(`the file has ${size} bytes, which is too long for a secret`);
  const text = (await readFile(path, 'utf8')).trim();
  return { text, worldReadable: (mode & 0o004) !== 0 && !path.startsWith('/run/secrets/') };
};

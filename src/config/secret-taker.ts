import { resolve } from 'node:path';
import type { Subject } from '../policy/findings.ts';
import type { Path } from '../yaml/yaml-document.ts';
import { Secret, secretProblem } from './secret.ts';
import type { SecretReader } from './secret-files.ts';
import { standIn } from './stand-ins.ts';

/** A secret as the file gives it: itself, or where it stands. */
export interface Given {
  readonly inline: string | undefined;
  readonly file: string | undefined;
  readonly needed?: boolean;
  /** What is wrong with its text; without it what a token has to be. */
  readonly problem?: (text: string) => string | null;
}

type Check = NonNullable<Given['problem']>;
type Key = 'token' | 'viewerToken' | 'secret' | 'url' | 'password' | 'passphrase' | 'privateKey';

/** Takes secrets from where the configuration says they are. */
export class SecretTaker {
  readonly #folder: string;
  readonly #read: SecretReader | null;
  #standIns = 0;

  /**
   * @param folder what paths in the configuration are relative to
   * @param read `null`: nobody is spoken to, so that something else may stand for what is in files
   */
  constructor(folder: string, read: SecretReader | null) {
    this.#folder = folder;
    this.#read = read;
  }

  /**
   * The secret `key` (or `keyFile`) of the map at `path`. `null` where there is none, or where it was refused with an
   * error. Errors never quote it.
   */
  async take(subject: Subject, path: Path, key: Key, given: Given): Promise<Secret | null> {
    const { inline, file, needed = false, problem = secretProblem } = given;
    if (inline !== undefined && file !== undefined) {
      subject.error([...path, key], `${key} and ${key}File are both set; keep one`, { part: 'key' });
      return null;
    }
    if (file !== undefined) return this.#fromFile(subject, [...path, `${key}File`], file, problem);
    if (inline !== undefined) return this.#inline(subject, [...path, key], key, inline, problem);
    const isPerhapsThere = [key, `${key}File`].some((each) => subject.lost.perhaps([...path, each]));
    if (needed && !isPerhapsThere) subject.error(path, `${key} or ${key}File is missing`, { part: 'key' });
    return null;
  }

  async #fromFile(subject: Subject, path: Path, file: string, check: Check): Promise<Secret | null> {
    if (this.#read === null) {
      this.#standIns += 1;
      return new Secret(standIn(String(this.#standIns)));
    }
    try {
      const { text, worldReadable } = await this.#read(resolve(this.#folder, file));
      const problem = check(text);
      if (problem !== null) {
        subject.error(path, `the secret in ${file} ${problem}`);
        return null;
      }
      if (worldReadable) subject.warn(path, `every user of this machine can read ${file}; chmod 600 it`);
      return new Secret(text);
    } catch (error) {
      subject.error(path, whyUnread(file, error));
      return null;
    }
  }

  #inline(subject: Subject, path: Path, key: Key, text: string, check: Check): Secret | null {
    const problem = check(text);
    if (problem !== null) {
      subject.error(path, `the ${key} ${problem}`);
      return null;
    }
    const written = subject.document.data([...subject.path, ...path]);
    if (key !== 'url' && typeof written === 'string' && !written.includes('${')) {
      const message = `the ${key} stands in this file for everybody to read; use ${key}File`;
      subject.warn(path, message, { part: 'key' });
    }
    return new Secret(text);
  }
}

function whyUnread(file: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'ENOENT') return `there is no file ${file}`;
  if (code === 'EACCES') return `${file} may not be read by the user who runs this; chown it to that user`;
  if (code === 'EISDIR') return `${file} is a folder; name the file in it that holds the secret`;
  return `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
}

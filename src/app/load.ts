import type { Config } from '../config/config.ts';
import { type ConfigResult, compileOptions } from '../config/load-config.ts';
import { readPolicyFolder } from '../config/policy-folder.ts';
import { type CompileResult, compile, type PolicyFile } from '../policy/compile.ts';
import type { DocumentMemo } from '../yaml/document-memo.ts';
import type { Located } from '../yaml/located.ts';

/** Configuration or policies that cannot be used, with every mistake and its place. */
export class InvalidInput extends Error {
  readonly errors: readonly Located[];

  constructor(what: string, errors: readonly Located[]) {
    super(`${what}: ${errors.length} ${errors.length === 1 ? 'error' : 'errors'}`);
    this.name = 'InvalidInput';
    this.errors = errors;
  }
}

export function configOrThrow(result: ConfigResult): Config {
  if (!result.ok) throw new InvalidInput('the configuration is not valid', result.errors);
  return result.config;
}

export type LoadedPolicies =
  | {
      readonly ok: true;
      readonly files: readonly PolicyFile[];
      readonly set: Extract<CompileResult, { ok: true }>['set'];
    }
  | { readonly ok: false; readonly errors: readonly Located[] };

/**
 * Reads and compiles the policies of a configuration: all of them or none.
 * @param documents what was read before, where the same folder is read again and again
 */
export async function loadPolicies(
  config: Config,
  cwd: string,
  now: number,
  documents?: DocumentMemo,
): Promise<LoadedPolicies> {
  const folder = await readPolicyFolder(config.policiesDir, cwd);
  if (!folder.ok) return { ok: false, errors: folder.errors };
  return compileFiles(folder.files, config, now, documents);
}

export function compileFiles(
  files: readonly PolicyFile[],
  config: Config,
  now: number,
  documents?: DocumentMemo,
): LoadedPolicies {
  const options = compileOptions(config, now);
  const compiled = compile(files, documents === undefined ? options : { ...options, documents });
  return compiled.ok ? { ok: true, files, set: compiled.set } : { ok: false, errors: compiled.errors };
}

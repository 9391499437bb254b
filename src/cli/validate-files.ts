import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { type FleetLook, farReach } from '../app/look-at-fleet.ts';
import type { Config } from '../config/config.ts';
import { readConfigFile } from '../config/config-file.ts';
import { fileKind } from '../config/file-kind.ts';
import { compileOptions } from '../config/load-config.ts';
import { about, readPolicyFolder, readText, shortened } from '../config/policy-folder.ts';
import { compile, type PolicyFile } from '../policy/compile.ts';
import type { CompileOptions } from '../policy/draft.ts';
import type { Located } from '../yaml/located.ts';
import { configOptions, sharedOptions } from './context.ts';
import type { Io } from './io.ts';

/** What `validate` found in the files. */
export interface CheckedFiles {
  readonly errors: readonly Located[];
  readonly warnings: readonly Located[];
  readonly policies: number;
  /** Nothing will be done: every policy only observes. */
  readonly observing: boolean;
  /** `null`: it holds mistakes, or none was asked for. */
  readonly config: Config | null;
}

/** Without a configuration nothing that depends on one is checked. */
const NO_CONFIG = { accounts: null, notifiers: null, timezone: 'Asia/Shanghai', mode: 'observe' } as const;

/**
 * Checks the configuration and its policies, each file as what it is by its content. A configuration among `files` is
 * taken instead of the usual one; policy files among them instead of the folder.
 */
export async function checkFiles(
  files: readonly string[],
  command: Command,
  io: Io,
  {
    withConfig,
    now,
    lookAt,
  }: {
    readonly withConfig: boolean;
    readonly now: number;
    /** Asks what the accounts of a configuration have; left out: nobody wants to know. */
    readonly lookAt?: (config: Config) => Promise<FleetLook | null>;
  },
): Promise<CheckedFiles> {
  const errors: Located[] = [];
  const warnings: Located[] = [];
  const given = await sorted(files, io, errors);
  let compileWith: CompileOptions = { ...NO_CONFIG, now };
  let folder: string | null = null;
  let config: Config | null = null;
  let look: FleetLook | null = null;
  const usual = withConfig ? [sharedOptions(command).config] : [];
  for (const [index, file] of (given.configs.length > 0 ? given.configs : usual).entries()) {
    const read = await readConfigFile(file, io.cwd, configOptions(command, io));
    warnings.push(...(read.ok ? read.config.warnings : read.warnings));
    if (!read.ok) errors.push(...read.errors);
    // Of several the first is the one that the policies are held against.
    if (index > 0) continue;
    config = read.ok ? read.config : null;
    compileWith = read.ok ? compileOptions(read.config, now) : { ...NO_CONFIG, ...read.known?.options, now };
    look = config === null ? null : ((await lookAt?.(config)) ?? null);
    if (look !== null) compileWith = { ...compileWith, fleet: look.fleet };
    folder = read.ok ? read.config.policiesDir : (read.known?.policiesDir ?? null);
  }
  const isAboutFolder = files.length === 0 || (given.configs.length > 0 && given.policies.length === 0);
  const texts = isAboutFolder ? await readFolder(folder, given.configs[0], command, io, errors) : given.policies;
  if (texts.length === 0) return { errors, warnings, policies: 0, observing: false, config };
  const result = compile(texts, compileWith);
  if (!result.ok) errors.push(...result.errors);
  warnings.push(...(result.ok ? result.set.warnings : result.warnings));
  if (result.ok && look !== null && config !== null && isAboutFolder) {
    const far = farReach(look, config, result.set.policies);
    const shown = shortened(config.policiesDir, io.cwd);
    if (far !== null) warnings.push(about(shown, `in place of the policies in force ${far}`));
  }
  const [policies, observing] = result.ok ? [result.set.policies.length, result.set.observing] : [0, false];
  return { errors, warnings, policies, observing, config };
}

interface Given {
  readonly configs: readonly string[];
  readonly policies: readonly PolicyFile[];
}

/** Reads the files that were named and tells by their content which is which. */
async function sorted(files: readonly string[], io: Io, errors: Located[]): Promise<Given> {
  const configs: string[] = [];
  const policies: PolicyFile[] = [];
  for (const file of files) {
    const path = resolve(io.cwd, file);
    const shown = shortened(path, io.cwd);
    const text = await readText(path, shown);
    if (typeof text !== 'string') {
      errors.push(text);
      continue;
    }
    const kind = fileKind(file, text);
    if (kind === 'configuration') configs.push(file);
    else if (kind !== 'test') policies.push({ file: shown, text });
    else io.err(`${shown} holds tests of policies; these are not checked here\n`);
  }
  return { configs, policies };
}

async function readFolder(
  folder: string | null,
  given: string | undefined,
  command: Command,
  io: Io,
  errors: Located[],
): Promise<readonly PolicyFile[]> {
  const { policies, config } = sharedOptions(command);
  // With a configuration that cannot be read its folder is not known; the usual one beside it is still worth a look.
  const beside = resolve(dirname(resolve(io.cwd, given ?? config)), 'policies');
  const path = folder ?? (policies === undefined ? beside : resolve(io.cwd, policies));
  const read = await readPolicyFolder(path, io.cwd);
  if (read.ok) return read.files;
  // That a folder is not there which nobody has named is no mistake.
  if (folder === null && policies === undefined && errors.length > 0) return [];
  errors.push(...read.errors);
  return [];
}

import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { readConfigFile } from '../../config/config-file.ts';
import { compileOptions } from '../../config/load-config.ts';
import { readPolicyFolder, readText, shortened } from '../../config/policy-folder.ts';
import { compile, type PolicyFile } from '../../policy/compile.ts';
import type { CompileOptions } from '../../policy/draft.ts';
import { type Located, renderLocated } from '../../yaml/located.ts';
import { configOptions, sharedOptions } from '../context.ts';
import { EXIT, UserError } from '../exit.ts';
import { type Io, printJson } from '../io.ts';

/** `lamplighter validate [FILES…]`: every mistake of configuration and policies, with its place. Offline. */
export function validateCommand(program: Command, io: Io): void {
  program
    .command('validate')
    .description('check the configuration and the policies; nothing is contacted')
    .argument('[files...]', 'policy files to check instead of the folder')
    .option('--no-config', 'check policy files without a configuration: account names and abilities are not checked')
    .option('--json', 'print JSON')
    .action(async (files: string[], options: { config: boolean; json?: boolean }, command: Command) => {
      const errors: Located[] = [];
      const warnings: Located[] = [];
      let compileWith: CompileOptions = {
        accounts: null,
        notifiers: null,
        timezone: 'Asia/Shanghai',
        mode: 'observe',
        now: Date.now(),
      };
      let folder: string | null = null;
      if (options.config) {
        const { config } = sharedOptions(command);
        const read = await readConfigFile(config, io.cwd, configOptions(command, io));
        if (read.ok) {
          compileWith = compileOptions(read.config, Date.now());
          folder = read.config.policiesDir;
          warnings.push(...read.config.warnings);
        } else {
          errors.push(...read.errors);
          warnings.push(...read.warnings);
        }
      }
      const texts =
        files.length > 0 ? await readFiles(files, io, errors) : await readFolder(folder, command, io, errors);
      let policies = 0;
      if (texts.length > 0) {
        const result = compile(texts, compileWith);
        if (result.ok) {
          policies = result.set.policies.length;
          warnings.push(...result.set.warnings);
        } else {
          errors.push(...result.errors);
          warnings.push(...result.warnings);
        }
      }
      report(io, options.json === true, errors, warnings, policies);
    });
}

async function readFiles(files: readonly string[], io: Io, errors: Located[]): Promise<PolicyFile[]> {
  const texts: PolicyFile[] = [];
  for (const file of files) {
    const path = resolve(io.cwd, file);
    const shown = shortened(path, io.cwd);
    const text = await readText(path, shown);
    if (typeof text === 'string') texts.push({ file: shown, text });
    else errors.push(text);
  }
  return texts;
}

async function readFolder(
  folder: string | null,
  command: Command,
  io: Io,
  errors: Located[],
): Promise<readonly PolicyFile[]> {
  const { policies, config } = sharedOptions(command);
  // With a configuration that cannot be read its folder is not known; the usual one beside it is still worth a look.
  const path =
    folder ??
    (policies === undefined ? resolve(dirname(resolve(io.cwd, config)), 'policies') : resolve(io.cwd, policies));
  const read = await readPolicyFolder(path, io.cwd);
  if (read.ok) return read.files;
  errors.push(...read.errors);
  return [];
}

function report(
  io: Io,
  json: boolean,
  errors: readonly Located[],
  warnings: readonly Located[],
  policies: number,
): void {
  if (json) {
    const plain = (located: Located) => ({
      file: located.file,
      line: located.line,
      column: located.column,
      message: located.message,
      hint: located.hint,
    });
    printJson(io, { valid: errors.length === 0, policies, errors: errors.map(plain), warnings: warnings.map(plain) });
  } else {
    for (const warning of warnings)
      io.err(`${renderLocated({ ...warning, message: `warning: ${warning.message}` })}\n`);
    for (const error of errors) io.out(`${renderLocated(error)}\n`);
    if (errors.length === 0) io.out(`valid: ${policies} policies\n`);
  }
  if (errors.length > 0)
    throw new UserError(`${errors.length} ${errors.length === 1 ? 'error' : 'errors'}`, EXIT.invalid);
}

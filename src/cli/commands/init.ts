import { randomBytes } from 'node:crypto';
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { loadPolicies } from '../../app/load.ts';
import { readConfigFile } from '../../config/config-file.ts';
import { renderLocated } from '../../yaml/located.ts';
import { EXIT, UserError } from '../exit.ts';
import { type Answers, type GivenSecret, secretsOf } from '../init/answers.ts';
import { Collector, type InitFlags } from '../init/collect.ts';
import { CONTROL_TOKEN, configText, policyTexts } from '../init/texts.ts';
import type { Io } from '../io.ts';

interface InitOptions extends InitFlags {
  readonly yes?: boolean;
  readonly force?: boolean;
}

const CONFIG = 'lamplighter.yaml';
const CONTROL_TOKEN_BYTES = 32;
/** Secrets are for whoever runs the daemon, and for nobody else to read or to change by mistake. */
const SECRET_MODE = 0o400;

/** `lamplighter init [DIR]`: a first configuration with first policies, which only say what they would do. */
export function initCommand(program: Command, io: Io): void {
  const several = (value: string, before: readonly string[] = []) => [...before, value];
  program
    .command('init')
    .description(
      'write a first configuration and first policies, which only say what they would do; asks for what it needs',
    )
    .argument('[dir]', 'where to', '.')
    .option('--provider <kind>', 'huixingyun, chenyu or chenyu-v1; may be said several times', several)
    .option(
      '--token-file <file>',
      'the file that holds its API token; one for each --provider, in the same order',
      several,
    )
    .option('--notifier <type>', 'feishu, dingtalk, wecom, slack, webhook, email, alertmanager or none')
    .option('--notifier-url-file <file>', 'the file that holds its address')
    .option('--notifier-secret-file <file>', 'the file that holds its signing secret')
    .option('--mail-host <host>', 'of --notifier email: the mail server')
    .option('--mail-from <mailbox>', 'whom mail comes from')
    .option('--mail-to <mailbox>', 'who gets it; may be said several times', several)
    .option('--mail-user <user>', 'where the mail server asks for one')
    .option('--mail-password-file <file>', 'the file that holds its password')
    .option('--redis <url>', 'redis:// or rediss://')
    .option('--state-dir <dir>', 'where the daemon remembers how far the ledger had come; relative to DIR')
    .option('--dev <names>', 'names of machines that may be stopped when idle, such as dev-*')
    .option('--prod <names>', 'names of machines that must never be stopped, such as prod-*')
    .option('--yes', 'ask nothing; what is not said is as usual')
    .option('--force', 'replace a configuration and policies that are there; never a secret')
    .action(async (dir: string, options: InitOptions) => {
      const folder = resolve(io.cwd, dir);
      const ask = options.yes === true ? null : (io.ask ?? null);
      // Before the first question: nobody types a secret for nothing.
      await mayReplace([CONFIG], folder, io, options);
      const answers = await new Collector(io, folder, ask).collect(options);
      const policyFiles = [...policyTexts(answers)].map(([name, text]) => [join('policies', name), text] as const);
      const names = policyFiles.map(([name]) => name);
      await mayReplace(names, folder, io, options);
      const written = await writeSecrets(folder, answers);
      for (const [name, text] of [[CONFIG, configText(answers)] as const, ...policyFiles])
        await replace(join(folder, name), text);
      const policies = await mustBeValid(folder, io);
      for (const name of [CONFIG, ...names, ...written]) io.out(`wrote ${shown(folder, name, io)}\n`);
      io.out(`\n${policies} policies, all of which only observe. What comes next:\n${nextSteps(folder, io)}`);
    });
}

async function mayReplace(
  names: readonly string[],
  folder: string,
  io: Io,
  { yes, force }: InitOptions,
): Promise<void> {
  if (force === true) return;
  const there: string[] = [];
  for (const name of names) if (await exists(join(folder, name))) there.push(shown(folder, name, io));
  if (there.length === 0) return;
  const list = there.join(', ');
  if (yes === true || io.ask === undefined)
    throw new UserError(
      `${list} ${there.length === 1 ? 'is' : 'are'} there already; nothing was written (--force replaces)`,
      EXIT.failed,
    );
  if (!(await io.ask.yes(`Replace ${list}?`, false))) throw new UserError('nothing was written', EXIT.failed);
}

/** Writes what was typed, and a control token. A secret that is there already is never replaced. */
async function writeSecrets(folder: string, { accounts, notifier }: Answers): Promise<string[]> {
  const given = [...accounts.map(({ token }) => token), ...secretsOf(notifier)];
  const typed = given.filter((secret): secret is Extract<GivenSecret, { kind: 'typed' }> => secret.kind === 'typed');
  for (const { file } of typed) {
    if (await exists(join(folder, file)))
      throw new UserError(
        `${join(folder, file)} is there already, and a secret is never replaced; move it away, or name it as the file`,
      );
  }
  await mkdir(join(folder, 'secrets'), { recursive: true, mode: 0o700 });
  const written: string[] = [];
  const write = async (name: string, text: string, mode = SECRET_MODE) => {
    await writeFile(join(folder, name), `${text}\n`, { mode, flag: 'wx' });
    written.push(name);
  };
  for (const { file, text } of typed) await write(file, text);
  if (!(await exists(join(folder, CONTROL_TOKEN))))
    await write(CONTROL_TOKEN, randomBytes(CONTROL_TOKEN_BYTES).toString('base64url'));
  // Whoever keeps the rest of the folder in git does not put the secrets there.
  if (!(await exists(join(folder, 'secrets', '.gitignore')))) await write('secrets/.gitignore', '*', 0o644);
  return written;
}

/** Beside it first, so that one that is there is whole at every moment. */
async function replace(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const beside = `${path}.${process.pid}.new`;
  try {
    await writeFile(beside, text);
    await rename(beside, path);
  } finally {
    await rm(beside, { force: true });
  }
}

/** What was written is read as the daemon reads it. Answers how many policies there are. */
async function mustBeValid(folder: string, io: Io): Promise<number> {
  const read = await readConfigFile(join(folder, CONFIG), io.cwd, { environment: io.env });
  if (!read.ok) throw notValid(read.errors.map(renderLocated), io);
  const loaded = await loadPolicies(read.config, io.cwd, Date.now());
  if (!loaded.ok) throw notValid(loaded.errors.map(renderLocated), io);
  return loaded.set.policies.length;
}

function notValid(errors: readonly string[], io: Io): UserError {
  io.err(`${errors.join('\n')}\n`);
  return new UserError('the files were written, and something about them is to be mended', EXIT.invalid);
}

function nextSteps(folder: string, io: Io): string {
  const file = relative(io.cwd, join(folder, CONFIG));
  const where = file === CONFIG ? '' : ` --config ${/^[\w./-]+$/.test(file) ? file : JSON.stringify(file)}`;
  const steps = [
    [`lamplighter doctor${where}`, 'is everything there that it needs?'],
    [`lamplighter run${where}`, 'the daemon; it only looks until a policy says enforce'],
    [`lamplighter plan --explain${where}`, 'beside it: what it would do, and why not the rest'],
  ] as const;
  const width = Math.max(...steps.map(([command]) => command.length));
  return steps.map(([command, about]) => `  ${command.padEnd(width)}   # ${about}\n`).join('');
}

function shown(folder: string, name: string, io: Io): string {
  return relative(io.cwd, join(folder, name));
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

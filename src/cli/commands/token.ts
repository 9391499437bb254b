import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '../../app/clock.ts';
import { DEFAULT_BASE_URL } from '../../fleet/provider-kind.ts';
import { rfc3339 } from '../../fleet/rfc3339.ts';
import { HuixingyunTokens } from '../../providers/huixingyun/tokens.ts';
import { EXIT, UserError } from '../exit.ts';
import { type Io, printJson } from '../io.ts';
import { table } from '../table.ts';

interface TokenOptions {
  readonly username: string;
  readonly baseUrl: string;
  readonly json?: boolean;
}

/** `lamplighter token create|list|delete`: huixingyun's tokens. The console password is asked for and kept nowhere. */
export function tokenCommands(program: Command, io: Io): void {
  const token = program
    .command('token')
    .description('manage API tokens of 慧星云; asks for the console password and keeps it nowhere');
  const shared = (name: string, description: string) =>
    token
      .command(name)
      .description(description)
      .requiredOption('--username <name>', 'the console account')
      .option('--base-url <url>', 'the API', DEFAULT_BASE_URL.huixingyun)
      .option('--json', 'print JSON');

  shared('create', 'make a token and write it to a new file of mode 0400')
    .requiredOption('--name <label>', 'what the token is for')
    .requiredOption('--file <path>', 'the file to write; must not exist')
    .action(async (options: TokenOptions & { name: string; file: string }) => {
      const path = resolve(io.cwd, options.file);
      await withTokens(io, options, async (tokens, password) => {
        const made = await tokens.generate({ username: options.username, password }, options.name, io.signal);
        try {
          await writeFile(path, `${made.reveal()}\n`, { mode: 0o400, flag: 'wx' });
        } catch (error) {
          const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
          throw new UserError(
            `the token "${options.name}" was made but ${path} could not be written (${code}); delete it with: lamplighter token delete --name`,
            EXIT.failed,
            { cause: error },
          );
        }
        if (options.json === true) printJson(io, { name: made.name, file: path, createdAt: timeText(made.createdAt) });
        else io.out(`token "${made.name}" is in ${path}\n`);
      });
    });

  shared('list', 'list tokens, with all but their ends masked').action(async (options: TokenOptions) => {
    await withTokens(io, options, async (tokens, password) => {
      const all = (await tokens.list({ username: options.username, password }, io.signal)).map((each) => ({
        name: each.name,
        token: each.ending,
        status: each.status,
        createdAt: timeText(each.createdAt),
      }));
      if (options.json === true) printJson(io, { items: all, next: null });
      else
        io.out(
          table(
            ['NAME', 'TOKEN', 'STATUS', 'CREATED'],
            all.map((each) => [each.name, each.token, each.status, each.createdAt ?? '–']),
          ),
        );
    });
  });

  shared('delete', 'delete the tokens of a name')
    .requiredOption('--name <label>', 'the name they were made under')
    .option('--yes', 'delete them even where there are several of that name')
    .action(async (options: TokenOptions & { name: string; yes?: boolean }) => {
      await withTokens(io, options, async (tokens, password) => {
        const mine = (await tokens.list({ username: options.username, password }, io.signal)).filter(
          (each) => each.name === options.name,
        );
        if (mine.length === 0) throw new UserError(`there is no token named "${options.name}"`);
        if (mine.length > 1 && options.yes !== true)
          throw new UserError(
            `${mine.length} tokens are named "${options.name}"; say --yes to delete them all`,
            EXIT.usage,
          );
        for (const each of mine)
          await tokens.delete({ username: options.username, password }, each.reveal(), io.signal);
        if (options.json === true) printJson(io, { deleted: mine.length });
        else io.out(`deleted ${mine.length} ${mine.length === 1 ? 'token' : 'tokens'} named "${options.name}"\n`);
      });
    });
}

function timeText(at: number | null): string | null {
  return at === null ? null : rfc3339(at);
}

async function withTokens(
  io: Io,
  options: TokenOptions,
  run: (tokens: HuixingyunTokens, password: string) => Promise<void>,
): Promise<void> {
  const password = await io.askSecret(`console password of ${options.username}`);
  const tokens = new HuixingyunTokens({
    account: 'token',
    baseUrl: options.baseUrl,
    clock: systemClock,
    random: Math.random,
  });
  try {
    await run(tokens, password);
  } finally {
    await tokens.close();
  }
}

import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Client } from '../../app/client.ts';
import { type MadePlan, makePlanFile, notInForce, writePlanFile } from '../../app/plan-file.ts';
import { makeReader } from '../../app/reader.ts';
import { zoneNamed } from '../../calendar/zone.ts';
import { sameOptions, withClient } from '../context.ts';
import { EXIT, UserError } from '../exit.ts';
import { type Io, printJson } from '../io.ts';
import { parseTime } from '../parse-time.ts';
import { shellWord } from '../shell-word.ts';
import { table } from '../table.ts';
import { plannedLine, sizeOf } from './planned-lines.ts';

interface Options {
  readonly explain?: boolean;
  readonly at?: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** `lamplighter plan`: one pass over the fleet as last seen; nothing is executed. */
export function planCommand(program: Command, io: Io): void {
  program
    .command('plan')
    .description('show what would be done now and why, and what is kept from being done; nothing is executed')
    .option('--explain', 'also every instance and policy that would not act, and why')
    .option('--at <time>', 'as if it were then, with the fleet as it is')
    .option('--out <file>', 'write down what every policy asks for now, those that only observe too, for `apply`')
    .option('--json', 'print JSON')
    .action(async (options: Options, command: Command) => {
      if (options.out !== undefined && options.explain === true)
        throw new UserError(
          '--explain says nothing of what --out writes down; ask for one after the other',
          EXIT.usage,
        );
      await withClient(command, io, { policies: 'needed' }, async (client) => {
        const at = options.at === undefined ? null : parseTime('--at', options.at, zoneNamed(client.config.timezone));
        if (options.out !== undefined) {
          await writeDown(client, at, { path: resolve(io.cwd, options.out), json: options.json === true }, command, io);
          return;
        }
        const rows = await makeReader(client.work, client.store).plan({
          at,
          explain: options.explain === true,
          signal: io.signal,
          onUnlisted: (account, why) => io.err(`${account} cannot be listed: ${why}\n`),
        });
        if (options.json === true) {
          printJson(io, { items: rows, next: null });
          return;
        }
        if (rows.length === 0) {
          io.out('nothing is due\n');
          return;
        }
        io.out(
          table(
            ['', 'ACTION', 'INSTANCE', 'NAME', 'POLICY', 'REASON', 'WHY'],
            rows.map((row) => [
              row.sign,
              row.action,
              row.instance ?? row.account,
              row.name ?? '',
              row.policy,
              row.reason,
              row.detail,
            ]),
          ),
        );
      });
    });
}

async function writeDown(
  { work }: Client,
  at: number | null,
  to: { readonly path: string; readonly json: boolean },
  command: Command,
  io: Io,
): Promise<void> {
  if (at !== null && at < work.clock.now())
    throw new UserError('--out is for now or later: nothing is done in the past', EXIT.usage);
  const made = await makePlanFile(work, at);
  try {
    await writePlanFile(to.path, made.plan);
  } catch (error) {
    throw new UserError(whyUnwritten(to.path, error), EXIT.usage, { cause: error });
  }
  for (const each of await notInForce(work, made.plan))
    io.err(`${each}: until it has read this one, apply will refuse\n`);
  if (to.json) {
    printJson(io, {
      file: to.path,
      plan: made.plan,
      announced: made.announced,
      kept: Object.fromEntries(made.kept),
      unlisted: made.unlisted,
    });
    return;
  }
  for (const act of made.plan.acts) io.out(`${plannedLine(act)}\n`);
  for (const line of notInIt(made)) io.out(`not in it: ${line}\n`);
  const count = made.plan.acts.length;
  const apply = `lamplighter ${sameOptions(command).map(shellWord).concat('apply', shellWord(to.path), '--yes').join(' ')}`;
  io.out(
    `${sizeOf(made.plan)} ${count === 1 ? 'is' : 'are'} in ${to.path}${count === 0 ? '' : `; to have ${count === 1 ? 'it' : 'them'} done: ${apply}`}\n`,
  );
}

/** What is due besides, and why it was left out. */
function notInIt({ announced, kept, unlisted }: MadePlan): readonly string[] {
  const count = [...kept.values()].reduce((sum, each) => sum + each, 0);
  const reasons = [...kept].map(([reason, times]) => `${reason} ${times}`);
  return [
    ...(announced === 0 ? [] : [`${announced} that ${announced === 1 ? 'is' : 'are'} announced first`]),
    ...(count === 0 ? [] : [`${count} kept from being done: ${reasons.join(', ')}`]),
    ...unlisted.map((account) => `whatever is on ${account}, which was never listed`),
  ];
}

function whyUnwritten(path: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'EEXIST') return `${path} is there already; a plan is never written over`;
  if (code === 'ENOENT') return `there is no folder for ${path}`;
  return `${path} cannot be written: ${error instanceof Error ? error.message : 'no reason given'}`;
}

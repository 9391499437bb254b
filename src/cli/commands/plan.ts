import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Client } from '../../app/client.ts';
import { makePlanFile, writePlanFile } from '../../app/plan-file.ts';
import { makeReader } from '../../app/reader.ts';
import { zoneNamed } from '../../calendar/zone.ts';
import { withClient } from '../context.ts';
import { EXIT, UserError } from '../exit.ts';
import { type Io, printJson } from '../io.ts';
import { parseTime } from '../parse-time.ts';
import { printable, table } from '../table.ts';

/** `lamplighter plan`: one pass over the fleet as last seen; nothing is executed. */
export function planCommand(program: Command, io: Io): void {
  program
    .command('plan')
    .description('show what would be done now and why, and what is kept from being done; nothing is executed')
    .option('--explain', 'also every instance and policy that would not act, and why')
    .option('--at <time>', 'as if it were then, with the fleet as it is')
    .option('--out <file>', 'write down what every policy asks for now, those that only observe too, for `apply`')
    .option('--json', 'print JSON')
    .action(async (options: { explain?: boolean; at?: string; out?: string; json?: boolean }, command: Command) => {
      await withClient(command, io, { policies: 'needed' }, async (client) => {
        const at = options.at === undefined ? null : parseTime('--at', options.at, zoneNamed(client.config.timezone));
        if (options.out !== undefined) {
          await writeDown(client, at, resolve(io.cwd, options.out), io);
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

async function writeDown({ work }: Client, at: number | null, path: string, io: Io): Promise<void> {
  if (at !== null && at < work.clock.now())
    throw new UserError('--out is for now or later: nothing is done in the past', EXIT.usage);
  const { plan, announced, limited } = await makePlanFile(work, at);
  try {
    await writePlanFile(path, plan);
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    if (isThere)
      throw new UserError(`${path} is there already; a plan is never written over`, EXIT.usage, { cause: error });
    throw error;
  }
  for (const { action, name, instance, policy, costYuan } of plan.acts) {
    const cost = costYuan === null ? '' : ` for ${costYuan} yuan`;
    io.out(`${action} of ${printable(name || instance)}${cost} (${policy})\n`);
  }
  if (announced > 0) io.out(`not in it: ${announced} that are announced first\n`);
  if (limited > 0) io.out(`not in it: ${limited} that limits keep back\n`);
  io.out(`${plan.acts.length} acts are in ${path}; to have them done: lamplighter apply ${path} --yes\n`);
}

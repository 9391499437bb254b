import type { Command } from 'commander';
import { makeReader } from '../../app/reader.ts';
import { zoneNamed } from '../../calendar/zone.ts';
import { withClient } from '../context.ts';
import { type Io, printJson } from '../io.ts';
import { parseTime } from '../parse-time.ts';
import { table } from '../table.ts';

/** `lamplighter plan`: one pass over the fleet as last seen; nothing is executed. */
export function planCommand(program: Command, io: Io): void {
  program
    .command('plan')
    .description('show what would be done now and why, and what is kept from being done; nothing is executed')
    .option('--explain', 'also every instance and policy that would not act, and why')
    .option('--at <time>', 'as if it were then, with the fleet as it is')
    .option('--json', 'print JSON')
    .action(async (options: { explain?: boolean; at?: string; json?: boolean }, command: Command) => {
      await withClient(command, io, { policies: 'needed' }, async (client) => {
        const at = options.at === undefined ? null : parseTime('--at', options.at, zoneNamed(client.config.timezone));
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

import type { Command } from 'commander';
import { moneyLine } from '../../app/money-line.ts';
import { makeReader } from '../../app/reader.ts';
import { STATUSES } from '../../fleet/status.ts';
import { unknownWord } from '../../yaml/check-shape.ts';
import { knownAccount, withClient } from '../context.ts';
import { EXIT, UserError } from '../exit.ts';
import { type Io, printJson } from '../io.ts';
import { table } from '../table.ts';
import { shortTime, span } from '../time-words.ts';

/** `lamplighter instances`: the fleet as last seen. */
export function instancesCommand(program: Command, io: Io): void {
  program
    .command('instances')
    .description('show the fleet as last seen')
    .option('--account <name>', 'only this account')
    .option('--status <status>', `only this status: ${STATUSES.join(' ')}`)
    .option('--json', 'print JSON')
    .action(async (options: { account?: string; status?: string; json?: boolean }, command: Command) => {
      const { status } = options;
      if (status !== undefined && !STATUSES.some((known) => known === status))
        throw new UserError(`--status: ${unknownWord(status, STATUSES)}`, EXIT.usage);
      await withClient(command, io, { policies: 'unneeded' }, async (client) => {
        knownAccount(client.config, options.account);
        const reader = makeReader(client.work, client.store);
        const all = await reader.instances({
          ...(options.account === undefined ? {} : { account: options.account }),
          ...(options.status === undefined ? {} : { status: options.status }),
        });
        if (options.json === true) {
          printJson(io, { items: all, next: null });
          return;
        }
        const { timezone } = client.config;
        const now = client.work.clock.now();
        const rows = all.map((row) => [
          row.key,
          row.name,
          row.status + (row.cardless ? ' (cardless)' : ''),
          span(now - Date.parse(row.statusSince)),
          row.activity === null
            ? '–'
            : row.activity.verdict +
              (row.activity.since === null ? '' : ` ${span(now - Date.parse(row.activity.since))}`),
          row.billing,
          shortTime(row.expiresAt, timezone),
          row.gpu,
          row.hold === null ? '' : `held by ${row.hold.owner}`,
        ]);
        io.out(table(['INSTANCE', 'NAME', 'STATUS', 'FOR', 'ACTIVITY', 'BILLING', 'EXPIRES', 'GPU', ''], rows));
        for (const snapshot of await client.control.snapshots()) {
          const money = await moneyLine(client.work, snapshot);
          io.err(
            `${snapshot.account}: ${snapshot.instances.length} instances, seen ${span(now - snapshot.takenAt)} ago${snapshot.complete ? '' : ` (incomplete: ${snapshot.incomplete})`}${money === '' ? '' : `; ${money}`}\n`,
          );
        }
      });
    });
}

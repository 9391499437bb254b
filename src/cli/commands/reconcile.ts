import type { Command } from 'commander';
import { frozenAll } from '../../app/frozen-no.ts';
import { granted, person, withClient } from '../context.ts';
import { EXIT, UserError } from '../exit.ts';
import { type Io, printJson } from '../io.ts';

/** `lamplighter reconcile`: a person takes the ledger as it is after Redis came back older than it was. */
export function reconcileCommand(program: Command, io: Io): void {
  program
    .command('reconcile')
    .description('lift every freeze, taking the ledger in Redis as it is now')
    .option('--listing <account>', 'instead: believe the present listing of an account that shrank too much at once')
    .option('--yes', 'yes, the operations that may be missing were looked at in the clouds’ own consoles')
    .option('--by <name>', 'who you are; default the user of this machine')
    .option('--json', 'print JSON')
    .action(async (options: { listing?: string; yes?: boolean; by?: string; json?: boolean }, command: Command) => {
      await withClient(command, io, { policies: 'unneeded' }, async (client) => {
        if (options.listing !== undefined) {
          granted(await client.control.believeListing(options.listing, person(io, options.by), options.yes === true));
          if (options.json === true) printJson(io, { account: options.listing, believed: true });
          else io.out(`the listing of ${options.listing} is believed from its next reading on\n`);
          return;
        }
        const frozen = frozenAll(await client.store.freezes());
        if (frozen === null) {
          const off = client.work.paidWorkOff();
          if (options.json === true) printJson(io, { frozen: null });
          else
            io.out(
              `nothing is frozen${off === null ? '' : `; paid and destructive work is off all the same: ${off}`}\n`,
            );
          return;
        }
        if (options.yes !== true) {
          throw new UserError(
            `${frozen}. Look in the clouds’ own consoles for renewals and orders of the last hours, then say --yes`,
            EXIT.usage,
          );
        }
        await client.store.ledger.reconcile(person(io, options.by), client.work.clock.now());
        if (options.json === true) printJson(io, { frozen: null });
        else io.out('paid and destructive work may go on\n');
      });
    });
}

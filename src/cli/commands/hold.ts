import type { Command } from 'commander';
import { granted, person, withClient } from '../context.ts';
import { type Io, printJson } from '../io.ts';
import { shortTime } from '../time-words.ts';

/** `lamplighter hold INSTANCE --for 4h --reason TEXT` and `release INSTANCE`. */
export function holdCommands(program: Command, io: Io): void {
  program
    .command('hold')
    .description('leave an instance alone for a time, whatever the policies say')
    .argument('<instance>', 'account/id, an id or a name')
    .requiredOption('--for <duration>', 'how long, such as 4h or 1d12h')
    .requiredOption('--reason <text>', 'why; everybody sees it')
    .option('--owner <name>', 'who you are; default the user of this machine')
    .option('--json', 'print JSON')
    .action(
      async (
        instance: string,
        options: { for: string; reason: string; owner?: string; json?: boolean },
        command: Command,
      ) => {
        await withClient(command, io, { policies: 'unneeded' }, async (client) => {
          const owner = person(io, options.owner);
          const hold = granted(
            await client.control.hold({ instance, for: options.for, reason: options.reason, owner }),
          );
          if (options.json === true) printJson(io, hold);
          else
            io.out(
              `${hold.instance} is held until ${shortTime(hold.until, client.config.timezone)} (${client.config.timezone})\n`,
            );
        });
      },
    );
  program
    .command('release')
    .description('end the holds on an instance')
    .argument('<instance>', 'account/id, an id or a name')
    .option('--by <name>', 'who you are; default the user of this machine')
    .option('--json', 'print JSON')
    .action(async (instance: string, options: { by?: string; json?: boolean }, command: Command) => {
      await withClient(command, io, { policies: 'unneeded' }, async (client) => {
        const released = granted(await client.control.releaseInstance(instance, person(io, options.by)));
        if (options.json === true) printJson(io, { items: released, next: null });
        else for (const hold of released) io.out(`${hold.instance} is no longer held by ${hold.owner}\n`);
      });
    });
}

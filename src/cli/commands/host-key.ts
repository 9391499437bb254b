import type { Command } from 'commander';
import { granted, person, withClient } from '../context.ts';
import { type Io, printJson } from '../io.ts';

/** `lamplighter host-key INSTANCE`: by which SSH host key a machine is known, and forgetting it after a new image. */
export function hostKeyCommand(program: Command, io: Io): void {
  program
    .command('host-key')
    .description('show the SSH host key by which a machine is known to the ssh probe, or forget it')
    .argument('<instance>', 'account/id, an id or a name')
    .option('--forget', 'after a new image was put on the machine: the next key that it shows is remembered')
    .option('--by <name>', 'who you are; default the user of this machine')
    .option('--json', 'print JSON')
    .action(async (text: string, options: { forget?: boolean; by?: string; json?: boolean }, command: Command) => {
      await withClient(command, io, { policies: 'unneeded' }, async (client) => {
        const instance = granted(await client.control.find(text));
        const forgotten = options.forget === true;
        const hostKey = await client.hostKey(instance, { forget: forgotten, by: person(io, options.by) });
        if (options.json === true) printJson(io, { instance, hostKey, forgotten: forgotten && hostKey !== null });
        else if (hostKey === null) io.out(`no host key of ${instance} is remembered\n`);
        else io.out(forgotten ? `forgotten: ${hostKey}\n` : `${hostKey}\n`);
      });
    });
}

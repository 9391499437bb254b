import type { Command } from 'commander';
import { systemClock } from '../../app/clock.ts';
import { unknownName } from '../../fleet/unknown-name.ts';
import { openProvider } from '../../providers/open-provider.ts';
import { readConfig } from '../context.ts';
import { EXIT, UserError } from '../exit.ts';
import { type Io, printJson } from '../io.ts';
import { table } from '../table.ts';

/** `lamplighter call ACCOUNT OPERATION [JSON]`: one read-only call, answered as JSON without secrets. */
export function callCommand(program: Command, io: Io): void {
  program
    .command('call')
    .description('make one read-only call to a cloud: catalogue, images, bills…; without an operation, list them')
    .argument('<account>', 'a configured account')
    .argument('[operation]', 'what to read')
    .argument('[json]', 'its arguments', '{}')
    .option('--json', 'print JSON also of the list of operations; an answer is JSON anyway')
    .action(
      async (
        name: string,
        operation: string | undefined,
        text: string,
        options: { json?: boolean },
        command: Command,
      ) => {
        const config = await readConfig(command, io);
        const account = config.accounts.find((candidate) => candidate.name === name);
        const token = config.tokens.get(name)?.reveal();
        if (account === undefined || token === undefined) {
          const names = config.accounts.map((each) => each.name);
          throw new UserError(unknownName('account', name, names), EXIT.usage);
        }
        const provider = openProvider({ account, token, clock: systemClock, random: Math.random });
        try {
          if (operation === undefined) {
            if (options.json === true) {
              printJson(io, { items: provider.reads.map(({ name, summary }) => ({ name, summary })), next: null });
              return;
            }
            io.out(
              table(
                ['OPERATION', 'WHAT IT READS'],
                provider.reads.map((read) => [read.name, read.summary]),
              ),
            );
            return;
          }
          const read = provider.reads.find((candidate) => candidate.name === operation);
          if (read === undefined) {
            const names = provider.reads.map((each) => each.name);
            throw new UserError(unknownName(`operation of ${account.provider}`, operation, names), EXIT.usage);
          }
          printJson(io, await read.run(argument(text), io.signal));
        } finally {
          await provider.close();
        }
      },
    );
}

function argument(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(`the arguments are not JSON: ${text}`, EXIT.usage, { cause: error });
  }
}

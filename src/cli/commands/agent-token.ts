import type { Command } from 'commander';
import { granted, withClient } from '../context.ts';
import { UserError } from '../exit.ts';
import { type Io, printJson } from '../io.ts';

/** `lamplighter agent-token INSTANCE`: the token with which one instance may report its own activity, and nothing else. */
export function agentTokenCommand(program: Command, io: Io): void {
  program
    .command('agent-token')
    .description('print the token with which an instance may report its own activity (POST /api/v1/activity)')
    .argument('<instance>', 'account/id, an id or a name')
    .option('--replace', 'make a new one; from then on the one before is refused')
    .option('--json', 'print JSON')
    .action(async (text: string, options: { replace?: boolean; json?: boolean }, command: Command) => {
      await withClient(command, io, { policies: 'unneeded' }, async (client) => {
        const instance = granted(await client.control.find(text));
        const token = await client.agentToken(instance, { replace: options.replace === true });
        if (token === null) {
          throw new UserError('there is no control.tokenFile in the configuration, and without it nothing can report');
        }
        if (options.json === true) printJson(io, { instance, token });
        else io.out(`${token}\n`);
      });
    });
}

import type { Command } from 'commander';
import { granted, person, withClient } from '../context.ts';
import { type Io, printJson } from '../io.ts';

/** `lamplighter pause` and `resume`: the kill switch for all acting. */
export function pauseCommands(program: Command, io: Io): void {
  for (const verb of ['pause', 'resume'] as const) {
    program
      .command(verb)
      .description(verb === 'pause' ? 'stop all acting at once; polling and deciding go on' : 'act again')
      .option('--reason <text>', 'why; everybody sees it', '')
      .option('--by <name>', 'who you are; default the user of this machine')
      .option('--json', 'print JSON')
      .action(async (options: { reason: string; by?: string; json?: boolean }, command: Command) => {
        await withClient(command, io, { policies: 'unneeded' }, async (client) => {
          const state = granted(
            await client.control.setPaused(verb === 'pause', person(io, options.by), options.reason),
          );
          if (options.json === true) printJson(io, state);
          else io.out(state.paused ? 'all acting is paused\n' : 'acting again\n');
        });
      });
  }
}

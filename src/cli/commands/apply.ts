import { resolve } from 'node:path';
import type { Command } from 'commander';
import { applyPlan, PlanUnreadable, readPlanFile } from '../../app/plan-file.ts';
import { person, withClient } from '../context.ts';
import { EXIT, UserError } from '../exit.ts';
import { type Io, printJson } from '../io.ts';
import { printable } from '../table.ts';
import { plannedLine, sizeOf } from './planned-lines.ts';

/** `lamplighter apply FILE`: what was reviewed is what is done, or nothing. */
export function applyCommand(program: Command, io: Io): void {
  program
    .command('apply')
    .description(
      'do what `plan --out FILE` wrote down, through the same ledger and guards; or nothing, where the world has moved',
    )
    .argument('<file>', 'a plan that was reviewed')
    .option('--yes', 'needed: it stops machines and may cost money')
    .option('--by <name>', 'who you are; default the user of this machine')
    .option('--json', 'print JSON')
    .action(async (file: string, options: { yes?: boolean; by?: string; json?: boolean }, command: Command) => {
      const plan = await readPlanFile(resolve(io.cwd, file)).catch((error: unknown) => {
        if (error instanceof PlanUnreadable) throw new UserError(error.message, EXIT.usage, { cause: error });
        throw error;
      });
      if (options.yes !== true) {
        for (const act of plan.acts) io.out(`${plannedLine(act)}\n`);
        throw new UserError(
          plan.acts.length === 0
            ? `${file} holds nothing to be done`
            : `${file} is ${sizeOf(plan)}, for ${plan.dueAt}; say --yes to have ${plan.acts.length === 1 ? 'it' : 'them'} done`,
          EXIT.usage,
        );
      }
      await withClient(command, io, { policies: 'needed' }, async ({ work, control }) => {
        const applied = await applyPlan(work, control, plan, person(io, options.by));
        if (applied.kind === 'early') {
          const why = `it is for ${plan.dueAt}, which is not yet`;
          if (options.json === true) printJson(io, { applied: false, differences: [why] });
          throw new UserError(`nothing was done: ${why}`, EXIT.failed);
        }
        if (applied.kind === 'moved') {
          if (options.json === true) printJson(io, { applied: false, differences: applied.differences });
          else for (const difference of applied.differences) io.err(`${printable(difference)}\n`);
          throw new UserError(
            'nothing was done: the world has moved since the plan was made; make a new one',
            EXIT.failed,
          );
        }
        const refused = applied.acts.filter(({ outcome }) => outcome.kind !== 'done');
        if (options.json === true) {
          const items = applied.acts.map(({ act, outcome }) => ({
            ...act,
            ...(outcome.kind === 'done' ? { operation: outcome.value } : { error: outcome.message }),
          }));
          printJson(io, { applied: true, items });
        } else {
          for (const { act, outcome } of applied.acts) {
            const what = printable(`${act.action} of ${act.name || act.instance}`);
            if (outcome.kind === 'done') io.out(`${what}: operation ${outcome.value.id} is armed\n`);
            else io.err(`${what}: ${outcome.message}\n`);
          }
          if (applied.acts.length === 0) io.out('the plan is empty: nothing was done\n');
        }
        if (refused.length > 0) throw new UserError(`${refused.length} of ${applied.acts.length} refused`, EXIT.failed);
      });
    });
}

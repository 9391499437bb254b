import type { Command } from 'commander';
import { JSON_SCHEMAS } from '../../config/json-schema.ts';
import { EXIT, UserError } from '../exit.ts';
import { type Io, printJson } from '../io.ts';

/** `lamplighter schema policy|config|test`: for editors. */
export function schemaCommand(program: Command, io: Io): void {
  program
    .command('schema')
    .description('print the JSON Schema that editors complete and check by')
    .argument('<which>', 'policy, config, test for the tests beside the policies, or fleet for simulate --fleet')
    .action((which: string) => {
      const found = Object.entries(JSON_SCHEMAS).find(([name]) => name === which);
      if (found === undefined)
        throw new UserError(`there is a schema for policy, config, test and fleet, not for "${which}"`, EXIT.usage);
      printJson(io, found[1]());
    });
}

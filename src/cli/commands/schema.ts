import type { Command } from 'commander';
import { configJsonSchema, policyJsonSchema } from '../../config/json-schema.ts';
import { EXIT, UserError } from '../exit.ts';
import { type Io, printJson } from '../io.ts';

/** `lamplighter schema policy|config`: for editors. */
export function schemaCommand(program: Command, io: Io): void {
  program
    .command('schema')
    .description('print the JSON Schema that editors complete and check by')
    .argument('<which>', 'policy or config')
    .action((which: string) => {
      if (which === 'policy') printJson(io, policyJsonSchema());
      else if (which === 'config') printJson(io, configJsonSchema());
      else throw new UserError(`there is a schema for policy and for config, not for "${which}"`, EXIT.usage);
    });
}

import type { Command } from 'commander';
import { makeReader, type Reader } from '../../app/reader.ts';
import { operationView } from '../../app/views.ts';
import { type InstanceKey, parseInstanceKey } from '../../fleet/instance.ts';
import { OPERATION_STATES, type Operation } from '../../fleet/operation.ts';
import { unknownWord } from '../../yaml/check-shape.ts';
import { granted, knownAccount, person, withClient } from '../context.ts';
import { EXIT, UserError } from '../exit.ts';
import { type Io, printJson } from '../io.ts';
import { printable, table } from '../table.ts';
import { shortTime } from '../time-words.ts';
import { lastLookLines } from './why-idle.ts';

const DEFAULT_LIMIT = '50';
const MOST = 1_000;

interface ListOptions {
  readonly account?: string;
  readonly instance?: string;
  readonly policy?: string;
  readonly state?: string;
  readonly limit: string;
  readonly cursor?: string;
  readonly json?: boolean;
}

/** `lamplighter operations [ID]`, `approve ID`, `close ID`. */
export function operationsCommands(program: Command, io: Io): void {
  program
    .command('operations')
    .description('show the ledger, or one operation with all its transitions')
    .argument('[id]', 'one operation')
    .option('--account <name>', 'only this account')
    .option('--instance <account/id>', 'only this instance')
    .option('--policy <name>', 'only what this policy asked for')
    .option('--state <state>', `only this state: ${OPERATION_STATES.join(' ')}`)
    .option('--limit <n>', 'at most so many', DEFAULT_LIMIT)
    .option('--cursor <cursor>', 'go on where the last page ended')
    .option('--json', 'print JSON')
    .action(async (id: string | undefined, options: ListOptions, command: Command) => {
      await withClient(command, io, { policies: 'unneeded' }, async (client) => {
        if (id !== undefined) {
          const view = await makeReader(client.work, client.store).operation(id);
          if (view === null) throw new UserError(`there is no operation ${id}`);
          if (options.json === true) printJson(io, view);
          else printOne(io, view, client.config.timezone);
          return;
        }
        const limit = Number(options.limit);
        if (!Number.isInteger(limit) || limit < 1 || limit > MOST)
          throw new UserError(`--limit is a number from 1 to ${MOST}, not "${options.limit}"`, EXIT.usage);
        const states = OPERATION_STATES.filter((state) => state === options.state);
        if (options.state !== undefined && states.length === 0) {
          throw new UserError(`--state: ${unknownWord(options.state, OPERATION_STATES)}`, EXIT.usage);
        }
        if (options.cursor !== undefined && !/^\d{1,15}$/.test(options.cursor))
          throw new UserError(`--cursor is what an earlier page ended with, not "${options.cursor}"`, EXIT.usage);
        const page = await client.store.ledger.list({
          limit,
          ...(options.account === undefined ? {} : { account: options.account }),
          ...(options.instance === undefined ? {} : { instance: instanceOption(options.instance) }),
          ...(options.policy === undefined ? {} : { policy: options.policy }),
          ...(states.length === 0 ? {} : { states }),
          ...(options.cursor === undefined ? {} : { cursor: options.cursor }),
        });
        // What happened at an account that is not configured any more can still be asked for.
        if (page.items.length === 0) knownAccount(client.config, options.account);
        const items = page.items.map((operation) => operationView(operation, client.config.timezone));
        if (options.json === true) {
          printJson(io, { items, next: page.next });
          return;
        }
        const rows = items.map((row) => [
          shortTime(row.updatedAt, client.config.timezone),
          row.id,
          `${row.instanceName} (${row.instance})`,
          row.action,
          askedCell(row),
          row.state,
          row.reason,
        ]);
        io.out(table(['WHEN', 'ID', 'INSTANCE', 'ACTION', 'ASKED BY', 'STATE', 'REASON'], rows));
        if (page.next !== null) io.err(`more: --cursor ${page.next}\n`);
      });
    });

  for (const verb of ['approve', 'close'] as const) {
    program
      .command(verb)
      .description(
        verb === 'approve'
          ? 'authorise one more request for an escalated operation'
          : 'settle an escalated operation by other means: nothing more is sent for it',
      )
      .argument('<id>', 'the operation')
      .requiredOption('--reason <text>', 'why; it is kept in the audit')
      .option('--by <name>', 'who you are; default the user of this machine')
      .option('--json', 'print JSON')
      .action(async (id: string, options: { reason: string; by?: string; json?: boolean }, command: Command) => {
        await withClient(command, io, { policies: 'unneeded' }, async (client) => {
          const by = person(io, options.by);
          const view = granted(await client.control[verb](id, by, options.reason));
          if (options.json === true) printJson(io, view);
          else io.out(`operation ${view.id} is ${view.state} (${view.reason})\n`);
        });
      });
  }
}

/** In a column: the policy, and who applied or approved it. */
export function askedCell({ policy, by }: Pick<Operation, 'policy' | 'by'>): string {
  if (policy === null) return by;
  return by.startsWith('person ') ? `${policy} (${by})` : policy;
}

function instanceOption(text: string): InstanceKey {
  const key = parseInstanceKey(text);
  if (key === null) throw new UserError(`--instance is account/id, not "${text}"`, EXIT.usage);
  return `${key.account}/${key.id}`;
}

function printOne(io: Io, view: NonNullable<Awaited<ReturnType<Reader['operation']>>>, zone: string): void {
  io.out(
    `${view.id}\n  ${view.action} of ${printable(view.instanceName)} (${view.instance}), asked by ${printable(askedCell(view))}\n`,
  );
  io.out(`  ${view.state}: ${view.reason}${view.detail === '' ? '' : ` – ${printable(view.detail)}`}\n`);
  io.out(`  occurrence ${printable(view.occurrence)}\n`);
  for (const [key, value] of Object.entries(view.evidence)) io.out(`  ${key}: ${printable(String(value))}\n`);
  for (const line of lastLookLines(view.lastLook, zone)) io.out(`  ${line}\n`);
  io.out('\n');
  io.out(
    table(
      ['WHEN', 'FROM', 'TO', 'REASON', 'BY', ''],
      view.transitions.map((line) => [
        shortTime(line.at, zone),
        line.from ?? '',
        line.to,
        line.reason,
        line.by,
        line.detail,
      ]),
    ),
  );
}

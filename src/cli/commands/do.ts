import type { Command } from 'commander';
import type { Client } from '../../app/client.ts';
import { parseDuration } from '../../calendar/duration.ts';
import { actionClass, CLOUD_ACTIONS, type CloudAction } from '../../fleet/action.ts';
import type { ActionCall, PrepaidUnit } from '../../fleet/action-call.ts';
import { assertNever } from '../../fleet/assert-never.ts';
import { person, withClient } from '../context.ts';
import { EXIT, UserError } from '../exit.ts';
import { type Io, printJson } from '../io.ts';

interface DoOptions {
  readonly periods?: string;
  readonly to?: string;
  readonly name?: string;
  readonly image?: string;
  readonly order?: string;
  readonly slot?: string;
  readonly in?: string;
  readonly cancel?: boolean;
  readonly yes?: boolean;
  readonly by?: string;
  readonly json?: boolean;
}

/** `lamplighter do ACTION INSTANCE…`: an action at once, through the same ledger and guards as a policy's. */
export function doCommand(program: Command, io: Io): void {
  program
    .command('do')
    .description('do something to instances at once, through the same ledger and guards as a policy')
    .argument('<action>', `one of ${CLOUD_ACTIONS.join(' ')}`)
    .argument('<targets...>', 'instances: account/id, an id or a name; for create an account')
    .option('--periods <n>', 'renew: how many of its billing periods')
    .option('--to <billing>', 'lengthen: daily or monthly')
    .option('--name <name>', 'snapshot: the name of the image')
    .option('--image <id>', 'rebuild: the image to install')
    .option('--order <json>', 'create: the order, as the provider wants it')
    .option('--slot <name>', 'create: what it is for; one order per slot, so that none is made twice')
    .option('--in <duration>', 'shutdown-timer: how long from now, such as 2h')
    .option('--cancel', 'shutdown-timer: take it back')
    .option('--yes', 'needed for what costs money or cannot be undone')
    .option('--by <name>', 'who you are; default the user of this machine')
    .option('--json', 'print JSON')
    .action(async (word: string, targets: string[], options: DoOptions, command: Command) => {
      const action = CLOUD_ACTIONS.find((known) => known === word);
      if (action === undefined)
        throw new UserError(`there is no action "${word}"; there are ${CLOUD_ACTIONS.join(', ')}`, EXIT.usage);
      if (actionClass(action) !== 'reversible' && options.yes !== true) {
        throw new UserError(
          `${action} ${actionClass(action) === 'paid' ? 'costs money' : 'cannot be undone'}; say --yes`,
          EXIT.usage,
        );
      }
      await withClient(command, io, { policies: 'unneeded' }, async (client) => {
        const by = person(io, options.by);
        const results = [];
        for (const target of targets) results.push({ target, outcome: await one(client, action, target, options, by) });
        if (options.json === true) {
          printJson(io, {
            items: results.map(({ target, outcome }) => ({
              target,
              ...(outcome.kind === 'done' ? { operation: outcome.value } : { error: outcome.message }),
            })),
          });
        } else {
          for (const { target, outcome } of results) {
            if (outcome.kind === 'done')
              io.out(`${action} of ${target}: operation ${outcome.value.id} is ${outcome.value.state}\n`);
            else io.err(`${action} of ${target}: ${outcome.message}\n`);
          }
        }
        const bad = results.filter(({ outcome }) => outcome.kind !== 'done');
        if (bad.length > 0)
          throw new UserError(
            `${bad.length} of ${results.length} refused`,
            bad.some(({ outcome }) => outcome.kind === 'invalid') ? EXIT.usage : EXIT.failed,
          );
      });
    });
}

async function one(client: Client, action: CloudAction, target: string, options: DoOptions, by: string) {
  if (action === 'create') {
    if (options.order === undefined || options.slot === undefined)
      throw new UserError('create needs --order JSON and --slot NAME', EXIT.usage);
    return await client.control.create(target, json('--order', options.order), options.slot, by);
  }
  return await client.control.act(target, await callOf(client, action, target, options), by);
}

async function callOf(
  client: Client,
  action: Exclude<CloudAction, 'create'>,
  target: string,
  options: DoOptions,
): Promise<ActionCall> {
  switch (action) {
    case 'stop':
    case 'cardless-stop':
    case 'restart':
    case 'destroy':
      return { kind: action };
    case 'start':
      return { kind: 'start', stopMode: 'unknown' };
    case 'snapshot':
      if (options.name === undefined) throw new UserError('snapshot needs --name', EXIT.usage);
      return { kind: 'snapshot', name: options.name };
    case 'rebuild':
      if (options.image === undefined) throw new UserError('rebuild needs --image', EXIT.usage);
      return { kind: 'rebuild', imageId: options.image };
    case 'lengthen':
      return { kind: 'lengthen', to: unit('--to', options.to) };
    case 'renew': {
      const periods = Number(options.periods ?? '1');
      if (!Number.isInteger(periods) || periods < 1)
        throw new UserError(`--periods is a whole number, not "${options.periods}"`, EXIT.usage);
      return { kind: 'renew', unit: await unitOf(client, target), periods };
    }
    case 'shutdown-timer': {
      if (options.cancel === true) return { kind: 'shutdown-timer', at: null };
      if (options.in === undefined) throw new UserError('shutdown-timer needs --in DURATION or --cancel', EXIT.usage);
      const wait = parseDuration(options.in);
      if (!wait.ok) throw new UserError(`--in: ${wait.message}`, EXIT.usage);
      return { kind: 'shutdown-timer', at: client.work.clock.now() + wait.ms };
    }
    default:
      return assertNever(action);
  }
}

/** A renewal is by the instance's own unit. Where that is not known the ledger's guards say why not. */
async function unitOf(client: Client, target: string): Promise<PrepaidUnit> {
  const instances = (await client.control.snapshots()).flatMap((snapshot) => snapshot.instances);
  const found = instances.find(
    ({ instance }) =>
      `${instance.account}/${instance.id}` === target || instance.id === target || instance.name === target,
  );
  return found?.instance.billing === 'monthly' ? 'monthly' : 'daily';
}

function unit(option: string, text: string | undefined): PrepaidUnit {
  if (text === 'daily' || text === 'monthly') return text;
  throw new UserError(`${option} is daily or monthly, not "${text ?? ''}"`, EXIT.usage);
}

function json(option: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(`${option} is not JSON: ${text}`, EXIT.usage, { cause: error });
  }
}

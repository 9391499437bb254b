import { type Command, Option } from 'commander';
import { systemClock } from '../../app/clock.ts';
import { testNotifier } from '../../app/test-notifier.ts';
import { formatDuration } from '../../calendar/duration.ts';
import { assertNever } from '../../fleet/assert-never.ts';
import { SEVERITIES, type Severity } from '../../fleet/event.ts';
import { unknownName } from '../../fleet/unknown-name.ts';
import { readConfig } from '../context.ts';
import { EXIT, UserError } from '../exit.ts';
import { type Io, printJson } from '../io.ts';

interface TestOptions {
  readonly severity: Severity;
  readonly json?: boolean;
}

type Outcome = Awaited<ReturnType<typeof testNotifier>>;

/** `lamplighter notify test NAME`: one message, and what the receiver itself says of it. Needs neither daemon nor Redis. */
export function notifyCommand(program: Command, io: Io): void {
  program
    .command('notify')
    .description('try out notifiers')
    .command('test')
    .description('send one message that says it is a test, and show what the receiver answers and what to do about it')
    .argument('<name>', 'a configured notifier')
    .addOption(
      new Option('--severity <severity>', 'as if it were one of these: who is mentioned then is mentioned by the test')
        .choices(SEVERITIES)
        .default('info'),
    )
    .option('--json', 'print JSON')
    .action(async (name: string, options: TestOptions, command: Command) => {
      const config = await readConfig(command, io);
      const notifier = config.notifiers.find((candidate) => candidate.name === name);
      if (notifier === undefined) {
        const names = config.notifiers.map((each) => each.name);
        throw new UserError(unknownName('notifier', name, names), EXIT.usage);
      }
      const { severity } = options;
      const outcome = await testNotifier(notifier, config, { clock: systemClock, severity, signal: io.signal });
      if (options.json === true) printJson(io, { notifier: name, type: notifier.type, ...outcome });
      else io.out(`${name} (${notifier.type}) ${words(outcome)}\n`);
      if (outcome.kind !== 'delivered') throw new UserError(`${name} did not take the test message`);
    });
}

function words(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'delivered':
      return `took it${outcome.answer === '' ? '' : `: ${outcome.answer}`}`;
    case 'retry':
      return typeof outcome.hint === 'string'
        ? `does not take it: ${outcome.detail}\nhint: ${outcome.hint}`
        : `did not take it now: ${outcome.detail}\nthe daemon would try again`;
    case 'muted':
      return `takes nothing for ${formatDuration(outcome.forMs)}: ${outcome.detail}\nthe daemon would wait so long`;
    case 'failed':
      return `refuses it: ${outcome.detail}${outcome.hint === null ? '' : `\nhint: ${outcome.hint}`}`;
    default:
      return assertNever(outcome);
  }
}

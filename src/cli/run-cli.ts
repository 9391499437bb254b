import { Command, CommanderError, type OutputConfiguration } from 'commander';
import { knownFailure } from '../app/known-failure.ts';
import { InvalidInput } from '../app/load.ts';
import { version } from '../version.ts';
import { renderLocated } from '../yaml/located.ts';
import { agentTokenCommand } from './commands/agent-token.ts';
import { applyCommand } from './commands/apply.ts';
import { calibrateCommand } from './commands/calibrate.ts';
import { callCommand } from './commands/call.ts';
import { demoCommand } from './commands/demo.ts';
import { diffCommand } from './commands/diff.ts';
import { doCommand } from './commands/do.ts';
import { doctorCommand } from './commands/doctor.ts';
import { explainCommand } from './commands/explain.ts';
import { holdCommands } from './commands/hold.ts';
import { hostKeyCommand } from './commands/host-key.ts';
import { initCommand } from './commands/init.ts';
import { instancesCommand } from './commands/instances.ts';
import { notifyCommand } from './commands/notify.ts';
import { operationsCommands } from './commands/operations.ts';
import { pauseCommands } from './commands/pause.ts';
import { planCommand } from './commands/plan.ts';
import { reconcileCommand } from './commands/reconcile.ts';
import { recordCommand } from './commands/record.ts';
import { runCommand } from './commands/run.ts';
import { savingsCommand } from './commands/savings.ts';
import { schemaCommand } from './commands/schema.ts';
import { simulateCommand } from './commands/simulate.ts';
import { testCommand } from './commands/test.ts';
import { tokenCommands } from './commands/token.ts';
import { validateCommand } from './commands/validate.ts';
import { whyCommand } from './commands/why.ts';
import { windowCommand } from './commands/window.ts';
import { EXIT, type ExitCode, UserError } from './exit.ts';
import { hidingIo } from './hiding-io.ts';
import type { Io } from './io.ts';
import { Stopped } from './stopped.ts';
import { unexpected } from './unexpected.ts';

/** Runs one command line and answers the exit code. Errors end as sentences on stderr. */
export async function runCli(args: readonly string[], outside: Io): Promise<ExitCode> {
  const io = hidingIo(outside);
  io.onCrash((error) => io.err(unexpected(error)));
  const output: OutputConfiguration = { writeOut: (text) => io.out(text), writeErr: (text) => io.err(text) };
  const program = new Command('lamplighter');
  program
    .description(
      'watches rented GPUs and acts on policies: idle stop, lights out, renewal before expiry, balance alerts',
    )
    .version(version)
    .option('--config <file>', 'the configuration', 'lamplighter.yaml')
    .option('--policies <dir>', 'the policy folder; overrides the one in the configuration')
    .option('--demo', 'ask the demo that runs here instead of the configuration')
    .exitOverride()
    .showHelpAfterError('(lamplighter --help shows what there is)')
    .configureOutput(output);
  for (const command of [
    runCommand,
    demoCommand,
    initCommand,
    validateCommand,
    doctorCommand,
    planCommand,
    simulateCommand,
    recordCommand,
    diffCommand,
    testCommand,
    explainCommand,
    applyCommand,
    windowCommand,
    instancesCommand,
    whyCommand,
    operationsCommands,
    savingsCommand,
    holdCommands,
    pauseCommands,
    doCommand,
    callCommand,
    tokenCommands,
    agentTokenCommand,
    hostKeyCommand,
    calibrateCommand,
    notifyCommand,
    schemaCommand,
    reconcileCommand,
  ]) {
    command(program, io);
  }
  shareOutput(program, output);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return interrupted(io) ? EXIT.interrupted : EXIT.done;
  } catch (error) {
    return told(error, io);
  }
}

/** Help and mistakes of a command are told as those of the program, with the options that every command takes. */
function shareOutput(program: Command, output: OutputConfiguration): void {
  for (const command of program.commands) {
    for (const each of [command, ...command.commands]) {
      each.exitOverride().configureOutput(output).configureHelp({ showGlobalOptions: true });
    }
  }
}

function interrupted(io: Io): boolean {
  const reason: unknown = io.signal.reason;
  return io.signal.aborted && !(reason instanceof Stopped && !reason.isInterrupt);
}

function told(error: unknown, io: Io): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (error instanceof InvalidInput) {
    io.err(`${error.errors.map(renderLocated).join('\n')}\n${error.message}\n`);
    return EXIT.invalid;
  }
  if (error instanceof UserError) {
    io.err(`lamplighter: ${error.message}\n`);
    return error.exitCode;
  }
  const known = knownFailure(error);
  if (known !== null) {
    io.err(`lamplighter: ${known.message}\n`);
    return known.kind === 'usage' ? EXIT.usage : EXIT.failed;
  }
  if (io.signal.aborted) return EXIT.interrupted;
  io.err(unexpected(error));
  return EXIT.failed;
}

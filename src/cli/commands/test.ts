import type { Command } from 'commander';
import { Option } from 'commander';
import { runPolicyTests, type TestOutcome, type TestRun } from '../../app/policy-tests.ts';
import { renderLocated } from '../../yaml/located.ts';
import { readConfig } from '../context.ts';
import { EXIT, UserError } from '../exit.ts';
import { type Io, printJson } from '../io.ts';
import { junit } from '../junit.ts';
import { printable } from '../table.ts';

const OUTPUTS = ['text', 'json', 'junit'] as const;

/** `lamplighter test [DIR|FILES]`: policy unit tests. Offline. */
export function testCommand(program: Command, io: Io): void {
  program
    .command('test')
    .description('run the tests beside the policies (NAME.test.yaml) on virtual time; nothing is contacted')
    .argument('[targets...]', 'folders of tests, or test files, instead of the policy folder')
    .addOption(new Option('--output <form>', 'how to print what came out').choices(OUTPUTS).default('text'))
    .option('--json', 'the same as --output json')
    .action(async (targets: string[], options: { output: string; json?: boolean }, command: Command) => {
      const config = await readConfig(command, io);
      const run = await runPolicyTests(config, { targets, cwd: io.cwd, now: Date.now() });
      const output = options.json === true ? 'json' : options.output;
      if (output === 'json') printJson(io, view(run));
      else if (output === 'junit') io.out(junit(run.outcomes));
      else print(io, run);
      const failed = run.outcomes.filter(({ failures }) => failures.length > 0).length;
      if (failed > 0) throw new UserError(`${failed} of ${run.outcomes.length} tests failed`, EXIT.failed);
    });
}

function print(io: Io, { outcomes, untested }: TestRun): void {
  for (const { name, failures, file, line } of outcomes) {
    io.out(`${failures.length === 0 ? '✓' : '✗'} ${printable(name)}  ${file}:${line}\n`);
    for (const failure of failures) io.out(`${renderLocated(failure).replaceAll(/^/gm, '    ')}\n`);
  }
  const passed = outcomes.filter(({ failures }) => failures.length === 0).length;
  io.out(`${passed} of ${outcomes.length} passed\n`);
  if (untested.length > 0) io.out(`no test sees a decision of: ${untested.join(', ')}\n`);
}

function view({ outcomes, untested }: TestRun) {
  return {
    passed: outcomes.every(({ failures }) => failures.length === 0),
    untested,
    tests: outcomes.map(({ name, file, line, failures, tookMs }: TestOutcome) => ({
      name,
      file,
      line,
      passed: failures.length === 0,
      tookMs: Math.round(tookMs),
      failures: failures.map(({ line: at, column, message }) => ({ line: at, column, message })),
    })),
  };
}

import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import { testFromOperation } from '../../app/incident.ts';
import { runPolicyTests, type TestOutcome, type TestRun } from '../../app/policy-tests.ts';
import { renderLocated } from '../../yaml/located.ts';
import { readConfig, withClient } from '../context.ts';
import { coverageView, printCoverage } from '../coverage.ts';
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
    .option('--coverage', 'also which clauses of the policies no test has seen at work')
    .option('--min-coverage <percent>', 'fail where fewer clauses are covered, 0 to 100')
    .option('--from <operation>', 'write a test out of what a policy did: asks the ledger, and runs nothing else')
    .option('--out <file>', 'with --from: into this file, NAME.test.yaml, instead of printing it')
    .action(async (targets: string[], options: TestOptions, command: Command) => {
      if (options.from !== undefined) {
        await writeTest(options.from, options.out, command, io);
        return;
      }
      if (options.out !== undefined) throw new UserError('--out is where --from writes to', EXIT.usage);
      io.endBySignal?.();
      const least = leastCoverage(options.minCoverage);
      const config = await readConfig(command, io, { secrets: 'unneeded' });
      const coverage = options.coverage === true || least !== null;
      const run = await runPolicyTests(config, { targets, cwd: io.cwd, now: Date.now(), coverage });
      const output = options.json === true ? 'json' : options.output;
      if (output === 'json') printJson(io, view(run));
      else if (output === 'junit') io.out(junit(run));
      else print(io, run);
      const failed = run.outcomes.filter(({ failures }) => failures.length > 0).length;
      if (failed > 0) throw new UserError(`${failed} of ${run.outcomes.length} tests failed`, EXIT.failed);
      const { percent } = run.coverage ?? { percent: 100 };
      if (least !== null && percent < least)
        throw new UserError(`the tests cover ${percent}% of the clauses, and --min-coverage is ${least}`, EXIT.failed);
    });
}

interface TestOptions {
  readonly output: string;
  readonly json?: boolean;
  readonly coverage?: boolean;
  readonly minCoverage?: string;
  readonly from?: string;
  readonly out?: string;
}

/** `--from OPERATION`: to a new file, or to stdout. */
async function writeTest(id: string, out: string | undefined, command: Command, io: Io): Promise<void> {
  if (out !== undefined && !/\.test\.ya?ml$/.test(out))
    throw new UserError(`--out is a NAME.test.yaml, not "${out}": by its name it is told from policies`, EXIT.usage);
  const written = await withClient(command, io, { policies: 'unneeded' }, ({ config, store, work }) =>
    testFromOperation(store, config, { id, cwd: io.cwd, now: work.clock.now() }),
  );
  if (written.kind !== 'written') {
    if (written.kind === 'refused') for (const note of written.notes) io.err(`${printable(note)}\n`);
    throw new UserError(`no test is written: ${written.message}`, EXIT.failed);
  }
  if (written.warning !== null) io.err(`note: ${written.warning}; the test passes all the same\n`);
  if (out === undefined) {
    io.out(written.text);
    return;
  }
  const path = resolve(io.cwd, out);
  await writeFile(path, written.text, { flag: 'wx' }).catch((error: unknown) => {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    throw isThere
      ? new UserError(`${out} is there already, and is not written over`, EXIT.usage, { cause: error })
      : error;
  });
  io.err(`${out} is written; to run it: lamplighter test ${out}\n`);
}

/** `null`: not asked for. @throws UserError */
function leastCoverage(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^\d{1,3}%?$/.test(text) && Number.parseInt(text, 10) <= 100) return Number.parseInt(text, 10);
  throw new UserError(`--min-coverage is a percentage from 0 to 100, not "${text}"`, EXIT.usage);
}

function print(io: Io, { outcomes, untested, coverage }: TestRun): void {
  for (const { name, failures, file, line } of outcomes) {
    io.out(`${failures.length === 0 ? '✓' : '✗'} ${printable(name)}  ${file}:${line}\n`);
    for (const failure of failures) {
      io.out(`${renderLocated(failure).replaceAll(/^/gm, '    ')}\n`);
      for (const note of failure.notes) io.out(`      ${printable(note)}\n`);
    }
  }
  const passed = outcomes.filter(({ failures }) => failures.length === 0).length;
  io.out(`${passed} of ${outcomes.length} passed\n`);
  if (untested.length > 0) io.out(`no test sees a decision of: ${untested.join(', ')}\n`);
  if (coverage !== null) printCoverage(io, coverage);
}

function view({ outcomes, untested, coverage }: TestRun) {
  return {
    passed: outcomes.every(({ failures }) => failures.length === 0),
    untested,
    tests: outcomes.map(({ name, file, line, failures, tookMs }: TestOutcome) => ({
      name,
      file,
      line,
      passed: failures.length === 0,
      tookMs: Math.round(tookMs),
      failures: failures.map(({ line: at, column, message, notes }) => ({ line: at, column, message, notes })),
    })),
    ...(coverage === null ? {} : { coverage: coverageView(coverage) }),
  };
}

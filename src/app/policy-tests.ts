import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { zoneNamed } from '../calendar/zone.ts';
import type { Config } from '../config/config.ts';
import { labelsOf } from '../config/labels-of.ts';
import { readTestFiles, readText, shortened } from '../config/policy-folder.ts';
import { type Coverage, CoverageBook } from '../decide/coverage.ts';
import { runPolicyTest, type TestGround, type Unmet } from '../decide/policy-test.ts';
import { type Clause, clausesOf } from '../policy/clauses.ts';
import type { PolicyFile } from '../policy/compile.ts';
import { DocumentMemo } from '../yaml/document-memo.ts';
import { byPlace, type Located } from '../yaml/located.ts';
import type { YamlDocument } from '../yaml/yaml-document.ts';
import { InvalidInput, loadPolicies } from './load.ts';
import { readTestFile, senselessOf, type TestFile } from './test-file.ts';

/** What came out otherwise, at its place, with lines about what came instead and what was in the way. */
export interface TestFailure extends Located {
  readonly notes: readonly string[];
}

/** How one test came out; every difference at its place in the file. */
export interface TestOutcome {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  readonly failures: readonly TestFailure[];
  /** Real ms. */
  readonly tookMs: number;
}

/** All tests of a folder. */
export interface TestRun {
  readonly outcomes: readonly TestOutcome[];
  /** Policies of which no test saw a decision. */
  readonly untested: readonly string[];
  /** `null`: it was not asked for. */
  readonly coverage: Coverage | null;
}

/**
 * Runs the tests of a policy folder, or of the files that are named, on virtual time; nothing is contacted.
 * @throws InvalidInput where the policies or a test file hold a mistake
 */
export async function runPolicyTests(
  config: Config,
  options: {
    readonly targets: readonly string[];
    readonly cwd: string;
    readonly now: number;
    /** Shall it be found out which clauses the tests have seen at work? */
    readonly coverage?: boolean;
  },
): Promise<TestRun> {
  const { cwd, now } = options;
  const files = (await filesOf(options.targets.length > 0 ? options.targets : [config.policiesDir], cwd)).map(
    readTestFile,
  );
  const grounds = await groundsOf(config, { files, cwd, now, coverage: options.coverage === true });
  const wrong = files.map((file) => {
    const ground = grounds.of.get(file.mode);
    return [...file.errors, ...(ground === undefined ? [] : senselessOf(file, ground))].sort(byPlace);
  });
  const errors = [...wrong.flat(), ...grounds.errors];
  if (errors.length > 0) {
    const [first, ...more] = files.filter((_, index) => wrong[index]?.length !== 0);
    const which = grounds.errors.length === 0 && more.length === 0 ? `${first?.file ?? ''} is` : 'the tests are';
    throw new InvalidInput(first === undefined ? 'the policies are not valid' : `${which} not valid`, errors);
  }
  const outcomes: TestOutcome[] = [];
  const decided = new Set<string>();
  for (const { file, mode, tests } of files) {
    const ground = grounds.of.get(mode);
    for (const { test, index, document } of tests) {
      if (test === null || ground === undefined) continue;
      const began = performance.now();
      const result = runPolicyTest(test, ground);
      for (const { policy } of result.decided) decided.add(policy);
      const { line } = document.place(['tests', index, 'name']);
      const failures = located(document, index, result.unmet);
      outcomes.push({ file, line, name: test.name, failures, tookMs: performance.now() - began });
    }
  }
  const { policies: known = [], coverage: book = null } = [...grounds.of.values()][0] ?? {};
  const untested = known.filter(({ name, enabled }) => enabled && !decided.has(name)).map(({ name }) => name);
  return { outcomes, untested, coverage: book?.of(known) ?? null };
}

/** What tests are run on, by the mode of policies that do not say. All share the clauses and what is seen of them. */
async function groundsOf(
  config: Config,
  { files, cwd, now, coverage }: { files: readonly TestFile[]; cwd: string; now: number; coverage: boolean },
): Promise<{ readonly of: ReadonlyMap<TestFile['mode'], TestGround>; readonly errors: readonly Located[] }> {
  const documents = new DocumentMemo();
  const of = new Map<TestFile['mode'], TestGround>();
  let clauses: ReadonlyMap<string, readonly Clause[]> | null = null;
  let book: CoverageBook | null = null;
  for (const mode of new Set(files.map((file) => file.mode))) {
    const loaded = await loadPolicies({ ...config, mode }, cwd, now, documents);
    if (!loaded.ok) return { of, errors: loaded.errors };
    const { policies } = loaded.set;
    clauses ??= clausesOf(loaded.files, policies);
    if (coverage) book ??= new CoverageBook(clauses);
    of.set(mode, {
      accounts: config.accounts,
      labelsOf: (instance) => labelsOf(config.labels, instance),
      policies,
      clauses,
      coverage: book,
      zone: zoneNamed(config.timezone),
    });
  }
  return { of, errors: [] };
}

function located(document: YamlDocument, index: number, unmet: readonly Unmet[]): TestFailure[] {
  return unmet.map(({ path, message, notes }) => {
    // What stands nowhere in the file is told at the test's name.
    const whole = ['tests', index, ...path];
    return { ...document.located(document.has(whole) ? whole : ['tests', index, 'name'], message), notes };
  });
}

async function filesOf(targets: readonly string[], cwd: string): Promise<readonly PolicyFile[]> {
  const files: PolicyFile[] = [];
  for (const target of targets) {
    const path = resolve(cwd, target);
    const isFolder = await stat(path).then(
      (stats) => stats.isDirectory(),
      () => false,
    );
    if (isFolder) {
      const read = await readTestFiles(path, cwd);
      if (!read.ok) throw new InvalidInput(`there is nothing to run in ${shortened(path, cwd)}`, read.errors);
      files.push(...read.files);
      continue;
    }
    const shown = shortened(path, cwd);
    const text = await readText(path, shown);
    if (typeof text !== 'string') throw new InvalidInput(`${basename(join(path))} cannot be read`, [text]);
    files.push({ file: shown, text });
  }
  return files;
}

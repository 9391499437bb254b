import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { zoneNamed } from '../calendar/zone.ts';
import type { Config } from '../config/config.ts';
import { labelsOf } from '../config/labels-of.ts';
import { readTestFiles, readText, shortened } from '../config/policy-folder.ts';
import { type Coverage, CoverageBook } from '../decide/coverage.ts';
import { runPolicyTest, strangeNames, type TestGround, type Unmet } from '../decide/policy-test.ts';
import { type Clause, clausesOf } from '../policy/clauses.ts';
import type { PolicyFile } from '../policy/compile.ts';
import type { Policy } from '../policy/policy.ts';
import { testFileGrammar } from '../policy/test-grammar.ts';
import { checkShape } from '../yaml/check-shape.ts';
import { DocumentMemo } from '../yaml/document-memo.ts';
import type { Located } from '../yaml/located.ts';
import { readDocument } from '../yaml/read-document.ts';
import type { YamlDocument } from '../yaml/yaml-document.ts';
import { InvalidInput, loadPolicies } from './load.ts';

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
  const { cwd } = options;
  const files = await filesOf(options.targets.length > 0 ? options.targets : [config.policiesDir], cwd);
  const outcomes: TestOutcome[] = [];
  const documents = new DocumentMemo();
  const decided = new Set<string>();
  let known: readonly Policy[] = [];
  let clauses: ReadonlyMap<string, readonly Clause[]> | null = null;
  let book: CoverageBook | null = null;
  for (const file of files) {
    const read = readDocument(file.text, file.file);
    if (!read.ok) throw new InvalidInput(`${file.file} is not valid`, read.errors);
    const { document } = read;
    const checked = checkShape(testFileGrammar, document);
    if (!checked.ok) throw new InvalidInput(`${file.file} is not valid`, checked.errors);
    // A test is about what policies do, so they do it here unless they say otherwise themselves.
    const loaded = await loadPolicies(
      { ...config, mode: checked.value.mode ?? 'enforce' },
      cwd,
      options.now,
      documents,
    );
    if (!loaded.ok) throw new InvalidInput('the policies are not valid', loaded.errors);
    known = loaded.set.policies;
    clauses ??= clausesOf(loaded.files, known);
    if (options.coverage === true) book ??= new CoverageBook(clauses);
    const ground: TestGround = {
      accounts: config.accounts,
      labelsOf: (instance) => labelsOf(config.labels, instance),
      policies: known,
      clauses,
      coverage: book,
      zone: zoneNamed(config.timezone),
    };
    const strange = checked.value.tests.flatMap((test, index) => located(document, index, strangeNames(test, ground)));
    if (strange.length > 0) throw new InvalidInput(`${file.file} is not valid`, strange);
    for (const [index, test] of checked.value.tests.entries()) {
      const began = performance.now();
      const result = runPolicyTest(test, ground);
      for (const { policy } of result.decided) decided.add(policy);
      const { line } = document.place(['tests', index, 'name']);
      const failures = located(document, index, result.unmet);
      outcomes.push({ file: file.file, line, name: test.name, failures, tookMs: performance.now() - began });
    }
  }
  const untested = known.filter(({ name, enabled }) => enabled && !decided.has(name)).map(({ name }) => name);
  return { outcomes, untested, coverage: book?.of(known) ?? null };
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
      if (!read.ok) throw new InvalidInput(`${target} cannot be read`, read.errors);
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

import { type Senseless, senselessIn, strangeNames, type TestSurroundings } from '../decide/test-sense.ts';
import type { PolicyFile } from '../policy/compile.ts';
import {
  type PolicyTestParts,
  type PolicyTestText,
  policyTestGrammar,
  policyTestParts,
  testFileFrame,
} from '../policy/test-grammar.ts';
import type { Located } from '../yaml/located.ts';
import { readDocument } from '../yaml/read-document.ts';
import { type Salvaged, salvage } from '../yaml/salvage.ts';
import type { YamlDocument } from '../yaml/yaml-document.ts';

/** A test file, as far as it can be read: a mistake in one piece hides none in another. */
export interface TestFile {
  readonly file: string;
  /** For policies that do not say; a test is about what they do, so they do it here. */
  readonly mode: 'observe' | 'enforce';
  readonly tests: readonly ReadTest[];
  readonly errors: readonly Located[];
}

/** One test with its place. */
export interface ReadTest {
  readonly index: number;
  /** `null`: something is wrong with it. */
  readonly test: PolicyTestText | null;
  /** The file with, and without, what is wrong in this test. */
  readonly written: YamlDocument;
  readonly document: YamlDocument;
  readonly salvaged: Salvaged<PolicyTestText, PolicyTestParts>;
}

export function readTestFile({ file, text }: PolicyFile): TestFile {
  const read = readDocument(text, file);
  const before = read.ok ? [] : (read.rest?.lost ?? []).map((path) => ({ path }));
  const document = read.ok ? read.document : (read.rest?.document ?? null);
  const errors = read.ok ? [] : [...read.errors];
  if (document === null) return { file, mode: 'enforce', tests: [], errors };
  const frame = salvage(testFileFrame, testFileFrame.partial(), document, [], undefined, before);
  errors.push(...frame.errors);
  const tests = (frame.parts?.tests ?? []).map((_, index): ReadTest => {
    const path = ['tests', index];
    const salvaged = salvage(
      policyTestGrammar,
      policyTestParts,
      frame.document,
      path,
      undefined,
      frame.lost.inside(path),
    );
    return { index, test: salvaged.value, written: frame.document, document: salvaged.document, salvaged };
  });
  errors.push(...tests.flatMap(({ salvaged }) => salvaged.errors), ...sameNames(file, tests));
  return { file, mode: frame.parts?.mode ?? 'enforce', tests, errors };
}

/** What of its tests makes no sense among these policies and accounts. */
export function senselessOf({ tests }: TestFile, around: TestSurroundings): readonly Located[] {
  return tests.flatMap(({ index, written, document, test, salvaged: { parts } }) => {
    const names = strangeNames(written.data(['tests', index]), around);
    // A name that stands for nothing says enough of what comes of it.
    const isWhole = test !== null && names.length === 0;
    const rest = parts === null ? [] : senselessIn(parts, around, isWhole);
    return [...names.map((each) => at(each, index, written)), ...rest.map((each) => at(each, index, document))];
  });
}

function at({ path, message }: Senseless, index: number, document: YamlDocument): Located {
  const whole = ['tests', index, ...path];
  const isKey = ['set', 'accounts', 'fleet'].includes(String(path.at(-2)));
  return document.located(document.has(whole) ? whole : ['tests', index], message, isKey ? { part: 'key' } : {});
}

/** Reports go by the name of a test: two of one name cannot be told apart there. */
function sameNames(file: string, tests: readonly ReadTest[]): readonly Located[] {
  const lines = new Map<string, number>();
  return tests.flatMap(({ index, document, salvaged: { parts } }) => {
    if (parts?.name === undefined) return [];
    const path = ['tests', index, 'name'];
    const first = lines.get(parts.name);
    if (first !== undefined)
      return [document.located(path, `the name "${parts.name}" is taken; first in ${file}:${first}`)];
    lines.set(parts.name, document.place(path).line);
    return [];
  });
}

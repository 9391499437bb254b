import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const SCRIPT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'scripts', 'ci-summary.mjs');
const folder = mkdtempSync(join(tmpdir(), 'lamplighter-ci-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const suite = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((each) => ({ status: each })),
});

test.each([
  ['all is well', [suite('passed', 'passed', 'passed')], ['lint=0', 'tests=0'], '2 passed, 0 failed', 0],
  ['a test fails', [suite('failed', 'passed', 'failed')], ['lint=0', 'tests=1'], '1 passed, 1 failed', 1],
  [
    'a suite does not load',
    [suite('passed', 'passed'), suite('failed')],
    ['lint=0', 'tests=1'],
    '1 passed, 1 failed',
    1,
  ],
  ['only the linters complain', [suite('passed', 'passed')], ['lint=1', 'tests=0'], '1 passed, 1 failed', 1],
  ['an error outside every test', [suite('passed', 'passed')], ['lint=0', 'tests=1'], '1 passed, 1 failed', 1],
  ['nothing has run', [], ['lint=0', 'tests=0'], '0 passed, 1 failed', 1],
  ['the run was cut short', null, ['lint=0', 'tests=137'], '0 passed, 1 failed', 1],
  ['skipped tests are no passes', [suite('passed', 'passed', 'skipped')], ['tests=0'], '1 passed, 0 failed', 0],
])('%s', (name, testResults, steps, line, code) => {
  const file = join(folder, `${name}.json`);
  if (testResults !== null) writeFileSync(file, JSON.stringify({ testResults }));
  const { status, stdout } = spawnSync(process.execPath, [SCRIPT, file, ...steps], { encoding: 'utf8' });
  expect(stdout.trimEnd().split('\n').at(-1)).toBe(line);
  expect(status).toBe(code);
});

// The last line of .ci/run, from what vitest wrote down and how each step ended. A step that failed without a failing test of its
// own (a linter, a suite that did not load, a run that was cut short) counts as one failure, so that the line never looks greener
// than the run was.
//
//   node scripts/ci-summary.mjs VITEST_JSON STEP=EXIT_CODE...

import { readFileSync } from 'node:fs';

const [file = '', ...steps] = process.argv.slice(2);
const report = read(file);
let failed = report.failed;
for (const step of steps) {
  const [name, code] = step.split('=');
  if (code === '0') continue;
  process.stdout.write(`${name} failed (exit code ${code})\n`);
  if (name !== 'tests' || report.failed === 0) failed += 1;
}
if (report.passed === 0 && failed === 0) {
  process.stdout.write('no test has run\n');
  failed = 1;
}
process.stdout.write(`${report.passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;

/** Counts tests, and files that failed without any test in them failing. Skipped ones are neither. */
function read(path) {
  try {
    const { testResults } = JSON.parse(readFileSync(path, 'utf8'));
    const all = testResults.flatMap(({ assertionResults }) => assertionResults.map(({ status }) => status));
    const count = (status) => all.filter((each) => each === status).length;
    const broken = testResults.filter(
      ({ status, assertionResults }) =>
        status === 'failed' && !assertionResults.some((each) => each.status === 'failed'),
    );
    return { passed: count('passed'), failed: count('failed') + broken.length };
  } catch (error) {
    process.stdout.write(`vitest left no readable report: ${error.message}\n`);
    return { passed: 0, failed: 0 };
  }
}

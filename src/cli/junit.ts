import type { TestOutcome, TestRun } from '../app/policy-tests.ts';

/** The form that CI servers read: one suite for each file, and with `coverage` one without tests that has it as properties. */
export function junit({ outcomes, coverage }: Pick<TestRun, 'outcomes' | 'coverage'>): string {
  const files = [...new Set(outcomes.map(({ file }) => file))];
  const suites = files.map((file) =>
    suite(
      file,
      outcomes.filter((outcome) => outcome.file === file),
    ),
  );
  const counts = countsOf(outcomes);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="lamplighter" ${counts}>\n${suites.join('')}${coverageSuite(coverage)}</testsuites>\n`;
}

function suite(file: string, outcomes: readonly TestOutcome[]): string {
  return `  <testsuite name="${text(file)}" ${countsOf(outcomes)}>\n${outcomes.map(testCase).join('')}  </testsuite>\n`;
}

function coverageSuite(coverage: TestRun['coverage']): string {
  if (coverage === null) return '';
  const percents: readonly (readonly [string, number])[] = [
    ['coverage', coverage.percent],
    ...coverage.policies.map(({ policy, percent }) => [`coverage.${policy}`, percent] as const),
  ];
  const properties = percents.map(([name, percent]) => `      <property name="${text(name)}" value="${percent}"/>\n`);
  return `  <testsuite name="coverage" ${countsOf([])}>\n    <properties>\n${properties.join('')}    </properties>\n  </testsuite>\n`;
}

function testCase({ name, file, line, failures, tookMs }: TestOutcome): string {
  const head = `    <testcase name="${text(name)}" classname="${text(file)}" file="${text(file)}" line="${line}" time="${seconds(tookMs)}"`;
  if (failures.length === 0) return `${head}/>\n`;
  const [first] = failures;
  const all = failures
    .flatMap(({ line: at, column, message, notes }) => [`${file}:${at}:${column}: ${message}`, ...notes])
    .join('\n');
  return `${head}>\n      <failure type="unmet" message="${text(first?.message ?? '')}">${text(all)}</failure>\n    </testcase>\n`;
}

function countsOf(outcomes: readonly TestOutcome[]): string {
  const failed = outcomes.filter(({ failures }) => failures.length > 0).length;
  const tookMs = outcomes.reduce((sum, outcome) => sum + outcome.tookMs, 0);
  return `tests="${outcomes.length}" failures="${failed}" errors="0" skipped="0" time="${seconds(tookMs)}"`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/** As XML 1.0 may hold it: most control characters cannot stand there at all. */
function text(raw: string): string {
  return raw
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

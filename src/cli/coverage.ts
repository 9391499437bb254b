import type { TestRun } from '../app/policy-tests.ts';
import type { Io } from './io.ts';
import { printable } from './table.ts';

type Coverage = NonNullable<TestRun['coverage']>;
type ClauseCoverage = Coverage['policies'][number]['clauses'][number];
type Gap = NonNullable<ClauseCoverage['gap']>;

/** Dots of a bar. */
const BAR = 10;

/** What a test would have to show, in a sentence. */
const GAPS: Readonly<Record<Gap, string>> = {
  'never-due': 'no test makes it due',
  'never-refused': 'no test needs it: nothing is kept out by this alone',
  'value-unused': 'no test has a machine with this value that it acts on',
  'step-not-reached': 'no test gets to this step',
  'not-at-work': 'it makes no difference in any test',
};

/** For people: a bar for each policy, and below it what no test has seen. */
export function printCoverage(io: Io, { policies, covered, all, percent }: Coverage): void {
  io.out(`coverage: ${covered} of ${all} clauses, ${percent}%\n`);
  const width = Math.max(0, ...policies.map(({ policy }) => policy.length));
  for (const { policy, clauses, place, ...counts } of policies) {
    const dots = Math.floor((BAR * counts.percent) / 100);
    const bar = '●'.repeat(dots) + '○'.repeat(BAR - dots);
    io.out(`  ${bar}  ${policy.padEnd(width)}  ${counts.covered} of ${counts.all}\n`);
    if (counts.covered === 0 && counts.all > 0) {
      io.out(`      ${place.file}:${place.line}:${place.column}  ${GAPS['never-due']}\n`);
      continue;
    }
    for (const each of clauses) if (each.gap !== null) io.out(`      ${printable(gapLine(each, each.gap))}\n`);
  }
}

function gapLine({ clause }: ClauseCoverage, gap: Gap): string {
  const { place, path, text } = clause;
  return `${place.file}:${place.line}:${place.column}  ${path} ${text}: ${GAPS[gap]}`;
}

/** As plain data. */
export function coverageView({ policies, ...total }: Coverage) {
  return {
    ...total,
    policies: policies.map(({ place, clauses, ...counts }) => ({
      ...counts,
      file: place.file,
      line: place.line,
      clauses: clauses.map(({ clause, gap }) => ({
        path: clause.path,
        text: clause.text,
        line: clause.place.line,
        column: clause.place.column,
        gap,
      })),
    })),
  };
}

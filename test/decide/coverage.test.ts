import { describe, expect, test } from 'vitest';
import { zoneNamed } from '../../src/calendar/zone.ts';
import { CoverageBook } from '../../src/decide/coverage.ts';
import { runPolicyTest } from '../../src/decide/policy-test.ts';
import { clausesOf } from '../../src/policy/clauses.ts';
import { compile } from '../../src/policy/compile.ts';
import { testFileGrammar } from '../../src/policy/test-grammar.ts';
import { renderAll } from '../../src/yaml/located.ts';
import { readDocument } from '../../src/yaml/read-document.ts';
import { OPTIONS } from '../policy/support.ts';

const zone = zoneNamed('Asia/Shanghai');

function policiesOf(text: string) {
  const files = [{ file: 'p.yaml', text }];
  const compiled = compile(files, { ...OPTIONS, mode: 'enforce' });
  if (!compiled.ok) throw new Error(renderAll(compiled.errors));
  return { policies: compiled.set.policies, clauses: clausesOf(files, compiled.set.policies) };
}

function testsOf(text: string) {
  const read = readDocument(text, 'p.test.yaml');
  if (!read.ok) throw new Error(renderAll(read.errors));
  return testFileGrammar.parse(read.document.data()).tests;
}

/** What the tests have not seen, as `path: gap`. */
function gapsOf(policies: string, tests: string): readonly string[] {
  const compiled = policiesOf(policies);
  const coverage = new CoverageBook(compiled.clauses);
  const ground = { accounts: OPTIONS.accounts ?? [], labelsOf: () => ({}), ...compiled, zone, coverage };
  for (const each of testsOf(tests)) runPolicyTest(each, ground);
  return coverage
    .of(compiled.policies)
    .policies.flatMap(({ clauses }) =>
      clauses.flatMap(({ clause, gap }) => (gap === null ? [] : [`${clause.path}: ${gap}`])),
    );
}

const night = (fleet: string, more = '') =>
  `tests: [{ name: t, now: "2026-11-24 22:00", for: 12h, others: allowed, fleet: { ${fleet} } ${more} }]`;

const STOP = `policies:
  - name: p
    match: { name: ["dev-*", "test-*"], status: running, not: [{ labels: { keep: "true" } }, { id: x }] }
    when: { during: "Mon-Sun 23:00-08:00", idleFor: 1h }
    do: [stop, notify]
    notice: 10m
    cooldown: 1d
    afterwards: start
    limits: { perPass: 1 }
`;

describe('a clause is covered where a test would come out otherwise without it', () => {
  test('a policy that is never due has nothing covered', () => {
    const gaps = gapsOf(STOP, night('dev-1: { activity: active }'));
    expect(new Set(gaps.map((gap) => gap.split(': ')[1]))).toEqual(new Set(['never-due']));
    expect(gaps).toHaveLength(14);
  });

  test('each gap is told by what is missing', () => {
    expect(gapsOf(STOP, night('dev-1: { idleFor: 2h }'))).toEqual([
      'match.name: never-refused',
      'match.name[1]: value-unused',
      'match.not[0]: never-refused',
      'match.not[1]: never-refused',
      'when.idleFor: never-refused',
      'cooldown: not-at-work',
      'limits.perPass: not-at-work',
    ]);
  });

  test('what is kept out by two clauses at once needs neither of them', () => {
    const gaps = (machine: string) => gapsOf(STOP, night(`dev-1: { idleFor: 2h }, ${machine}`));
    expect(gaps('web-1: { activity: active }')).toContain('match.name: never-refused');
    expect(gaps('web-1: { idleFor: 2h }')).not.toContain('match.name: never-refused');
    expect(gaps('dev-2: { activity: active }')).not.toContain('when.idleFor: never-refused');
    expect(gaps('test-1: { idleFor: 2h }')).not.toContain('match.name[1]: value-unused');
    expect(gaps('dev-2: { idleFor: 2h, labels: { keep: "true" } }')).not.toContain('match.not[0]: never-refused');
    expect(gaps('test-1: { idleFor: 2h }')).not.toContain('limits.perPass: not-at-work');
  });

  test('a machine to which nothing could be done needs no clause to keep it out', () => {
    const policy = `policies:
  - { name: p, match: { name: "dev-*", billing: hourly }, when: { runningFor: 2h, during: "Mon-Sun 23:00-08:00" }, do: stop }
`;
    const gaps = (more: string) => gapsOf(policy, night(`dev-1: {}, ${more}`));
    // After its stop dev-1 is not up for two hours any more, which keeps nothing from it.
    const all = ['match.name: never-refused', 'match.billing: never-refused', 'when.runningFor: never-refused'];
    expect(gaps('web-1: { status: stopped }, dev-2: { status: stopped, billing: daily }')).toEqual(all);
    expect(gaps('web-1: {}, dev-2: { billing: daily }')).toEqual(all.slice(2));
    expect(gapsOf(policy, night('dev-1: { upFor: 30m }'))).toEqual([...all.slice(0, 2), 'when.during: never-refused']);
    const kept = policy.replace('billing: hourly', 'not: [{ labels: { keep: "true" } }, { status: [stopped] }]');
    const both = 'dev-1: {}, dev-2: { status: stopped, labels: { keep: "true" } }, dev-3: { status: stopped }';
    expect(gapsOf(kept, night(both))).toContain('match.not[0]: never-refused');
    // What is only told is told of any.
    const told = policy.replace('runningFor', 'statusFor').replace('do: stop', 'do: notify');
    expect(gapsOf(told, night('dev-1: {}, web-1: { status: stopped }, dev-2: { billing: daily }'))).toEqual([
      'when.statusFor: never-refused',
    ]);
  });

  test('what follows from a clause does not hide it: a stopped machine is not idle either', () => {
    const policy = STOP.replace('status: running', 'status: starting').replace('idleFor: 1h', 'runningFor: 1h');
    expect(gapsOf(policy, night('dev-1: { status: starting }, dev-2: {}'))).not.toContain(
      'match.status: never-refused',
    );
    const other = STOP.replace(', idleFor: 1h', '');
    expect(gapsOf(other, night('dev-1: {}'))).not.toContain('match.status: never-refused');
  });

  test('account and provider stand for each other, and for what one cloud alone can tell', () => {
    const policy = `policies:
  - { name: p, match: { account: hxy-main, provider: huixingyun, billing: daily }, when: { expiresWithin: 12h }, do: notify }
`;
    const tests = (more: string) => night(`a: { billing: daily, expiresIn: 18h } ${more}`);
    expect(gapsOf(policy, tests(''))).toEqual([
      'match.account: never-refused',
      'match.provider: never-refused',
      'match.billing: never-refused',
    ]);
    expect(gapsOf(policy, tests(', b: { account: chenyu, billing: daily }, c: { billing: hourly }'))).toEqual([]);
  });

  test('what is decided for an account, and at a tick', () => {
    const policy = `policies:
  - { name: p, match: { account: chenyu }, when: { balanceBelow: 100, cron: "0 9 * * *" }, do: notify }
`;
    const tests = (balance: number, more = '') =>
      `tests: [{ name: t, now: "2026-11-24 08:00", for: 2h, accounts: { chenyu: { balance: ${balance} } }, fleet: {} ${more} }]`;
    expect(gapsOf(policy, tests(50))).toEqual(['when.balanceBelow: never-refused']);
    const later =
      ', timeline: [{ at: "08:30", accounts: { chenyu: { balance: 500 } } }, { at: "09:01", accounts: { chenyu: { balance: 50 } } }]';
    expect(gapsOf(policy, tests(50, later))).toEqual([]);
    expect(gapsOf(policy, tests(500))).toEqual([
      'match.account: never-due',
      'when.cron: never-due',
      'when.balanceBelow: never-due',
      'do: never-due',
    ]);
  });

  test('an uptime that idleness implies is asked of no test, and one that it does not is', () => {
    const policy = (uptime: string) =>
      `policies:\n  - { name: p, match: all, when: { idleFor: 1h }, do: stop, minimumUptime: ${uptime} }\n`;
    expect(gapsOf(policy('1h'), night('a: { activity: idle }'))).toEqual([]);
    expect(gapsOf(policy('3h'), night('a: { activity: idle }'))).toEqual(['minimumUptime: not-at-work']);
    expect(gapsOf(policy('3h'), night('a: { activity: idle, upFor: 0s }'))).toEqual([]);
  });

  test('a policy of which nothing was seen, and no policy at all', () => {
    const { policies, clauses } = policiesOf(STOP);
    expect(new CoverageBook(clauses).of(policies)).toMatchObject({ covered: 0, all: 14, percent: 0 });
    expect(new CoverageBook(new Map()).of(policies)).toMatchObject({ covered: 0, all: 0, percent: 100 });
  });
});

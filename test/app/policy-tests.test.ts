import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { InvalidInput } from '../../src/app/load.ts';
import { runPolicyTests } from '../../src/app/policy-tests.ts';
import { zoneNamed } from '../../src/calendar/zone.ts';
import type { Config } from '../../src/config/config.ts';
import { readConfigFile } from '../../src/config/config-file.ts';
import { labelsOf } from '../../src/config/labels-of.ts';
import { compileOptions } from '../../src/config/load-config.ts';
import { readPolicyFolder, readTestFiles } from '../../src/config/policy-folder.ts';
import type { ComingDecision } from '../../src/decide/forecast.ts';
import { eachMachine } from '../../src/decide/given-fleet.ts';
import { runPolicyTest } from '../../src/decide/policy-test.ts';
import type { Instance } from '../../src/fleet/instance.ts';
import { clausesOf } from '../../src/policy/clauses.ts';
import { compile, type PolicyFile } from '../../src/policy/compile.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { type PolicyTestText, testFileGrammar } from '../../src/policy/test-grammar.ts';
import { renderAll } from '../../src/yaml/located.ts';
import { prunedData } from '../../src/yaml/node.ts';
import { readDocument } from '../../src/yaml/read-document.ts';
import { runCommand } from '../support/command.ts';
import { newFolder } from '../support/folder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NOW = Date.UTC(2026, 10, 22);

async function configOf(file: string, cwd: string): Promise<Config> {
  const text = 'https://open.feishu.cn/open-apis/bot/v2/hook/a-bot-for-tests';
  const readSecret = (path: string) =>
    Promise.resolve({ text: path.includes('url') ? text : 'a-token-for-tests', worldReadable: false });
  const read = await readConfigFile(file, cwd, { environment: {}, readSecret });
  if (!read.ok) throw new Error(renderAll(read.errors));
  return read.config;
}

test('every shipped policy has tests beside it, and they pass', async () => {
  const config = await configOf('lamplighter.example.yaml', ROOT);
  const run = await runPolicyTests(config, { targets: [], cwd: ROOT, now: NOW, coverage: true });
  const failures = run.outcomes.flatMap(({ name, failures: all }) => all.map(({ message }) => `${name}: ${message}`));
  expect(failures).toEqual([]);
  expect(run.untested).toEqual([]);
  const gaps = (run.coverage?.policies ?? []).flatMap(({ clauses }) => clauses.filter(({ gap }) => gap !== null));
  expect(gaps.map(({ clause, gap }) => `${clause.policy} ${clause.path}: ${gap}`)).toEqual([]);
});

test('without any one clause of a shipped policy its tests come out otherwise', async () => {
  const config = await configOf('lamplighter.example.yaml', ROOT);
  const folder = await readPolicyFolder(config.policiesDir, ROOT);
  const written = await readTestFiles(config.policiesDir, ROOT);
  if (!folder.ok || !written.ok) throw new Error('the shipped policies cannot be read');
  const tests = written.files.flatMap(({ file, text }) => testFileGrammar.parse(dataOf(text, file)).tests);
  const policiesOf = (files: readonly PolicyFile[]): readonly Policy[] | null => {
    const compiled = compile(files, { ...compileOptions(config, NOW), mode: 'enforce' });
    return compiled.ok ? compiled.set.policies : null;
  };
  // `null`: without the clause it is no valid policy, which nobody can overlook.
  const decided = (policies: readonly Policy[] | null, about: string) => {
    if (policies === null) return null;
    // Many machines take long, and are there for the limits alone.
    const isQuick = ({ fleet }: PolicyTestText) => Object.keys(eachMachine(fleet)).length < 10;
    const ground = { accounts: config.accounts, labelsOf: (each: Instance) => labelsOf(config.labels, each) };
    const around = { ...ground, policies, clauses: new Map(), zone: zoneNamed(config.timezone), coverage: null };
    return tests
      .filter((each) => each.policies?.includes(about) !== false && isQuick(each))
      .map((each) => runPolicyTest(each, around).decided.map(told));
  };
  const policies = policiesOf(folder.files) ?? [];
  const unnoticed: string[] = [];
  let clauses = 0;
  for (const [name, all] of clausesOf(folder.files, policies)) {
    const usual = decided(policies, name);
    for (const { path, says, place } of all) {
      if (says.kind === 'value' || says.kind === 'step' || path.startsWith('limits')) continue;
      clauses += 1;
      const without = folder.files.flatMap((each) => {
        if (each.file === place.file) return [{ file: each.file, text: textWithout(each, name, path) }];
        return each.text.includes('calendars:') ? [each] : [];
      });
      if (isDeepStrictEqual(decided(policiesOf(without), name), usual)) unnoticed.push(`${name} ${path}`);
    }
  }
  // What follows from another clause: what is stopped is not idle, what is hourly has no expiry, what starts saves no image.
  expect(unnoticed).toEqual([
    'stop-idle-dev match.status',
    'nightly-snapshot match.status',
    'keep-production-paid match.billing',
    'expiry-reminder match.billing',
    'stopped-too-long match.status',
  ]);
  expect(clauses).toBeGreaterThan(35);
});

/** What tells a decision from another. */
function told({ at, kind, policy, account, instance, action, step, reason }: ComingDecision): string {
  return [at, kind, policy, account, instance, action, step, reason].join(' ');
}

function dataOf(text: string, file: string): unknown {
  const read = readDocument(text, file);
  if (!read.ok) throw new Error(renderAll(read.errors));
  return read.document.data();
}

/** A policy file without one clause of one policy; JSON is YAML. */
function textWithout({ file, text }: PolicyFile, name: string, path: string): string {
  const policyFile = z.looseObject({ policies: z.array(z.looseObject({ name: z.string() })) });
  const data = policyFile.parse(dataOf(text, file));
  const steps = path.split(/[.[\]]+/).filter((step) => step !== '');
  const policies = data.policies.map((policy) => {
    if (policy.name !== name) return policy;
    return {
      match: 'all',
      when: { during: 'always' },
      ...withoutEmpty(z.record(z.string(), z.unknown()).parse(prunedData(policy, [steps]))),
    };
  });
  return JSON.stringify({ ...data, policies });
}

/** Without maps and lists in which nothing is left. */
function withoutEmpty(map: Record<string, unknown>): Record<string, unknown> {
  const kept = Object.entries(map).flatMap(([key, value]): [string, unknown][] => {
    if (Array.isArray(value)) return value.length === 0 ? [] : [[key, value]];
    if (typeof value !== 'object' || value === null) return [[key, value]];
    const inner = withoutEmpty({ ...value });
    return Object.keys(inner).length === 0 ? [] : [[key, inner]];
  });
  return Object.fromEntries(kept);
}

describe('a folder of tests', () => {
  let dir: string;

  beforeEach(async () => {
    dir = await newFolder('lamplighter-policy-tests-');
    await mkdir(join(dir, 'policies'));
    await put('lamplighter.yaml', 'accounts:\n  hxy: { provider: huixingyun, token: a-token-of-tests }\n');
    await put(
      'policies/p.yaml',
      `policies:
  - { name: night, match: { name: "dev-*" }, when: { during: "Mon-Sun 23:00-08:00" }, do: stop, afterwards: start }
  - { name: never-tested, match: { name: other }, when: { idleFor: 1h }, do: stop }
`,
    );
  });

  const put = (name: string, text: string) => writeFile(join(dir, name), text);
  const one = (lines: string) =>
    put('policies/p.test.yaml', `tests:\n  - name: a night\n    now: "2026-11-24 22:00"\n    for: 12h\n${lines}`);
  const FLEET = '    fleet: { dev-1: {}, web-1: {} }\n';
  const EXPECTED =
    '    expect:\n      - { at: "23:00", do: stop, instance: dev-1 }\n      - { at: "08:00", do: start, reason: afterwards }\n';

  async function failures(): Promise<readonly string[]> {
    const { outcomes } = await runPolicyTests(await configOf('lamplighter.yaml', dir), {
      targets: [],
      cwd: dir,
      now: NOW,
    });
    return outcomes.flatMap((outcome) => outcome.failures.map(({ line, message }) => `${line}: ${message}`));
  }

  test('passes, and tells which policies no test has seen', async () => {
    await one(FLEET + EXPECTED);
    const { code, out } = await runCommand(['test'], { cwd: dir });
    expect({ code, out }).toEqual({
      code: 0,
      out: '✓ a night  policies/p.test.yaml:2\n1 of 1 passed\nno test sees a decision of: never-tested\n',
    });
  });

  test('shows what did not come with what came instead, at its line', async () => {
    await one(FLEET + EXPECTED.replace('23:00', '22:30'));
    expect(await failures()).toEqual(['7: did not come: stop of dev-1 at 2026-11-24 22:30']);
    const { code, out } = await runCommand(['test'], { cwd: dir });
    expect(code).toBe(1);
    expect(out.split('\n').slice(0, 7)).toEqual([
      '✗ a night  policies/p.test.yaml:2',
      '    policies/p.test.yaml:7:11: did not come: stop of dev-1 at 2026-11-24 22:30',
      '            - { at: "22:30", do: stop, instance: dev-1 }',
      '                ^^',
      '      came instead: 2026-11-24 23:00 stop hxy/dev-1 (night, due): 30m later',
      '      at 2026-11-24 22:30 night came closest on dev-1, where it was kept back by',
      '        when.during Mon-Sun 23:00-08:00: closed until 2026-11-24 23:00  policies/p.yaml:2:54',
    ]);
  });

  test('an act that nobody expects fails it, unless others are allowed; what must never come fails it always', async () => {
    await one(FLEET);
    expect(await failures()).toHaveLength(2);
    await one(`${FLEET}    others: allowed\n    expect: [{ do: start }]\n`);
    expect(await failures()).toEqual([]);
    await one(`${FLEET}    others: allowed\n    never: [{ do: start }]\n`);
    expect(await failures()).toEqual(['7: came all the same: 2026-11-25 08:00 start hxy/dev-1 (night, afterwards)']);
  });

  test('policies that say nothing are enforced in a test, unless it says otherwise', async () => {
    await one(`${FLEET}    expect: [{ kind: observe, do: stop, instance: dev-1, reason: observe }]\n`);
    expect(await failures()).toHaveLength(2);
    await put(
      'policies/p.test.yaml',
      `mode: observe\ntests:\n  - name: a night\n    now: "2026-11-24 22:00"\n    for: 12h\n${FLEET}    expect: [{ kind: observe, do: stop, instance: dev-1, reason: observe }]\n`,
    );
    expect(await failures()).toEqual([]);
  });

  test.each([
    [
      'a machine',
      '    expect: [{ do: stop, instance: dev-9 }]\n',
      'there is no machine "dev-9"; did you mean "dev-1"?',
    ],
    ['a policy', '    policies: [nigth]\n', 'there is no policy "nigth"; did you mean "night"?'],
    ['an account', '    accounts: { hxi: { balance: 1 } }\n', 'there is no account "hxi"; did you mean "hxy"?'],
    ['a key', '    expects: []\n', 'unknown key "expects"; did you mean "expect"?'],
    ['a time', '    expect: [{ at: "24:00", do: stop }]\n', 'must be a time such as "22:30"'],
    ['a moment', '    timeline: [{ set: { dev-1: { activity: idle } } }]\n', 'needs either "at" or "after"'],
  ])('refuses %s that means nothing', async (_, lines, message) => {
    await one(FLEET + lines);
    const error = await failures().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(InvalidInput);
    expect(error instanceof InvalidInput ? error.errors.map((each) => each.message) : []).toEqual([
      expect.stringContaining(message),
    ]);
    expect(await runCommand(['test'], { cwd: dir })).toMatchObject({ code: 3, err: expect.stringContaining(message) });
  });

  test('prints what CI servers read', async () => {
    await one(FLEET + EXPECTED.replace('dev-1', 'web-1'));
    const { out, code } = await runCommand(['test', '--output', 'junit'], { cwd: dir });
    expect(code).toBe(1);
    expect(out).toMatch(
      /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites name="lamplighter" tests="1" failures="1" errors="0" skipped="0" /,
    );
    expect(out).toContain('<failure type="unmet" message="did not come: stop of web-1 at 2026-11-24 23:00">');
    expect(out).toContain('\n  match.name dev-*: name is web-1  policies/p.yaml:2:29\n');
    expect(JSON.parse((await runCommand(['test', '--json'], { cwd: dir })).out)).toMatchObject({
      passed: false,
      untested: ['never-tested'],
      tests: [{ name: 'a night', passed: false, failures: [{ line: 7, notes: [{}, {}] }, { line: 6 }] }],
    });
  });

  const notes = async () => {
    const config = await configOf('lamplighter.yaml', dir);
    const { outcomes } = await runPolicyTests(config, { targets: [], cwd: dir, now: NOW });
    return outcomes.flatMap((outcome) => outcome.failures.map((failure) => [failure.message, ...failure.notes]));
  };

  test.each([
    [
      'another reason',
      '{ at: "23:00", do: stop, instance: dev-1, reason: made-up }',
      ['came instead: 2026-11-24 23:00 stop hxy/dev-1 (night, due): due and not made-up'],
    ],
    [
      'another action',
      '{ at: "23:00", do: cardless-stop, instance: dev-1 }',
      [
        'came instead: 2026-11-24 23:00 stop hxy/dev-1 (night, due): stop and not cardless-stop',
        'no policy of this test does a cardless-stop',
      ],
    ],
    [
      'an action that the policy does later on',
      '{ at: "23:00", do: start, instance: dev-1 }',
      ['came instead: 2026-11-25 08:00 start hxy/dev-1 (night, afterwards): 9h later'],
    ],
    [
      'another policy',
      '{ at: "23:00", do: stop, instance: dev-1, policy: never-tested }',
      [
        'came instead: 2026-11-24 23:00 stop hxy/dev-1 (night, due): by night',
        'at 2026-11-24 23:00 never-tested came closest on dev-1, where it was kept back by',
        '  match.name other: name is dev-1  policies/p.yaml:3:36',
        '  when.idleFor 1h: activity is unknown  policies/p.yaml:3:59',
      ],
    ],
    [
      'the same action at another time, although something else came sooner',
      '{ at: "07:50", do: stop, instance: dev-1 }',
      [
        'came instead: 2026-11-24 23:00 stop hxy/dev-1 (night, due): 8h50m earlier',
        'at 2026-11-25 07:50 night came closest on dev-1, where it was kept back by',
        '  not-due: it is stopped (hourly)',
      ],
    ],
    [
      'another kind',
      '{ at: "23:00", kind: announce, do: stop, instance: dev-1 }',
      ['came instead: 2026-11-24 23:00 stop hxy/dev-1 (night, due): done and not announced'],
    ],
    [
      'nothing at all',
      '{ do: stop, instance: web-1 }',
      [
        'at 2026-11-24 23:00 night came closest on web-1, where it was kept back by',
        '  match.name dev-*: name is web-1  policies/p.yaml:2:29',
      ],
    ],
    [
      'all clauses, and it is down already',
      '{ at: "23:30", do: stop, instance: off-1 }',
      [
        'at 2026-11-24 23:30 night came closest on dev-off, where it was kept back by',
        '  not-due: it is stopped (hourly)',
      ],
    ],
  ])('tells what was in the way of %s', async (_, expected, lines) => {
    await one(
      `    fleet: { dev-1: {}, web-1: {}, dev-off: { status: stopped } }\n    others: allowed\n    expect: [${expected.replace('off-1', 'dev-off')}]\n`,
    );
    expect((await notes())[0]?.slice(1)).toEqual(lines);
  });

  test('what is only announced at that time is said to be so', async () => {
    await put(
      'policies/p.yaml',
      'policies: [{ name: night, match: all, when: { during: "Mon-Sun 23:00-08:00" }, do: stop, notice: 10m }]\n',
    );
    await one('    fleet: { dev-1: {} }\n    expect: [{ at: "23:00", do: stop }]\n');
    expect(await notes()).toEqual([
      [
        'did not come: stop at 2026-11-24 23:00',
        'came instead: 2026-11-24 23:10 stop hxy/dev-1 (night, due): 10m later',
        'at 2026-11-24 23:00 night came closest on dev-1, where it was kept back by',
        '  notice: it was announced then, and is done when that is over',
      ],
    ]);
  });

  test('which clauses no test has seen is told with their place, and may fail the run', async () => {
    await one(FLEET + EXPECTED);
    const { code, out } = await runCommand(['test', '--coverage'], { cwd: dir });
    expect(code).toBe(0);
    expect(out.split('\n').slice(-5)).toEqual([
      'coverage: 4 of 7 clauses, 57%',
      '  ●●●●●●●●●●  night         4 of 4',
      '  ○○○○○○○○○○  never-tested  0 of 3',
      '      policies/p.yaml:3:7  no test makes it due',
      '',
    ]);
    expect(await runCommand(['test', '--min-coverage', '57'], { cwd: dir })).toMatchObject({ code: 0 });
    expect(await runCommand(['test', '--min-coverage', '58%'], { cwd: dir })).toMatchObject({
      code: 1,
      err: expect.stringContaining('the tests cover 57% of the clauses, and --min-coverage is 58'),
    });
    expect(await runCommand(['test', '--min-coverage', '101'], { cwd: dir })).toMatchObject({ code: 2 });
    await one(FLEET.replace(', web-1: {}', '') + EXPECTED);
    expect((await runCommand(['test', '--coverage'], { cwd: dir })).out).toContain(
      '      policies/p.yaml:2:29  match.name dev-*: no test needs it: nothing is kept out by this alone\n',
    );
    const { coverage } = JSON.parse((await runCommand(['test', '--coverage', '--json'], { cwd: dir })).out);
    expect(coverage).toMatchObject({
      covered: 3,
      all: 7,
      percent: 42,
      policies: [{ policy: 'night', percent: 75 }, {}],
    });
    expect(coverage.policies[0].clauses[0]).toEqual({
      path: 'match.name',
      text: 'dev-*',
      line: 2,
      column: 29,
      gap: 'never-refused',
    });
    expect((await runCommand(['test', '--coverage', '--output', 'junit'], { cwd: dir })).out).toContain(
      '<property name="coverage.night" value="75"/>',
    );
  });

  test('many machines of a kind are given at once', async () => {
    await one(
      '    fleet: { dev-08..11: {} }\n    others: allowed\n    expect: [{ at: "23:01", do: stop, instance: dev-09 }]\n',
    );
    expect(await failures()).toEqual([]);
    await one('    fleet: { dev-8..11: {} }\n    others: allowed\n    expect: [{ do: stop, instance: dev-12 }]\n');
    await expect(failures()).rejects.toThrow(InvalidInput);
  });

  test('what a policy will do is said in plain words, in both languages', async () => {
    const english = await runCommand(['explain', 'night'], { cwd: dir, env: { LANG: 'C.UTF-8' } });
    expect(english.code).toBe(0);
    expect(english.out).toMatch(
      /^night {2}policies\/p\.yaml:2 {2}observe\nFor each instance:\n {2}- whose name begins with “dev-”\nWhen:\n {2}- the time is from 23:00 to 08:00 of the next day, every day \((closed now, opens|open now, until) .+\)\nLamplighter would, if this policy did more than observe, stop it\.\nWhen the window closes, what it stopped is started again\.\n/,
    );
    const chinese = await runCommand(['explain', 'night'], { cwd: dir, env: { LANG: 'zh_CN.UTF-8' } });
    expect(chinese.out).toContain('Lamplighter 会关机。\n时间范围结束时，由它关掉的会重新开机。\n');
    expect((await runCommand(['explain', '--lang', 'en'], { cwd: dir, env: { LANG: 'zh_CN.UTF-8' } })).out).toContain(
      'never-tested',
    );
    expect(await runCommand(['explain', 'nigth'], { cwd: dir })).toMatchObject({
      code: 2,
      err: expect.stringContaining('no policy is called "nigth"; did you mean "night"?'),
    });
  });

  test('a folder without tests, and a file that is not there, are said to be so', async () => {
    expect((await runCommand(['test'], { cwd: dir })).err).toContain('the folder holds no tests: NAME.test.yaml');
    expect((await runCommand(['test', 'nowhere.test.yaml'], { cwd: dir })).err).toContain('there is no such file');
  });
});

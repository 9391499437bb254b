import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import { InvalidInput } from '../../src/app/load.ts';
import { runPolicyTests } from '../../src/app/policy-tests.ts';
import type { Config } from '../../src/config/config.ts';
import { readConfigFile } from '../../src/config/config-file.ts';
import { renderAll } from '../../src/yaml/located.ts';
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
  const { outcomes, untested } = await runPolicyTests(config, { targets: [], cwd: ROOT, now: NOW });
  expect(outcomes.flatMap(({ name, failures }) => failures.map(({ message }) => `${name}: ${message}`))).toEqual([]);
  expect(untested).toEqual([]);
});

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
    expect(await failures()).toEqual([
      '7: did not come: stop of dev-1 at 2026-11-24 22:30; decided was 2026-11-24 23:00 stop hxy/dev-1 (night, due)',
      '6: was not expected: 2026-11-24 23:00 stop hxy/dev-1 (night, due)',
    ]);
    const { code, out } = await runCommand(['test'], { cwd: dir });
    expect(code).toBe(1);
    expect(out).toContain(
      '✗ a night  policies/p.test.yaml:2\n    policies/p.test.yaml:7:11: did not come: stop of dev-1',
    );
  });

  test('an act that nobody expects fails it, unless others are allowed; what must never come fails it always', async () => {
    await one(FLEET);
    expect(await failures()).toHaveLength(2);
    await one(`${FLEET}    others: allowed\n`);
    expect(await failures()).toEqual([]);
    await one(`${FLEET}    others: allowed\n    never: [{ do: start }]\n`);
    expect(await failures()).toEqual(['7: came all the same: 2026-11-25 08:00 start hxy/dev-1 (night, afterwards)']);
  });

  test('policies that say nothing are enforced in a test, unless it says otherwise', async () => {
    await one(`${FLEET}    expect: [{ kind: observe, do: stop, instance: dev-1, reason: observe }]\n`);
    expect(await failures()).toHaveLength(3);
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
      'there is no machine "dev-9"; there are dev-1, web-1',
    ],
    ['a policy', '    policies: [nigth]\n', 'there is no policy "nigth"; there are night, never-tested'],
    ['an account', '    accounts: { hxi: { balance: 1 } }\n', 'there is no account "hxi"; there are hxy'],
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
      /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites name="lamplighter" tests="1" failures="1" /,
    );
    expect(out).toContain(
      '<failure message="did not come: stop of web-1 at 2026-11-24 23:00; nothing was decided about it">',
    );
    expect(JSON.parse((await runCommand(['test', '--json'], { cwd: dir })).out)).toMatchObject({
      passed: false,
      untested: ['never-tested'],
      tests: [{ name: 'a night', passed: false, failures: [{ line: 7 }, { line: 6 }] }],
    });
  });

  test('what a policy will do is said in plain words, in both languages', async () => {
    const english = await runCommand(['explain', 'night'], { cwd: dir, env: { LANG: 'C.UTF-8' } });
    expect(english.code).toBe(0);
    expect(english.out).toMatch(
      /^night {2}policies\/p\.yaml:2 {2}observe\nOn each instance where name=dev-\*, when all of this holds:\n {2}- the time is within Mon-Sun 23:00-08:00 \((closed now, opens|open now, until) .+\)\nIt would, if it were to act, stop it\.\nWhen the window closes, what it stopped is started again\.\n$/,
    );
    const chinese = await runCommand(['explain', 'night'], { cwd: dir, env: { LANG: 'zh_CN.UTF-8' } });
    expect(chinese.out).toContain('若要动手，就会关机。\n窗口结束后，把它关掉的重新开机。\n');
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

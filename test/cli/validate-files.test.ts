import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fileKind } from '../../src/config/file-kind.ts';
import { runCommand } from '../support/command.ts';

const CONFIG = 'accounts:\n  hxy: { provider: huixingyun, tokenFile: token }\npolicies: ./rules\n';
const POLICIES = 'policies:\n  - { name: watch, match: { account: hxy }, when: { statusFor: 1h }, do: notify }\n';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lamplighter-validate-'));
  await mkdir(join(dir, 'rules'));
  await writeFile(join(dir, 'token'), 'a-token-of-test\n', { mode: 0o600 });
  await put('lamplighter.yaml', CONFIG);
  await put('rules/p.yaml', POLICIES);
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

const put = (name: string, text: string) => writeFile(join(dir, name), text);
const validate = (...args: string[]) => runCommand(['validate', ...args], { cwd: dir });

test('a configuration among the files is checked as one, with the policies of its folder', async () => {
  await put('other.yaml', CONFIG);
  await rm(join(dir, 'lamplighter.yaml'));
  const { code, out } = await validate('other.yaml');
  expect({ code, out }).toEqual({ code: 0, out: 'valid: 1 policy\n' });
});

test('a mistake in it is told as a mistake of a configuration', async () => {
  await put('lamplighter.yaml', CONFIG.replace('accounts', 'acounts'));
  const { code, out } = await validate('lamplighter.yaml');
  expect(code).toBe(3);
  expect(out).toBe('lamplighter.yaml:1:1: unknown key "acounts"; did you mean "accounts"?\n  acounts:\n  ^^^^^^^\n');
});

test('a configuration and policies are checked against each other, and nothing else', async () => {
  await put('rules/broken.yaml', 'policies: [');
  await put('mine.yaml', POLICIES.replace('account: hxy', 'account: hxi'));
  const { code, out } = await validate('mine.yaml', 'lamplighter.yaml');
  expect(code).toBe(3);
  expect(out).toBe(
    [
      'mine.yaml:2:38: no account is called "hxi"; did you mean "hxy"?',
      '    - { name: watch, match: { account: hxi }, when: { statusFor: 1h }, do: notify }',
      '                                       ^^^',
      '',
    ].join('\n'),
  );
});

test('mistakes of the configuration do not keep policies from being held against what is right of it', async () => {
  await put('lamplighter.yaml', `${CONFIG}listen: 8080\n`);
  await put('rules/p.yaml', POLICIES.replace('account: hxy', 'account: hxi'));
  const { code, out } = await validate();
  expect(code).toBe(3);
  expect(out.split('\n').filter((line) => /^\S+:\d+:\d+: /.test(line))).toEqual([
    'lamplighter.yaml:4:9: must be a text, not the number 8080; write it in quotes: "8080"',
    'rules/p.yaml:2:38: no account is called "hxi"; did you mean "hxy"?',
  ]);
});

test('policies in the place of the configuration are said to be such', async () => {
  const { code, out } = await validate('--config', 'rules/p.yaml');
  expect(code).toBe(3);
  expect(out).toBe(
    'rules/p.yaml:1:1: this file holds policies and is no configuration\n  hint: copy lamplighter.example.yaml to begin with one, name another by --config, or ask the demo by --demo\n',
  );
});

test('a folder that the configuration names and that is not there', async () => {
  await put('lamplighter.yaml', CONFIG.replace('./rules', './rulez'));
  expect(await validate()).toMatchObject({ code: 3, out: 'rulez:1:1: there is no such policy folder\n' });
  await put('lamplighter.yaml', CONFIG.replace('./rules', './token'));
  const { out } = await validate();
  expect(out).toBe('token:1:1: the policy folder is a file; name the folder that it is in\n');
});

test('tests of policies are named and left alone', async () => {
  await put('rules/p.test.yaml', 'tests: []\n');
  const { code, out, err } = await validate('rules/p.yaml', 'rules/p.test.yaml');
  expect({ code, out }).toEqual({ code: 0, out: 'valid: 1 policy\n' });
  expect(err).toContain('rules/p.test.yaml holds tests of policies; these are not checked here\n');
});

test.each([
  ['a configuration', 'timezone: UTC\naccounts:\n  a: {}\n', 'configuration'],
  ['one with nothing but a folder', 'policies: ./p # here\n', 'configuration'],
  ['one with a mistake', 'policies: ./p\nacounts: {}\nlisten:8080\n', 'configuration'],
  ['policies', 'policies:\n  - name: p\n    mode: observe\n', 'policies'],
  ['policies between brackets', 'policies: [{ name: p }]\n', 'policies'],
  ['calendars', 'calendars:\n  cn: {}\n', 'policies'],
  ['neither', 'services:\n  web: {}\n', 'unclear'],
] as const)('told by its keys: %s', (_, text, kind) => {
  expect(fileKind('x.yaml', text)).toBe(kind);
});

test('warnings are no errors, unless --strict says so', async () => {
  await put('rules/p.yaml', POLICIES.replace('{ account: hxy }', '{ account: hxy, labels: { env: dev } }'));
  const lax = await validate();
  expect(lax).toMatchObject({ code: 0, out: 'valid: 1 policy\n' });
  expect(lax.err).toContain('warning: ');
  const strict = await validate('--strict');
  expect(strict).toMatchObject({ code: 3, out: '' });
  expect(strict.err).toMatch(/2 warnings, which --strict takes for errors/);
  const json = await validate('--strict', '--output', 'json');
  expect(json.code).toBe(3);
  expect(JSON.parse(json.out)).toMatchObject({ valid: false, errors: [], warnings: [{ line: 2 }, { line: 2 }] });
  expect((await validate('--output', 'xml')).code).toBe(2);
});

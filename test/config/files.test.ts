import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readConfigFile } from '../../src/config/config-file.ts';
import { JSON_SCHEMAS } from '../../src/config/json-schema.ts';
import { readPolicyFolder } from '../../src/config/policy-folder.ts';
import { readSecretFile } from '../../src/config/secret-files.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lamplighter-config-'));
});
afterEach(() => rm(folder, { recursive: true }));

const put = (name: string, text: string | Buffer) => writeFile(join(folder, name), text);

describe('a policy folder', () => {
  test('its YAML files in the order of their names, and nothing else', async () => {
    await put('b.yaml', 'b');
    await put('a.yml', 'a');
    await put('notes.md', 'x');
    await put('.hidden.yaml', 'x');
    await put('b.test.yaml', 'x');
    await mkdir(join(folder, 'deeper'));
    await writeFile(join(folder, 'deeper', 'c.yaml'), 'c');
    await symlink(join(folder, 'deeper', 'c.yaml'), join(folder, 'linked.yaml'));
    expect(await readPolicyFolder(folder, folder)).toEqual({
      ok: true,
      files: [
        { file: 'a.yml', text: 'a' },
        { file: 'b.yaml', text: 'b' },
        { file: 'linked.yaml', text: 'c' },
      ],
    });
  });

  test.each([
    ['no folder', 'absent', 'there is no such policy folder'],
    ['an empty folder', '.', 'holds no .yaml file'],
  ])('%s', async (_, name, phrase) => {
    const read = await readPolicyFolder(join(folder, name), '/');
    expect(read).toMatchObject({ ok: false, errors: [{ line: 1, message: expect.stringContaining(phrase) }] });
    expect(read.ok ? '' : read.errors[0]?.file).toContain('lamplighter-config-');
  });

  test.each([
    ['a pipe that nobody writes into', (path: string) => void execFileSync('mkfifo', [path])],
    ['a link to a device without an end', (path: string) => symlinkSync('/dev/zero', path)],
    ['a folder', (path: string) => mkdirSync(path)],
    ['a link to nowhere', (path: string) => symlinkSync('/nowhere/at/all', path)],
    ['a link to itself', (path: string) => symlinkSync('odd.yaml', path)],
  ])('%s is refused at once', async (_, make) => {
    await put('a.yaml', 'a');
    make(join(folder, 'odd.yaml'));
    const read = await readPolicyFolder(folder, folder);
    expect(read).toMatchObject({ ok: false, errors: [{ file: 'odd.yaml' }] });
    expect(read.ok ? '' : read.errors[0]?.message).toMatch(/no ordinary file|no such file|cannot be read/);
  });

  test('one file that cannot be read refuses the whole, and all such files are named', async () => {
    await put('a.yaml', 'a');
    await put('big.yaml', Buffer.alloc(5 * 1024 * 1024, 'x'));
    await put('latin.yaml', Buffer.from([0x61, 0xe9, 0x0a]));
    await symlink(join(folder, 'gone'), join(folder, 'dangling.yaml'));
    await mkdir(join(folder, 'folder.yaml'));
    const read = await readPolicyFolder(folder, folder);
    expect(read.ok ? [] : read.errors.map(({ file, message }) => `${file}: ${message}`)).toEqual([
      expect.stringContaining('big.yaml: the file has 5242880 bytes'),
      'dangling.yaml: there is no such file',
      expect.stringContaining('folder.yaml: this is no ordinary file'),
      'latin.yaml: the file is not UTF-8 text',
    ]);
  });
});

test('a configuration file that is not there is named as it was asked for', async () => {
  expect(await readConfigFile('nope.yaml', folder, { environment: {} })).toMatchObject({
    ok: false,
    errors: [{ file: 'nope.yaml', message: 'there is no such file' }],
  });
});

test('a secret file is trimmed, bounded, and its mode looked at', async () => {
  await put('token', '  abc\n\n');
  const path = join(folder, 'token');
  await chmod(path, 0o644);
  expect(await readSecretFile(path)).toEqual({ text: 'abc', worldReadable: true });
  await chmod(path, 0o600);
  expect(await readSecretFile(path)).toEqual({ text: 'abc', worldReadable: false });
  await put('token', 'x'.repeat(20_000));
  await expect(readSecretFile(path)).rejects.toThrow('too long for a secret');
});

test.each(Object.entries(JSON_SCHEMAS))(
  'schema/%s.schema.json is what the grammar says; node scripts/schema.ts writes it anew',
  async (name, schema) => {
    const file = fileURLToPath(new URL(`../../schema/${name}.schema.json`, import.meta.url));
    expect(await readFile(file, 'utf8')).toBe(`${JSON.stringify(schema(), null, 2)}\n`);
  },
);

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Config } from '../../src/config/config.ts';
import { readConfigFile } from '../../src/config/config-file.ts';
import { testJsonSchema } from '../../src/config/json-schema.ts';
import { compileOptions } from '../../src/config/load-config.ts';
import { readPolicyFolder, readTestFiles } from '../../src/config/policy-folder.ts';
import { compile } from '../../src/policy/compile.ts';
import { renderAll } from '../../src/yaml/located.ts';
import { readDocument } from '../../src/yaml/read-document.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** A day of a year that the example calendar has. */
const NOW = Date.UTC(2026, 5, 1);

/** What the files under /run/secrets would hold. */
const readSecret = (path: string) =>
  Promise.resolve({
    text: path.includes('url') ? 'https://open.feishu.cn/open-apis/bot/v2/hook/a-bot-for-tests' : 'a-token-for-tests',
    worldReadable: false,
  });

async function exampleConfig(): Promise<Config> {
  const read = await readConfigFile('lamplighter.example.yaml', ROOT, { environment: {}, readSecret });
  if (!read.ok) throw new Error(renderAll(read.errors));
  return read.config;
}

async function exampleFiles() {
  const folder = await readPolicyFolder((await exampleConfig()).policiesDir, ROOT);
  if (!folder.ok) throw new Error(renderAll(folder.errors));
  return folder.files;
}

describe('the shipped examples', () => {
  test('compile against the example configuration without a warning', async () => {
    const config = await exampleConfig();
    expect(config.warnings).toEqual([]);
    const result = compile(await exampleFiles(), { ...compileOptions(config, NOW), mode: 'enforce' });
    if (!result.ok) throw new Error(renderAll(result.errors));
    expect(result.set.warnings).toEqual([]);
    expect(result.set.policies.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'stop-idle-dev',
        'lights-out',
        'office-hours-on',
        'keep-production-paid',
        'low-balance',
        'runway-short',
        'stuck-instance',
        'nightly-snapshot',
        'stopped-too-long',
      ]),
    );
  });

  test('cost nothing and stop nothing until somebody says enforce', async () => {
    const result = compile(await exampleFiles(), compileOptions(await exampleConfig(), NOW));
    expect(result.ok ? new Set(result.set.policies.map(({ mode }) => mode)) : null).toEqual(new Set(['observe']));
  });

  test('each names its schema in the first line', async () => {
    for (const { file, text } of await exampleFiles()) {
      expect([file, text.split('\n')[0]]).toEqual([
        file,
        '# yaml-language-server: $schema=../schema/policy.schema.json',
      ]);
    }
    const tests = await readTestFiles((await exampleConfig()).policiesDir, ROOT);
    for (const { file, text } of tests.ok ? tests.files : []) {
      expect([file, text.split('\n')[0]]).toEqual([file, '# yaml-language-server: $schema=../schema/test.schema.json']);
    }
    const config = await readFile(`${ROOT}/lamplighter.example.yaml`, 'utf8');
    expect(config.split('\n')[0]).toBe('# yaml-language-server: $schema=./schema/config.schema.json');
  });

  test('each test beside them is what the schema for editors allows, and a slip is not', async () => {
    const schema = z.fromJSONSchema(testJsonSchema());
    const tests = await readTestFiles((await exampleConfig()).policiesDir, ROOT);
    if (!tests.ok) throw new Error(renderAll(tests.errors));
    expect(tests.files.length).toBeGreaterThanOrEqual(8);
    for (const { file, text } of tests.files) {
      const read = readDocument(text, file);
      if (!read.ok) throw new Error(renderAll(read.errors));
      expect([file, schema.safeParse(read.document.data()).error?.issues]).toEqual([file, undefined]);
      const slip = readDocument(text.replace('    fleet:', '    fleat:'), file);
      expect(slip.ok && schema.safeParse(slip.document.data()).success).toBe(false);
    }
  });

  test('a file cut off at any byte is compiled or refused, and never thrown at', async () => {
    const config = await exampleConfig();
    const files = await exampleFiles();
    const lights = files.find(({ file }) => file.endsWith('lights-out.yaml'));
    const bytes = Buffer.from(lights?.text ?? '');
    expect(bytes.length).toBeGreaterThan(500);
    for (let end = 0; end < bytes.length; end += 1) {
      const result = compile(
        [{ file: 'cut.yaml', text: bytes.subarray(0, end).toString('utf8') }],
        compileOptions(config, NOW),
      );
      if (!result.ok) expect(result.errors.length).toBeGreaterThan(0);
    }
  });
});

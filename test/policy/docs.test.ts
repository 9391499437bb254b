import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { accountGrammar } from '../../src/config/account-grammar.ts';
import { configGrammar } from '../../src/config/config-grammar.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { POLICY_ACTIONS } from '../../src/fleet/action.ts';
import { compile } from '../../src/policy/compile.ts';
import { matchMap } from '../../src/policy/match-grammar.ts';
import { policyGrammar } from '../../src/policy/policy-grammar.ts';
import { whenGrammar } from '../../src/policy/when-grammar.ts';
import { renderAll } from '../../src/yaml/located.ts';
import { OPTIONS } from './support.ts';

const page = (name: string) => readFile(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
const blocks = (text: string) => [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block = '']) => block);

describe.each(['policies.md', 'zh-CN/policies.md'])('docs/%s', (name) => {
  test('names every key, condition and action', async () => {
    const text = await page(name);
    const words = [
      ...Object.keys(policyGrammar.shape),
      ...Object.keys(matchMap.shape),
      ...Object.keys(whenGrammar.shape),
      ...POLICY_ACTIONS,
    ];
    expect(words.filter((word) => !new RegExp(`\`${word}\\b`).test(text))).toEqual([]);
  });

  test('shows only policies that compile', async () => {
    const shown = blocks(await page(name));
    expect(shown.length).toBeGreaterThanOrEqual(5);
    for (const text of shown) {
      const result = compile([{ file: name, text }], OPTIONS);
      expect(result.ok ? '' : `${renderAll(result.errors)}\n${text}`).toBe('');
    }
  });
});

test('docs/config.md names every key, and shows a file that loads', async () => {
  const text = await page('config.md');
  const words = [
    ...Object.keys(configGrammar.shape).filter((key) => key !== 'network'),
    ...Object.keys(accountGrammar.shape),
  ];
  expect(words.filter((word) => !text.includes(`\`${word}\``) && !text.includes(`\`${word}.`))).toEqual([]);
  const [block = ''] = blocks(text);
  const loaded = await loadConfig(block, '/x/lamplighter.yaml', 'config.md', {
    environment: { HXY_TOKEN: 'aaaa', CHENYU_KEY: 'bbbb' },
  });
  expect(loaded.ok ? '' : renderAll(loaded.errors)).toBe('');
});

import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { zoneNamed } from '../../src/calendar/zone.ts';
import { CoverageBook } from '../../src/decide/coverage.ts';
import { runPolicyTest } from '../../src/decide/policy-test.ts';
import { senselessIn, strangeNames } from '../../src/decide/test-sense.ts';
import { clausesOf } from '../../src/policy/clauses.ts';
import { compile } from '../../src/policy/compile.ts';
import { testFileGrammar } from '../../src/policy/test-grammar.ts';
import { renderAll } from '../../src/yaml/located.ts';
import { readDocument } from '../../src/yaml/read-document.ts';
import { OPTIONS } from '../policy/support.ts';

const text = (name: string) => readFile(new URL(name, import.meta.url), 'utf8');
/** Examples that are whole: what a page shows besides is in blocks of another kind. */
const examples = (page: string) => [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block = '']) => block);

test.each(['policies.md', 'zh-CN/policies.md'])(
  'what docs/%s says of its examples is so, clause by clause',
  async (page) => {
    const files = examples(await text(`../../docs/${page}`)).map((block, index) => ({
      file: `${page} ${index}`,
      text: block,
    }));
    const compiled = compile(files, { ...OPTIONS, mode: 'enforce' });
    if (!compiled.ok) throw new Error(renderAll(compiled.errors));
    expect(compiled.set.warnings.map(({ message }) => message)).toEqual([]);
    const { policies } = compiled.set;
    const read = readDocument(await text('policies-page.test.yaml'), 'policies-page.test.yaml');
    if (!read.ok) throw new Error(renderAll(read.errors));
    const clauses = clausesOf(files, policies);
    const coverage = new CoverageBook(clauses);
    const around = { accounts: OPTIONS.accounts ?? [], labelsOf: () => ({}), zone: zoneNamed('Asia/Shanghai') };
    const ground = { ...around, policies, clauses, coverage };
    for (const each of testFileGrammar.parse(read.document.data()).tests) {
      expect([...strangeNames(each, ground), ...senselessIn(each, ground)]).toEqual([]);
      expect([each.name, runPolicyTest(each, ground).unmet]).toEqual([each.name, []]);
    }
    const gaps = coverage.of(policies).policies.flatMap((policy) => policy.clauses.filter(({ gap }) => gap !== null));
    expect(gaps.map(({ clause, gap }) => `${clause.policy} ${clause.path}: ${gap}`)).toEqual([]);
  },
);

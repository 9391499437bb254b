import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseQueryTemplate } from '../../src/config/query-template.ts';
import type { QueryPart } from '../../src/fleet/query-part.ts';

const written = (parts: readonly QueryPart[]): string =>
  parts.map((part) => (part.kind === 'text' ? part.text : `{${part.of}}`)).join('');
const values = (query: string) => parseQueryTemplate(query).parts.filter((part) => part.kind === 'value');

describe('where a value may stand', () => {
  test.each<[string, object]>([
    ['up{a="{id}"}', { of: 'id', quote: '"', regex: false }],
    ["up{a='{name}'}", { of: 'name', quote: "'", regex: false }],
    ['up{a=`{account}`}', { of: 'account', quote: '`', regex: false }],
    ['up{a!="{ip}"}', { of: 'ip', quote: '"', regex: false }],
    ['up{a=~"{ip}:.*"}', { of: 'ip', quote: '"', regex: true }],
    ['up{a !~ \n `x|{id}`}', { of: 'id', quote: '`', regex: true }],
    ['up{b="\\"", a="{id}"}', { of: 'id', quote: '"', regex: false }],
    ['up{b="#", a="{id}"} # not "{here}', { of: 'id', quote: '"', regex: false }],
    ['up{b=`\\`, a="{id}"}', { of: 'id', quote: '"', regex: false }],
    ['up{a=~"[a-z]{2}-{id}"}', { of: 'id', quote: '"', regex: true }],
  ])('%s', (query, expected) => {
    expect(parseQueryTemplate(query).problems).toEqual([]);
    expect(values(query)).toEqual([{ kind: 'value', ...expected }]);
    expect(written(parseQueryTemplate(query).parts)).toBe(query);
  });
});

describe('where none may stand', () => {
  test.each([
    ['▶{id}', 'can stand only in the quotes behind a label'],
    ['up▶{ ip }', 'can stand only in the quotes behind a label'],
    ['label_replace(up, "a", "▶{id}", "b", "c")', 'can stand only in the quotes behind a label'],
    ['up{a="x"} == "▶{id}"', 'can stand only in the quotes behind a label'],
    ['up{a="\\▶{id}"}', 'the backslash before {id}'],
    ['up{a=~"[x▶{id}]"}', 'between [ and ]'],
    ['up{a="▶{host}"}', 'there are {id}, {name}, {account}, {ip}'],
    ['up{a=▶"x', 'the text that begins here with " has no end'],
  ])('%s', (marked, phrase) => {
    const { problems } = parseQueryTemplate(marked.replace('▶', ''));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ message: expect.stringContaining(phrase), offset: marked.indexOf('▶') });
  });
});

test.each<[string, boolean]>([
  ['up', true],
  [' up { instance = "{ip}:9400", job=~"a|b{2}" } # a remark', true],
  ['{__name__="up"}', true],
  ['max(up)', false],
  ['up[5m]', false],
  ['up + 1', false],
  ['up or down', false],
  ['up offset 1h', false],
  ['1', false],
])('%s is one metric and its labels: %s', (query, expected) => {
  expect(parseQueryTemplate(query).isPlainSelector).toBe(expected);
});

test('whatever the text, its parts are the text', () => {
  const pieces = fc.constantFrom('{id}', '{ip}', '"', "'", '`', '\\', '=', '=~', '#', '\n', '{', '}', 'a', '[', ']');
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), (all) => {
      const query = all.join('');
      expect(written(parseQueryTemplate(query).parts)).toBe(query);
    }),
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testFileGrammar } from '../../src/policy/test-grammar.ts';
import { testFileText } from '../../src/policy/test-text.ts';
import { renderAll } from '../../src/yaml/located.ts';
import { readDocument } from '../../src/yaml/read-document.ts';

const HEAD = { name: 't', now: '2026-11-24 22:00', for: '1h30m' };

function dataOf(text: string): unknown {
  const read = readDocument(text, 't.test.yaml');
  if (!read.ok) throw new Error(renderAll(read.errors));
  return JSON.parse(JSON.stringify(read.document.data()));
}

test('a test is written in few lines, and quotes only what needs them', () => {
  const text = testFileText(
    {
      ...HEAD,
      name: 'lab 客服 1',
      policies: ['night', 'on'],
      fleet: { 'dev-1': { idleFor: '20m', labels: { keep: 'true' } }, '7': {} },
      expect: [{ at: '23:00', do: 'stop', instance: 'dev-1' }],
    },
    ['From somewhere.'],
  );
  expect(text).toBe(`# From somewhere.
tests:
  - name: lab 客服 1
    now: "2026-11-24 22:00"
    for: 1h30m
    policies: [night, "on"]
    fleet:
      "7": {}
      dev-1: { idleFor: 20m, labels: { keep: "true" } }
    expect:
      - { at: "23:00", do: stop, instance: dev-1 }
`);
  expect(testFileGrammar.safeParse(dataOf(text)).success).toBe(true);
});

test('whatever names say, they are read back as they are', () => {
  const word = fc.oneof(
    fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
      .filter((each) => each.isWellFormed() && !/\p{Cc}|\p{Cs}|[\ufeff\ufffe\uffff]/u.test(each)),
    fc.constantFrom(
      'yes',
      '\u2000',
      'a\u3000b',
      'null',
      '1e3',
      '0x1',
      '12:30',
      '- a',
      'a: b',
      '#x',
      '~',
      '',
      'a #b',
      '1h30m',
      '5',
      '.inf',
      'a,b',
      '{',
      '*x',
    ),
  );
  fc.assert(
    fc.property(
      word,
      // The one key that no file may have.
      word.filter((each) => each !== '' && each !== '__proto__'),
      word,
      (name, id, value) => {
        const test = { ...HEAD, name, fleet: { [id]: { name: value, gpu: id } } };
        expect(dataOf(testFileText(test, []))).toEqual({ tests: [{ ...test }] });
      },
    ),
    { numRuns: 200 },
  );
});

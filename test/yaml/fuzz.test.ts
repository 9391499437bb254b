import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readDocument } from '../../src/yaml/read-document.ts';

const PIECES = [
  'a',
  'key',
  ': ',
  ':',
  '- ',
  '\n',
  '\n  ',
  '\n    ',
  '[',
  ']',
  '{',
  '}',
  ',',
  '"',
  "'",
  '|',
  '>',
  '#',
  ' #',
  '&x ',
  '*x',
  '!t ',
  '!!str ',
  '%YAML',
  '---',
  '...',
  '<<',
  '__proto__',
  '? ',
  '\t',
  '\r\n',
  '\\',
  '慧',
  '1',
  'null',
  '`',
  '@',
];
const yamlish = fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((pieces) => pieces.join(''));

function check(text: string): void {
  const read = readDocument(text, 'f.yaml');
  const lines = text.split('\n').length;
  if (read.ok) {
    expect(read.document.data()).not.toBeUndefined();
    return;
  }
  expect(read.errors.length).toBeGreaterThan(0);
  for (const { line, column, length, message } of read.errors) {
    expect(message).not.toBe('');
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(length).toBeGreaterThanOrEqual(1);
  }
}

test('any text is read or refused with a place, and never thrown at', () => {
  fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), yamlish), check), { numRuns: 800 });
});

test('no text changes what other objects inherit', () => {
  const before = Object.getOwnPropertyNames(Object.prototype).join();
  fc.assert(
    fc.property(yamlish, fc.constantFrom('__proto__', 'constructor', 'prototype'), (text, key) => {
      readDocument(`${key}: { polluted: yes }\n${text}`, 'f.yaml');
      readDocument(`x:\n  - ${key}:\n      prototype: { polluted: yes }\n${text}`, 'f.yaml');
    }),
    { numRuns: 300 },
  );
  expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(before);
  expect('polluted' in {}).toBe(false);
});

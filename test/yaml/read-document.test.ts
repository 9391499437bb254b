import { describe, expect, test } from 'vitest';
import { readDocument } from '../../src/yaml/read-document.ts';
import type { YamlDocument } from '../../src/yaml/yaml-document.ts';
import { unmark } from '../policy/marked.ts';
import { cpuTime } from './cpu-time.ts';

function good(text: string): YamlDocument {
  const read = readDocument(text, 'f.yaml');
  if (!read.ok) throw new Error(read.errors.map(({ message }) => message).join('\n'));
  return read.document;
}

function messages(text: string): string[] {
  const read = readDocument(text, 'f.yaml');
  return read.ok ? [] : read.errors.map(({ line, column, message }) => `${line}:${column}: ${message}`);
}

describe('values as YAML 1.2 says', () => {
  const CASES: readonly (readonly [string, unknown])[] = [
    ['a: on', { a: 'on' }],
    ['a: no', { a: 'no' }],
    ['a: 12:30', { a: '12:30' }],
    ['a: 010', { a: 10 }],
    ['a: 0o10', { a: 8 }],
    ['a: 2026-10-01', { a: '2026-10-01' }],
    ['a: ~', { a: null }],
    ['a:', { a: null }],
    ['{ a, b: 1 }', { a: null, b: 1 }],
    ['4090: 慧星云', { '4090': '慧星云' }],
    ['- 1\n- true\n- x', [1, true, 'x']],
    ['a: |\n  one\n  two\n', { a: 'one\ntwo\n' }],
    ['constructor: 1\ntoString: 2', { constructor: 1, toString: 2 }],
  ];
  test.each(CASES)('%s', (text, data) => {
    expect(JSON.stringify(good(text).data())).toBe(JSON.stringify(data));
  });

  test('maps have no prototype', () => {
    expect(Object.getPrototypeOf(good('a: 1').data())).toBeNull();
  });
});

describe('places', () => {
  const TEXT = 'first: 1\nlist:\n  - name: x\n    during: "Mon-Fry 08:00"\n  - plain\nblock: |\n  text\n';

  test.each([
    [['first'], 'key', '1:1'],
    [['first'], 'value', '1:8'],
    [['list', 0, 'name'], 'value', '3:11'],
    [['list', 0, 'name'], 'key', '3:5'],
    [['list', 0], 'value', '3:5'],
    [['list', 1], 'value', '5:5'],
    // What is missing is said where it should be.
    [['list', 0, 'absent'], 'value', '3:5'],
    [['list', 7], 'value', '2:1'],
    [['absent', 'deeper'], 'value', '1:1'],
    [[], 'value', '1:1'],
  ] as const)('%j %s', (path, part, place) => {
    const { line, column } = good(TEXT).located(path, 'm', { part });
    expect(`${line}:${column}`).toBe(place);
  });

  test('letters within a text, where it stands as it is', () => {
    const document = good(TEXT);
    const at = document.located(['list', 0, 'during'], 'm', { offset: 4, length: 3 });
    expect([at.line, at.column, at.length]).toEqual([4, 18, 3]);
    // A block text is folded, so the whole is meant.
    expect(document.located(['block'], 'm', { offset: 2, length: 1 }).line).toBe(6);
  });

  test('the same with a byte order mark and CRLF', () => {
    const document = good(`\ufeff${TEXT.replaceAll('\n', '\r\n')}`);
    const at = document.located(['list', 0, 'during'], 'm', { offset: 4, length: 3 });
    expect([at.line, at.column, at.sourceLine]).toEqual([4, 18, '    during: "Mon-Fry 08:00"']);
    expect(document.located(['first'], 'm').column).toBe(8);
  });
});

describe('what is refused', () => {
  const CASES: readonly (readonly [string, string, string])[] = [
    ['nothing', '▶', 'the file is empty'],
    ['white space', '▶  \n\n', 'the file is empty'],
    ['only a mark of a document', '▶---\n', 'the file is empty'],
    ['a second document', 'a: 1\n▶---\nb: 2\n', 'a second document begins here'],
    ['an anchor', 'a: ▶&x 1', 'must stand in quotes: "&x 1"'],
    ['an anchor on a map', 'a: ▶&x\n  b: 1', 'anchors (&x)'],
    ['an alias', 'a: ▶*x', 'must stand in quotes: "*x"'],
    ['a key that is an alias', '▶*x : 1', 'must stand in quotes'],
    ['a JavaScript tag', 'a: ▶!!js/function "return 1"', 'a value that begins with !'],
    ['a tag', 'a: ▶!!str 1', 'tags (!!str) are not read here'],
    ['a binary', 'a: ▶!!binary aGk=', ''],
    ['a key twice', 'a: 1\n▶a: 2', 'the key "a" is here twice; first in line 1'],
    ['a key twice between brackets', '{ a: 1, ▶a: 2 }', 'the key "a" is here twice'],
    ['a key twice deep inside', 'x:\n  - a: 1\n    ▶a: 2', 'the key "a" is here twice'],
    ['a prototype', '▶__proto__: { polluted: true }', 'the key "__proto__" is not allowed'],
    ['a prototype in quotes', '{ "▶__proto__": 1 }'.replace('"▶', '▶"'), 'the key "__proto__" is not allowed'],
    ['a map as a key', '? ▶{ a: 1 }\n: 2', 'a key must be a plain text'],
    ['no key', '▶: 1', 'a key is missing'],
    ['a tab', 'a:\n▶\tb: 1', 'a tab stands where the line is indented'],
    ['a colon in a text', 'a: ▶b: c', 'holds a colon with a space behind it: "b: c"'],
    ['a quote without end', 'a: ▶"b', 'the quotation mark " that is opened here is never closed'],
    ['a bracket without end', 'a: ▶[1, 2', 'the [ that is opened here is never closed'],
    ['a control character', 'a: ▶\u0007', 'the control character U+0007'],
    ['a carriage return alone', 'a: 1▶\rb: 2', 'the control character U+000d'],
    ['a NUL', 'a: b▶\0', 'the control character U+0000'],
    ['21 brackets', `${'['.repeat(20)}▶[${']'.repeat(21)}`, 'nested more than 20 levels deep'],
  ];
  test.each(CASES)('%s', (_, marked, phrase) => {
    const { text, place } = unmark(marked);
    expect(messages(text)).toContainEqual(expect.stringContaining(`${place}: `));
    expect(messages(text).join('\n')).toContain(phrase);
  });

  test('20 levels are fine, by brackets and by indentation', () => {
    expect(messages(`${'['.repeat(20)}${']'.repeat(20)}`)).toEqual([]);
    const indented = Array.from({ length: 20 }, (_, level) => `${' '.repeat(level)}a:`).join('\n');
    expect(messages(`${indented} 1`)).toEqual([]);
    expect(messages(`${indented}\n${' '.repeat(20)}a: 1`)[0]).toContain('nested more than 20');
  });
});

describe('hostile files are refused in bounded time', () => {
  const MEGA = 5 * 1024 * 1024;
  const fill = (piece: string, bytes = 256 * 1024 - 64) => piece.repeat(Math.floor(bytes / piece.length));
  const bomb = [
    'a: &a [x]',
    ...'bcdefghij'
      .split('')
      .map((c, i) => `${c}: &${c} [${'*abcdefghi'[0]}${'abcdefghi'[i]}${`, *${'abcdefghi'[i]}`.repeat(8)}]`),
  ].join('\n');
  const FILES: readonly (readonly [string, string, string | null])[] = [
    ['5 MB', 'a'.repeat(MEGA), 'the file has 5242880 bytes'],
    ['256 kB of two-byte letters', 'é'.repeat(200 * 1024), 'the file has'],
    ['an alias bomb', bomb, 'anchors'],
    ['20 000 brackets', '['.repeat(20_000), 'nested more than'],
    ['20 000 braces', '{a: '.repeat(20_000), 'nested more than'],
    ['compact lists', fill('- '), 'nested more than'],
    ['steps', Array.from({ length: 700 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), 'nested more than'],
    ['different keys', Array.from({ length: 10_000 }, (_, i) => `k${i}: 1`).join('\n'), null],
    ['the same key', fill('a: 1\n'), ''],
    ['commas', `[${fill(',')}]`, ''],
    ['quotes', fill('"'), ''],
    ['closing brackets', fill(']'), ''],
    ['documents', fill('---\n'), ''],
    ['aliases', `- &a 1\n${fill('- *a\n')}`, ''],
    ['tags', fill('- !x y\n'), ''],
    ['bad escapes', `"${fill('\\q')}"`, ''],
    ['directives', fill('%A\n'), ''],
    ['one long text', fill('x'), null],
  ];
  test.each(FILES)('%s', (_, text, phrase) => {
    let read = readDocument('', 'f.yaml');
    const took = cpuTime(() => {
      read = readDocument(text, 'f.yaml');
    });
    if (phrase === null) expect(read.ok).toBe(true);
    else expect(read.ok ? '' : read.errors.map(({ message }) => message).join('\n')).toContain(phrase);
    if (!read.ok) expect(read.errors.length).toBeLessThanOrEqual(51);
    // Far above what it takes (under 200 ms on a quiet machine), far below what quadratic time would take.
    expect(took).toBeLessThan(1_500);
  });
});

import { describe, expect, test } from 'vitest';
import { checkBorders, type Rules } from './check-borders.ts';
import { codeOf, importsOf } from './read-source.ts';

describe('importsOf', () => {
  test.each<[string, readonly (readonly [string, boolean])[]]>([
    ["import { a } from './a.ts';", [['./a.ts', false]]],
    ["import type { A } from './a.ts';", [['./a.ts', true]]],
    ["import { type A, b } from './a.ts';", [['./a.ts', false]]],
    ["import { type A } from './a.ts';", [['./a.ts', false]]],
    ["import a, { b } from 'a';", [['a', false]]],
    ["import * as a from 'a';", [['a', false]]],
    ["import './a.ts';", [['./a.ts', false]]],
    ['import {\n  a,\n  b,\n} from "./a.ts";', [['./a.ts', false]]],
    ["export { a } from './a.ts';", [['./a.ts', false]]],
    ["export * from './a.ts';", [['./a.ts', false]]],
    ["export type { A } from './a.ts';", [['./a.ts', true]]],
    ["const a = await import('./a.ts');", [['./a.ts', false]]],
    ["const a = await import('./a.json', { with: { type: 'json' } });", [['./a.json', false]]],
    ['const a = await import(name);', [['(not a fixed name)', false]]],
    [
      "import { a } from './a.ts';\nimport { b } from './b.ts';",
      [
        ['./a.ts', false],
        ['./b.ts', false],
      ],
    ],
    ["export const a = 1;\nimport { b } from './b.ts';", [['./b.ts', false]]],
    ["export function a() {}\nconst from = 'x';", []],
    ["// import { a } from './a.ts';", []],
    ["/** import('./a.ts') */", []],
    [" * import { a } from './a.ts'", []],
    ['const text = `import(x)`;', [['(not a fixed name)', false]]],
  ])('%j', (text, expected) => {
    expect(importsOf(text).map(({ from, typeOnly }) => [from, typeOnly])).toEqual(expected);
  });
});

describe('codeOf', () => {
  test.each([
    ["a = 'await'; b", "a = ''; b"],
    ['a = "it\'s"; b', "a = ''; b"],
    ["a = 'it\\'s'; b", "a = ''; b"],
    ["/** don't await */ a = 'x'; b", "  a = ''; b"],
    ["a; // don't await\nb = 'x'", "a;  \nb = ''"],
    ["a = 'http://x'; await b", "a = ''; await b"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
    ['a = `await ${await b} await`; c', 'a =  await b ; c'],
    ['a = /[\'"`]/.test(b); await c', "a = ''.test(b); await c"],
    ['a = b / c; await d; e = f / g', 'a = b / c; await d; e = f / g'],
    ["return /`/g.test(a); await b; c = '`'", "return ''g.test(a); await b; c = ''"],
  ])('%j', (text, expected) => expect(codeOf(text)).toBe(expected));
});

const RULES: Rules = {
  rooms: [
    { room: 'core', may: [], builtins: [], why: 'CORE' },
    { room: 'disk', may: ['core'], builtins: 'any', why: 'DISK' },
    { room: 'join', may: ['core'], mayTypes: ['disk'], builtins: ['node:path'], why: 'JOIN' },
  ],
  only: [
    { what: 'lib', where: ['src/disk/lib.ts'], why: 'LIB' },
    { what: '@org/lib', where: ['src/disk/'], why: 'ORG' },
    { what: 'node:net', where: ['src/disk/li*'], why: 'NET' },
  ],
  words: [{ rooms: ['core'], words: [/\bawait\b/], why: 'PURE' }],
};

const CLEAN = {
  'src/core/a.ts': "import type { B } from './b.ts';\n",
  'src/core/b.ts': "import { a } from './a.ts';\n// await nothing\n",
  'src/disk/lib.ts': "import lib from 'lib/deep';\nimport net from 'node:net';\nimport '@org/lib/x';\n",
  'src/disk/use.ts': "import { a } from '../core/a.ts';\nimport fs from 'node:fs';\n",
  'src/join/j.ts': "import type { L } from '../disk/lib.ts';\nimport { join } from 'node:path';\n",
};

const check = (
  changes: Record<string, string> = {},
  rules: Partial<Rules> = {},
  dependencies: readonly string[] = ['lib', '@org/lib'],
) => checkBorders(new Map(Object.entries({ ...CLEAN, ...changes })), { ...RULES, ...rules }, dependencies);

test('what keeps to the rules is not complained about', () => {
  expect(check()).toEqual([]);
});

describe('what does not', () => {
  test.each<[string, Record<string, string>, readonly string[]]>([
    [
      'a room',
      { 'src/core/c.ts': "import { x } from '../disk/use.ts';\n" },
      ['src/core/c.ts imports disk (../disk/use.ts): CORE'],
    ],
    [
      'a type of a room',
      { 'src/core/c.ts': "import type { X } from '../disk/use.ts';\n" },
      ['src/core/c.ts imports disk (../disk/use.ts): CORE'],
    ],
    [
      'more than types',
      { 'src/join/k.ts': "import { x } from '../disk/use.ts';\n" },
      ['src/join/k.ts imports more than types of disk (../disk/use.ts): JOIN'],
    ],
    ['a builtin', { 'src/core/c.ts': "import fs from 'node:fs';\n" }, ['src/core/c.ts imports node:fs: CORE']],
    ['a builtin by its old name', { 'src/core/c.ts': "import fs from 'fs';\n" }, ['src/core/c.ts imports fs: CORE']],
    [
      'a builtin that is not listed',
      { 'src/join/k.ts': "import os from 'node:os';\n" },
      ['src/join/k.ts imports node:os: JOIN'],
    ],
    [
      'a library in the wrong file',
      { 'src/disk/use.ts': "import lib from 'lib';\n" },
      ['src/disk/use.ts imports lib, which only src/disk/lib.ts may: LIB'],
    ],
    [
      'a type of a library in the wrong file',
      { 'src/core/c.ts': "import type { X } from '@org/lib';\n" },
      ['src/core/c.ts imports @org/lib, which only src/disk/ may: ORG'],
    ],
    [
      'a builtin in the wrong file',
      { 'src/disk/use.ts': "import net from 'node:net';\n" },
      ['src/disk/use.ts imports node:net, which only src/disk/li* may: NET'],
    ],
    [
      'an unknown library',
      { 'src/disk/use.ts': "import x from 'other';\n" },
      ['src/disk/use.ts imports other, for which there is no rule'],
    ],
    ['a word', { 'src/core/c.ts': 'await x;\n' }, ['src/core/c.ts says "await": PURE']],
    [
      'a name that is computed',
      { 'src/disk/use.ts': 'import(name);\n' },
      ['src/disk/use.ts imports by a name that is computed: nobody can say what'],
    ],
    [
      'a file that is not there',
      { 'src/disk/use.ts': "import './gone.ts';\n" },
      ['src/disk/use.ts imports ./gone.ts, which is not in src'],
    ],
    [
      'a way out of src',
      { 'src/disk/use.ts': "import '../../test/x.ts';\n" },
      ['src/disk/use.ts imports ../../test/x.ts, which is not in src'],
    ],
    [
      'a cycle of two',
      { 'src/core/a.ts': "import { b } from './b.ts';\n" },
      ['import cycle: src/core/a.ts → src/core/b.ts → src/core/a.ts'],
    ],
    [
      'a cycle of three, one of them late',
      {
        'src/disk/use.ts': "import './x.ts';\n",
        'src/disk/x.ts': "import './y.ts';\n",
        'src/disk/y.ts': "const z = () => import('./use.ts');\n",
      },
      ['import cycle: src/disk/use.ts → src/disk/x.ts → src/disk/y.ts → src/disk/use.ts'],
    ],
    [
      'a file that imports itself',
      { 'src/disk/use.ts': "import './use.ts';\n" },
      ['import cycle: src/disk/use.ts → src/disk/use.ts'],
    ],
    ['a room without a rule', { 'src/misc/m.ts': '' }, ['the room misc has no rule']],
    ['a file of its own without a rule', { 'src/main.ts': '' }, ['the room main.ts has no rule']],
  ])('%s', (_name, changes, expected) => {
    expect(check(changes)).toEqual(expect.arrayContaining([...expected]));
  });
});

describe('a rule about what is gone', () => {
  const [core, ...others] = RULES.rooms;
  if (core === undefined) throw new Error('there are no rules');

  test.each<[string, Partial<Rules>, string]>([
    [
      'a room',
      { rooms: [...RULES.rooms, { ...core, room: 'attic' }] },
      'the rules name the room attic, which does not exist',
    ],
    [
      'a room that may be imported',
      { rooms: [{ ...core, may: ['attic'] }, ...others] },
      'the rules name the room attic, which does not exist',
    ],
    [
      'a room whose types may be',
      { rooms: [{ ...core, mayTypes: ['attic'] }, ...others] },
      'the rules name the room attic, which does not exist',
    ],
    [
      'a room of words',
      { words: [{ rooms: ['attic'], words: [], why: '' }] },
      'the rules name the room attic, which does not exist',
    ],
    [
      'a library',
      { only: [...RULES.only, { what: 'left-pad', where: [], why: '' }] },
      'the rules name left-pad, which nothing imports any more',
    ],
    [
      'a room that only some may import',
      { only: [...RULES.only, { what: 'src/attic/', where: [], why: '' }] },
      'the rules name src/attic/, which nothing imports any more',
    ],
    [
      'a place',
      { only: [...RULES.only.slice(1), { what: 'lib', where: ['src/disk/lib.ts', 'src/disk/old.ts'], why: '' }] },
      'the rules let src/disk/old.ts import lib, but nothing there does',
    ],
  ])('%s', (_name, rules, sentence) => {
    expect(check({}, rules)).toEqual([sentence]);
  });

  test('a dependency without a rule', () => {
    expect(check({}, {}, ['lib', '@org/lib', 'left-pad'])).toEqual(['the dependency left-pad has no rule']);
  });
});

import { describe, expect, test } from 'vitest';
import { renderAll } from '../../src/yaml/located.ts';
import { readDocument } from '../../src/yaml/read-document.ts';
import { unmarkAll } from '../policy/marked.ts';

/** What people write by mistake, marked (▶) where it is to be mended, and what they are told: sentence | hint. */
const CASES: readonly (readonly [string, readonly string[]])[] = [
  [
    'policies:\n▶\t- name: p\n',
    ['a tab stands where the line is indented | YAML indents with spaces only; let your editor turn tabs into spaces'],
  ],
  [
    'policies:\n  - name: p\n▶\tmatch: all\n',
    ['a tab stands where the line is indented | YAML indents with spaces only; let your editor turn tabs into spaces'],
  ],
  [
    'policies:\n  - name: p\n    ▶\tmatch: all\n    do: stop\n',
    ['a tab stands where the line is indented | YAML indents with spaces only; let your editor turn tabs into spaces'],
  ],
  ['policies:\n  - name:▶p\n    match: all\n', ['a space is missing after the colon of name | write name: p']],
  [
    'policies:\n  - name: p\n    match:▶all\n    do: stop\n',
    ['a space is missing after the colon of match | write match: all'],
  ],
  [
    'policies:\n  - name: p\n    match: {name:▶x, account:▶y}\n',
    [
      'a space is missing after the colon of name | write name: x',
      'a space is missing after the colon of account | write account: y',
    ],
  ],
  [
    'policies:\n  ▶-name: p\n    match: all\n',
    ['a space is missing after the dash | write "- " before each entry of a list'],
  ],
  [
    'policies:\n  ▶-name: p\n  ▶-name: q\n',
    [
      'a space is missing after the dash | write "- " before each entry of a list',
      'a space is missing after the dash | write "- " before each entry of a list',
    ],
  ],
  [
    'policies:\n  - name: p\n    when: { during: ▶"Mon-Fri 08:00-09:00 }\n    do: stop\n  - name: q\n',
    ['the quotation mark " that is opened here is never closed | write " where the text ends, in the same line'],
  ],
  [
    'policies:\n  - name: p\n    when: { during: ▶"Mon-Fri 08:00-09:00 }\n    do: "stop"\n  - name: q\n',
    ['the quotation mark " that is opened here is never closed | write " where the text ends, in the same line'],
  ],
  [
    "policies:\n  - name: p\n    description: 'it'▶s mine'\n    do: stop\n",
    ["the text goes on after its closing ' | between '…' a quotation mark is written twice: ''"],
  ],
  [
    "policies:\n  - name: p\n    description: ▶'it\n    do: stop\n",
    ["the quotation mark ' that is opened here is never closed | write ' where the text ends, in the same line"],
  ],
  [
    'policies:\n  - name: p\n    match: { name: x }\n    when: ▶{ idleFor: 1h\n    do: stop\n  - name: q\n    do: stop\n',
    ['the { that is opened here is never closed | write } where it ends'],
  ],
  [
    'policies:\n  - name: p\n    match: { name: x }\n    when: ▶{ idleFor: 1h\n',
    ['the { that is opened here is never closed | write } where it ends'],
  ],
  [
    'policies:\n  - name: p\n    match: { name: x }\n    do: ▶[stop, start\n    notice: 1m\n',
    ['the [ that is opened here is never closed | write ] where it ends'],
  ],
  [
    'policies:\n  - name: p\n    match: { name: x }\n    when: { idleFor: 1h }▶}\n',
    ['this } closes nothing: no bracket is open here'],
  ],
  [
    'policies:\n  - name: p\n    match: { name: x }\n    do: [stop▶}\n',
    ['this } does not fit the [ that is open since 4:9 | write ]'],
  ],
  [
    'policies:\n  - name: p\n    match: { name: ▶*dev }\n',
    [
      'a value that begins with * must stand in quotes: "*dev" | without quotes YAML takes it for a reference to another place in the file (alias)',
    ],
  ],
  [
    'policies:\n  - name: p\n    match: { name: dev-*, id: ▶*-4090 }\n',
    [
      'a value that begins with * must stand in quotes: "*-4090" | without quotes YAML takes it for a reference to another place in the file (alias)',
    ],
  ],
  [
    'policies:\n  - name: ▶*dev\n',
    [
      'a value that begins with * must stand in quotes: "*dev" | without quotes YAML takes it for a reference to another place in the file (alias)',
    ],
  ],
  [
    'policies:\n  - match:\n      name: ▶*\n      id: x\n',
    [
      'a value that begins with * must stand in quotes: "*" | without quotes YAML takes it for a reference to another place in the file (alias)',
    ],
  ],
  [
    'policies:\n  - match:\n      name: ▶*dev*\n      id: x\n',
    [
      'a value that begins with * must stand in quotes: "*dev*" | without quotes YAML takes it for a reference to another place in the file (alias)',
    ],
  ],
  [
    'policies:\n  - match:\n      name: [▶*-dev, b]\n      id: x\n',
    [
      'a value that begins with * must stand in quotes: "*-dev" | without quotes YAML takes it for a reference to another place in the file (alias)',
    ],
  ],
  [
    'policies:\n  - name: ?dev\n    id: ▶? x\n',
    ['a value that begins with ? must stand in quotes: "? x" | without quotes YAML takes it for a key'],
  ],
  [
    'limits:\n  percent: ▶%10\n',
    ['a value that begins with % must stand in quotes: "%10" | without quotes YAML takes it for a directive'],
  ],
  [
    'a: ▶@all\nb: ▶`x`\n',
    [
      'a value that begins with @ must stand in quotes: "@all" | without quotes YAML takes it for something reserved',
      'a value that begins with ` must stand in quotes: "`x`" | without quotes YAML takes it for something reserved',
    ],
  ],
  [
    'a: ▶!dev\n',
    ['a value that begins with ! must stand in quotes: "!dev" | without quotes YAML takes it for a type (tag)'],
  ],
  [
    'a: ▶&dev x\n',
    [
      'a value that begins with & must stand in quotes: "&dev x" | without quotes YAML takes it for a name for a value (anchor)',
    ],
  ],
  [
    'a: ▶{{ name }}\n',
    [
      '{{ … }} looks like a template that was not filled in | to YAML { } is a map; if the text is meant put it in quotes',
    ],
  ],
  [
    'a: ▶{% raw %}\n',
    [
      '{% … %} looks like a template that was not filled in | to YAML { } is a map; if the text is meant put it in quotes',
    ],
  ],
  [
    'a: ▶b: c\n',
    [
      'this value holds a colon with a space behind it: "b: c" | if that is meant put it in quotes; if not, begin the new key in a new line',
    ],
  ],
  [
    'description: ▶stop: at night\ndo: stop\n',
    [
      'this value holds a colon with a space behind it: "stop: at night" | if that is meant put it in quotes; if not, begin the new key in a new line',
    ],
  ],
  [
    'a: 1\n  ▶b: 2\n',
    [
      'this is indented deeper than the line before it, whose key has its value already | begin it at column 1 like "a" in line 1',
    ],
  ],
  [
    'a:\n  b: 1\n ▶c: 2\n',
    [
      'this is indented by 1 space, unlike any key above that it could stand beside | begin it at column 3 like "b" in line 2 or at column 1 like "a" in line 1',
    ],
  ],
  [
    'policies:\n  - name: p\n     ▶match: all\n',
    [
      'this is indented deeper than the line before it, whose key has its value already | begin it at column 5 like "name" in line 2 or at column 1 like "policies" in line 1',
    ],
  ],
  [
    'policies:\n  - name: p\n   ▶match: all\n',
    [
      'this is indented by 3 spaces, unlike any key above that it could stand beside | begin it at column 5 like "name" in line 2 or at column 1 like "policies" in line 1',
    ],
  ],
  [
    'policies:\n  - name: p\n  ▶match: all\n',
    [
      'this is indented by 2 spaces, unlike any key above that it could stand beside | begin it at column 5 like "name" in line 2 or at column 1 like "policies" in line 1',
    ],
  ],
  [
    'policies:\n- name: p\n  do: stop\n ▶match: all\n',
    [
      'this is indented by 1 space, unlike any key above that it could stand beside | begin it at column 3 like "do" in line 3 or at column 1 like "policies" in line 1',
    ],
  ],
  [
    'a: 1\n▶a: 2\nb: ▶*x\n',
    [
      'the key "a" is here twice; first in line 1',
      'a value that begins with * must stand in quotes: "*x" | without quotes YAML takes it for a reference to another place in the file (alias)',
    ],
  ],
  [
    '▶policies\n  - name: p\n',
    ['a colon is missing after "policies" | a key is followed by a colon, a space and its value'],
  ],
  [
    'a: |\n  x\n ▶y\n',
    [
      'this is indented by 1 space, unlike any key above that it could stand beside | begin it at column 1 like "a" in line 1',
    ],
  ],
  [
    'a: "x▶\\qy"\n',
    ["\\q means nothing between double quotes | write \\\\ for a backslash, or '…', where it stands for itself"],
  ],
  [
    'a: "C:▶\\work"\n',
    ["\\w means nothing between double quotes | write \\\\ for a backslash, or '…', where it stands for itself"],
  ],
  [
    'a: x #y\nb: "x" ▶y\n',
    [
      'the text goes on after its closing " | put the quotation marks around all of it; between "…" write \\" for one of the text',
    ],
  ],
  ['a: [1 2, 3,▶, 4]\n', ['a value is missing before this comma']],
  ['a: ▶[1, 2\n', ['the [ that is opened here is never closed | write ] where it ends']],
  ['▶{ a: 1, b: 2\n', ['the { that is opened here is never closed | write } where it ends']],
  [
    'a: ▶"b',
    ['the quotation mark " that is opened here is never closed | write " where the text ends, in the same line'],
  ],
  [
    'a: ▶- b\n',
    [
      'a list cannot begin in the line of its key | begin it in the next line, or write it between [ ]; a text that begins with "- " must stand in quotes',
    ],
  ],
  ['▶%YAML 1.1\n---\na: 010\nb: no\n', ['lines that begin with % are not read here | delete this line']],
  ['▶%YAML 1.1\na: 1\n', ['lines that begin with % are not read here | delete this line']],
  ['- a\n▶b: 1\n', ['a key stands beside a list | indent the list, and write its key in a line before it']],
  [
    'a: 1\n▶- b\n',
    [
      'an entry of a list stands among keys | write the key of the list in a line before it, without a value behind its colon',
    ],
  ],
  ['a: 1\n▶b\nc: 2\n', ['a colon is missing after "b" | a key is followed by a colon, a space and its value']],
  ['a▶： 1\nb: 2\n', ['this is a full-width colon (：) | write the plain one and a space: ": "']],
  ['a: “x”\nb:▶： 2\n', ['a space is missing after the colon of b | write b: ： 2']],
  [
    'key: value\n▶  other: 1\n',
    ['the character U+00A0 looks like a space and is none | YAML indents with plain spaces only'],
  ],
  [
    'policies:\n▶　- name: p\n',
    ['the character U+3000 looks like a space and is none | YAML indents with plain spaces only'],
  ],
  [
    '▶<<<<<<< HEAD\na: 1\n▶=======\na: 2\n▶>>>>>>> x\n',
    [
      'a merge conflict is left in the file | keep one side, and delete the lines that begin with <<<<<<<, ======= and >>>>>>>',
      'a merge conflict is left in the file | keep one side, and delete the lines that begin with <<<<<<<, ======= and >>>>>>>',
      'a merge conflict is left in the file | keep one side, and delete the lines that begin with <<<<<<<, ======= and >>>>>>>',
    ],
  ],
  ['a: 1\nb: {a b: c d}▶}\n', ['this } closes nothing: no bracket is open here']],
  ['a: 1\n...\n▶b: 2\n', ['a second document begins here; one file holds one document']],
  [
    'name: "a"▶b\n',
    [
      'the text goes on after its closing " | put the quotation marks around all of it; between "…" write \\" for one of the text',
    ],
  ],
  [
    'a: ▶>x\n  b\n',
    [
      'a value that begins with > must stand in quotes: ">x" | without quotes YAML takes it for a text over several lines',
    ],
  ],
  ['a: ▶[\n  1,\n  2\nb: 3\n', ['the [ that is opened here is never closed | write ] where it ends']],
  [
    'a: {\n  x: 1▶\n  y: 2\n}\n',
    ['a comma is missing before "y: 2" | between { } and [ ] entries are separated by commas'],
  ],
  [
    'a: ▶,b\n',
    ['a value that begins with , must stand in quotes: ",b" | without quotes YAML takes it for the end of a value'],
  ],
  ['a: ▶]\n', ['this ] closes nothing: no bracket is open here']],
  ['a: ▶}\n', ['this } closes nothing: no bracket is open here']],
  [
    'a: ▶|x\n',
    [
      'a value that begins with | must stand in quotes: "|x" | without quotes YAML takes it for a text over several lines',
    ],
  ],
  [
    'a: ▶-\n',
    [
      'a list cannot begin in the line of its key | begin it in the next line, or write it between [ ]; a text that begins with "- " must stand in quotes',
    ],
  ],
  ['a: ▶%\n', ['a value that begins with % must stand in quotes: "%" | without quotes YAML takes it for a directive']],
  [
    'a: ▶*\n',
    [
      'a value that begins with * must stand in quotes: "*" | without quotes YAML takes it for a reference to another place in the file (alias)',
    ],
  ],
];

describe('a slip in the syntax is told where it is, with what to do about it', () => {
  test.each(CASES)('%j', (marked, told) => {
    const { text, places } = unmarkAll(marked);
    const read = readDocument(text, 'f.yaml');
    const errors = read.ok
      ? []
      : read.errors.map(({ line, column, message, hint }) => [
          `${line}:${column}`,
          hint === null ? message : `${message} | ${hint}`,
        ]);
    expect(errors).toEqual(told.map((each, index) => [places[index], each]));
  });

  test('the line is shown, with a caret under the slip', () => {
    const read = readDocument('policies:\n  - name: p\n    match: { name: *dev, id: x }\n', 'f.yaml');
    expect(read.ok ? '' : renderAll(read.errors)).toBe(
      [
        'f.yaml:3:20: a value that begins with * must stand in quotes: "*dev"',
        '      match: { name: *dev, id: x }',
        '                     ^^^^',
        '  hint: without quotes YAML takes it for a reference to another place in the file (alias)',
      ].join('\n'),
    );
  });

  test('what is never closed is shown in the line where it is opened, and not at the end of the file', () => {
    const read = readDocument('a: 1\nb: { c: 1\n\n\n', 'f.yaml');
    expect(read.ok ? '' : renderAll(read.errors)).toBe(
      [
        'f.yaml:2:4: the { that is opened here is never closed',
        '  b: { c: 1',
        '     ^',
        '  hint: write } where it ends',
      ].join('\n'),
    );
  });

  test.each([
    'token: @s3cr3t',
    'a: 1\ntoken:s3cr3t',
    'token: s3cr3t: x',
    'token: "s3cr3t',
    '{token:s3cr3t}',
    'token: *s3cr3t',
  ])('what is masked is not quoted: %s', (text) => {
    const read = readDocument(text, 'f.yaml', text.replace('s3cr3t', '******'));
    expect(read.ok).toBe(false);
    expect(read.ok ? '' : renderAll(read.errors)).not.toContain('s3cr3t');
  });

  test('what else is wrong is told as well, where the file could be read on', () => {
    const read = readDocument('a: *x\nb: %1\na: 2\n', 'f.yaml');
    const told = read.ok ? [] : read.errors.map(({ line, message }) => `${line}: ${message}`);
    expect(told.sort()).toEqual([
      '1: a value that begins with * must stand in quotes: "*x"',
      '2: a value that begins with % must stand in quotes: "%1"',
      '3: the key "a" is here twice; first in line 1',
    ]);
  });
});

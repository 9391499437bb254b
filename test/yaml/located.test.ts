import { describe, expect, test } from 'vitest';
import { displayWidth } from '../../src/yaml/display-width.ts';
import { type Located, renderAll, renderLocated } from '../../src/yaml/located.ts';
import { maskSecrets } from '../../src/yaml/mask-secrets.ts';
import { cpuTime } from './cpu-time.ts';

const located = (more: Partial<Located>): Located => ({
  file: 'f.yaml',
  line: 3,
  column: 1,
  length: 1,
  message: 'wrong',
  hint: null,
  sourceLine: '',
  ...more,
});

describe('how a place is shown', () => {
  test('with the line, a caret and a hint', () => {
    const text = renderLocated(
      located({ column: 5, length: 8, sourceLine: '    cooldwon: 10m', hint: 'write cooldown' }),
    );
    expect(text).toBe('f.yaml:3:5: wrong\n      cooldwon: 10m\n      ^^^^^^^^\n  hint: write cooldown');
  });

  test('the caret stands under wide letters', () => {
    const text = renderLocated(located({ column: 5, length: 3, sourceLine: '名称: 慧星云' }));
    expect(text.split('\n').slice(1)).toEqual(['  名称: 慧星云', '        ^^^^^^']);
  });

  test('a long line is cut around the place', () => {
    const sourceLine = `${'x'.repeat(5_000)}HERE${'y'.repeat(5_000)}`;
    const [, line = '', caret = ''] = renderLocated(located({ column: 5_001, length: 4, sourceLine })).split('\n');
    expect(line.length).toBeLessThan(200);
    expect(line.slice(caret.indexOf('^'), caret.lastIndexOf('^') + 1)).toBe('HERE');
  });

  test('characters that play tricks on terminals are replaced', () => {
    const text = renderLocated(located({ sourceLine: 'a\u001b[31m\u202eb' }));
    expect(text).not.toContain('\u001b');
    expect(text).not.toContain('\u202e');
  });

  test('all in the order of their places', () => {
    const all = [
      located({ line: 2 }),
      located({ file: 'a.yaml', line: 9 }),
      located({ line: 1, column: 4 }),
      located({ line: 1 }),
    ];
    expect(renderAll(all).split('\n')).toEqual([
      'a.yaml:9:1: wrong',
      'f.yaml:1:1: wrong',
      'f.yaml:1:4: wrong',
      'f.yaml:2:1: wrong',
    ]);
  });

  test.each([
    ['abc', 3],
    ['慧星云', 6],
    ['e\u0301', 1],
    ['🏮', 2],
    ['ｆｕｌｌ', 8],
    ['\u200b', 0],
  ])('%s takes %i cells', (text, width) => expect(displayWidth(text)).toBe(width));
});

describe('secrets are masked letter by letter', () => {
  test.each([
    ['token: abc123', 'token: ******'],
    ['token: "abc 123"', 'token: "*** ***"'],
    ["secret: 'abc'", "secret: '***'"],
    ['token:abc', 'token:***'],
    ['{ token: abc, provider: chenyu }', '{ token: ***, provider: chenyu }'],
    ['token:\n  abc', 'token:\n  ***'],
    ['token: |\n  abc\n  def\nnext: 1', 'token: *\n  ***\n  ***\nnext: 1'],
    [`token: \${HXY_TOKEN}`, `token: \${HXY_TOKEN}`],
    ['tokenFile: /run/secrets/x', 'tokenFile: /run/secrets/x'],
    ['url: https://open.feishu.cn/hook/abc', 'url: https://open.feishu.cn*********'],
    ['redis: redis://u:pw@host:6379/0', 'redis: redis://*****host:6379**'],
    ['redis: redis://u:p/w@d@host:6379/0', 'redis: redis://********host:6379**'],
    ['url: open.feishu.cn/hook/abc', 'url: ***********************'],
    ['"url": "hook/abc", "type": "webhook"', '"url": "********", "type": "webhook"'],
    ['url: ["hook/abc"]', 'url: ["********"]'],
    ['url:\n  - hook/abc', 'url:\n  - ********'],
    ['token: ["abc"]', 'token: *"***"]'],
    [`url: \${OPS_URL}`, `url: \${OPS_URL}`],
    ['urlFile: secrets/hook', 'urlFile: secrets/hook'],
    ['"token": "abc"', '"token": "***"'],
    ['tokn: abc', 'tokn: ***'],
    ['a: { provider: chenyu, Tokens: "abc", tokenfile: x }', 'a: { provider: chenyu, Tokens: "***", tokenfile: x }'],
    ['hxy_token: abc', 'hxy_token: ***'],
    ['access-token : abc', 'access-token : ***'],
    ['pasword: abc\naccounts: { a: { tocken: def } }', 'pasword: ***\naccounts: { a: { tocken: *** } }'],
    ['secretFile: /run/secrets/x', 'secretFile: /run/secrets/x'],
    ['timezone: Asia/Shanghai', 'timezone: Asia/Shanghai'],
    ['name: dev', 'name: dev'],
  ])('%j', (text, masked) => {
    expect(maskSecrets(text)).toBe(masked);
    expect(maskSecrets(text)).toHaveLength(text.length);
  });

  test.each([
    'a',
    'a.',
    'ab: ',
    'token: ',
    'token   ',
    'token:\n\n\n}',
    'url: [- ',
    'http://',
    'http://,',
    'http://a@',
    '"',
    '"token": "\\',
  ])('no text takes long: many %j', (piece) => {
    const text = piece.repeat(Math.ceil(250_000 / piece.length));
    // About 100 ms at most; what grows with the square of the length takes minutes.
    expect(cpuTime(() => maskSecrets(text))).toBeLessThan(5_000);
  });
});

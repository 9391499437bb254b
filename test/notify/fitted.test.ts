import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitted } from '../../src/notify/fitted.ts';
import type { Message } from '../../src/notify/message.ts';
import { MESSAGE } from './messages.ts';

const plain = ({ title, lines, links }: Message): string =>
  [title, ...lines.map(({ label, text }) => `${label}|${text}`), ...links.map(({ url }) => url)].join('\n');
const within = (max: number) => (text: string) => Buffer.byteLength(text) <= max;
const cut = (message: Message, max: number): string => fitted(message, plain, within(max));

test('what fits is left alone', () => {
  expect(cut(MESSAGE, 2048)).toBe(plain(MESSAGE));
});

test('a long value is cut before any line goes', () => {
  const lines = [
    { label: 'evidence', text: '证'.repeat(3000) },
    { label: 'stop it', text: 'lamplighter hold a/b' },
  ];
  const text = cut({ ...MESSAGE, lines }, 2048);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(2048);
  expect(text).toMatch(/证…\nstop it\|lamplighter hold a\/b\nhttps:/);
});

test.each([
  ['en', '… 36 more lines'],
  ['zh-CN', '……还有 36 行'],
] as const)('lines go from the end, and how many is said in %s', (language, said) => {
  const lines = Array.from({ length: 80 }, (_, index) => ({ label: String(index + 10), text: 'x'.repeat(35) }));
  const text = cut({ ...MESSAGE, language, title: 'T', links: [], lines }, 39 * 45 + 1 + 18);
  expect(text.split('\n').at(-1)).toContain(said);
  expect(text.split('\n')).toHaveLength(1 + 44 + 1);
});

test('whatever it is made of, it fits, and title and links are there', () => {
  const line = fc.record({
    label: fc.string({ maxLength: 10 }),
    text: fc.string({ unit: 'grapheme', maxLength: 400 }),
  });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 60 }), (lines) => {
      const text = cut({ ...MESSAGE, lines }, 700);
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(700);
      expect(text.startsWith(MESSAGE.title)).toBe(true);
      expect(text.endsWith(MESSAGE.links[0]?.url ?? '?')).toBe(true);
    }),
    { numRuns: 40 },
  );
});

test('of single lines as many links stay as there is room for, before any line goes', () => {
  const lines = Array.from({ length: 10 }, (_, index) => ({
    label: '',
    text: `machine ${index} ${'x'.repeat(40)}`,
    tells: 1,
    link: { label: 'Hold it', url: `https://l.example/hold/${index}` },
  }));
  const withLinks = (message: Message): string =>
    [plain(message), ...message.lines.flatMap(({ link }) => (link === undefined ? [] : [link.url]))].join('\n');
  const message = { ...MESSAGE, lines };
  const all = Buffer.byteLength(withLinks(message));
  const each = Buffer.byteLength('\nhttps://l.example/hold/0');
  for (const gone of [1, 4, 10]) {
    const text = fitted(message, withLinks, within(all - gone * each));
    expect(text.match(/machine \d/g)).toHaveLength(10);
    expect(text.match(/hold\/\d/g) ?? []).toHaveLength(10 - gone);
  }
  const fewer = fitted(message, withLinks, within(all - 10 * each - 1));
  expect(fewer).toMatch(/machine 8 .*\n\|… and 1 more\n/);
});

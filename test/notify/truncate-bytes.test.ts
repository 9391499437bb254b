import fc from 'fast-check';
import { expect, test } from 'vitest';
import { truncateBytes } from '../../src/notify/truncate-bytes.ts';

test.each([
  ['what fits stays as it is', '实例 gpu-1', 13, '实例 gpu-1'],
  ['a Chinese character has three bytes', '实例实例', 9, '实例…'],
  ['and goes whole', '实例实例', 10, '实例…'],
  ['so does a family of four', '👨‍👩‍👧‍👦👨‍👩‍👧‍👦', 30, '👨‍👩‍👧‍👦…'],
  ['and a letter with its accents', 'e\u0301e\u0301e\u0301', 7, 'e\u0301…'],
  ['a flag is two halves', '🇨🇳🇨🇳', 11, '🇨🇳…'],
  ['no blank stands before the mark', 'one two', 6, 'one…'],
  ['nothing fits beside the mark', '实例', 3, '…'],
  ['not even the mark', '实例', 2, ''],
])('%s', (_case, text, max, expected) => {
  expect(truncateBytes(text, max)).toBe(expected);
});

test('whatever the text, it has at most so many bytes, is well-formed, and begins as the text does', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.nat(200), (text, max) => {
      const cut = truncateBytes(text, max);
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(max);
      expect(cut.isWellFormed()).toBe(true);
      if (Buffer.byteLength(text) <= max) expect(cut).toBe(text);
      else expect(text.startsWith(cut.replace(/…$/, ''))).toBe(true);
    }),
  );
});

test('a text of megabytes takes no longer than one that fits', () => {
  const long = '训'.repeat(2_000_000);
  expect(truncateBytes(long, 2048)).toBe(`${'训'.repeat(681)}…`);
});

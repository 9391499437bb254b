import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyGlobTest, globTest } from '../../src/policy/glob.ts';
import { cpuTime } from '../yaml/cpu-time.ts';

describe('globs', () => {
  test.each([
    ['dev-*', 'dev-1', true],
    ['dev-*', 'dev-', true],
    ['dev-*', 'Dev-1', false],
    ['dev-*', 'a-dev-1', false],
    ['*-dev', 'a-dev', true],
    ['*dev*', 'a-dev-1', true],
    ['*', '', true],
    ['?', '', false],
    ['?', 'x', true],
    ['?', '🏮', true],
    ['??', '慧星', true],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['a**c', 'abc', true],
    ['dev.1', 'devx1', false],
    ['[ab]', 'a', false],
    ['[ab]', '[ab]', true],
    ['', '', true],
    ['a\\*', 'a*', false],
  ])('%s against %s: %s', (pattern, text, answer) => expect(globTest(pattern)(text)).toBe(answer));

  /** The same said as a regular expression; slow on evil patterns, so only short ones here. */
  const reference = (pattern: string, text: string) =>
    new RegExp(
      `^${pattern
        .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
        .replaceAll('*', '.*')
        .replaceAll('?', '.')}$`,
      'su',
    ).test(text);
  const letters = (max: number) =>
    fc.array(fc.constantFrom('a', 'b', '*', '?'), { maxLength: max }).map((all) => all.join(''));

  test('agree with regular expressions', () => {
    fc.assert(
      fc.property(letters(8), letters(12), (pattern, text) => {
        expect(globTest(pattern)(text)).toBe(reference(pattern, text));
      }),
      { numRuns: 2_000 },
    );
  });

  test('of several any may fit', () => {
    fc.assert(
      fc.property(fc.array(letters(6), { minLength: 1, maxLength: 5 }), letters(8), (patterns, text) => {
        expect(anyGlobTest(patterns)(text)).toBe(patterns.some((pattern) => globTest(pattern)(text)));
      }),
    );
  });

  test.each([
    ['many stars', `${'*a'.repeat(127)}b`, 'a'.repeat(5_000)],
    ['stars with a last letter that is not there', '*a*a*a*a*a*a*a*a*a*a*a*a*a*a*X', 'a'.repeat(5_000)],
    ['stars and question marks', '*?'.repeat(128), 'a'.repeat(5_000)],
    ['a regular expression', '(a+)+$', 'a'.repeat(5_000)],
  ])('%s take no time', (_, pattern, text) => {
    const fits = globTest(pattern);
    // Best of some: the first runs are before the compiler has had a look.
    const times = Array.from({ length: 5 }, () => cpuTime(() => fits(text)));
    expect(Math.min(...times)).toBeLessThan(5);
  });
});

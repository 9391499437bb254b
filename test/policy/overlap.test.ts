import fc from 'fast-check';
import { expect, test } from 'vitest';
import { globTest } from '../../src/policy/glob.ts';
import { covers, mayMeet, patternsMeet } from '../../src/policy/overlap.ts';

test.each([
  ['dev-*', 'web-*', false],
  ['dev-*', '*-1', true],
  ['a*c', 'ab*', true],
  ['a?', 'a', false],
  ['?', '*', true],
  ['a*b', 'a*c', false],
  ['*', '*', true],
  ['a', 'a', true],
  ['a', 'b', false],
  ['?🙂', '*🙂', true],
])('%s and %s', (a, b, meet) => {
  expect([patternsMeet(a, b), patternsMeet(b, a)]).toEqual([meet, meet]);
});

const ABC = ['a', 'b', 'c'];

const letters = (alphabet: string, maxLength: number) =>
  fc.array(fc.constantFrom(...alphabet.split('')), { maxLength }).map((all) => all.join(''));

test('two patterns that some text fits meet, and where they cannot meet no text fits both', () => {
  const texts = ['', ...ABC, ...ABC.flatMap((a) => ABC.map((b) => `${a}${b}`)), 'abc', 'cab', 'aab', 'abab'];
  fc.assert(
    fc.property(letters('abc*?', 5), letters('abc*?', 5), (a, b) => {
      const isFitted = texts.some((text) => globTest(a)(text) && globTest(b)(text));
      if (isFitted) expect(patternsMeet(a, b)).toBe(true);
      if (covers({ name: [a] }, { name: [b] }))
        for (const text of texts) if (globTest(b)(text)) expect(globTest(a)(text)).toBe(true);
    }),
    { numRuns: 400 },
  );
});

test('what is covered is certain', () => {
  const match = { name: ['dev-a*', 'dev-b'], status: ['running' as const], labels: { env: ['dev'] } };
  expect(covers({ name: ['dev-*'] }, match)).toBe(true);
  expect(covers({ name: ['dev-*'], labels: { env: ['*'] } }, match)).toBe(true);
  expect(covers({ name: ['dev-a*'] }, match)).toBe(false);
  expect(covers({ room: ['r'] }, match)).toBe(false);
  expect(covers({ labels: { team: ['*'] } }, match)).toBe(false);
  expect(covers({ gpu: ['*4090*'] }, { gpu: ['NVIDIA 4090'] })).toBe(false);
  expect(covers({ gpu: ['*4090*'] }, { gpu: ['*4090*'] })).toBe(true);
});

test('who may meet', () => {
  expect(mayMeet('all', { name: ['a'] })).toBe(true);
  expect(mayMeet(undefined, 'all')).toBe(true);
  expect(mayMeet({ status: ['running'] }, { status: ['stopped'] })).toBe(true);
  expect(mayMeet({ gpu: ['a'] }, { gpu: ['b'] })).toBe(true);
  expect(mayMeet({ billing: ['daily'] }, { billing: ['hourly'] })).toBe(false);
  expect(mayMeet({ labels: { env: ['dev'] } }, { labels: { env: ['prod*'] } })).toBe(false);
  expect(mayMeet({ not: [{ name: ['a*'] }] }, { name: ['ab'] })).toBe(false);
});

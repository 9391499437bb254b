import { beforeEach, expect, test, vi } from 'vitest';

vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>();
  return { ...crypto, timingSafeEqual: vi.fn(crypto.timingSafeEqual) };
});
// Anew, with the comparison above in it: another file of this worker may have asked for the module before.
vi.resetModules();
const { timingSafeEqual } = await import('node:crypto');
const { bearerOf, sameSecret } = await import('../../src/web/bearer.ts');
const compare = vi.mocked(timingSafeEqual);
beforeEach(() => {
  compare.mockClear();
});

const WANTED = 'control-token-1';

test.each([
  [WANTED, true],
  ['control-token-2', false],
  ['xontrol-token-1', false],
  ['', false],
  ['c', false],
  [`${WANTED}1`, false],
  ['x'.repeat(512), false],
])('%# is compared in the time that any other takes', (given, same) => {
  expect(sameSecret(given, WANTED)).toBe(same);
  // Once, whatever the lengths: digests are all of one length, and no short cut is taken before.
  expect(compare).toHaveBeenCalledTimes(1);
  const [one, other] = compare.mock.calls[0] ?? [];
  expect([one?.byteLength, other?.byteLength]).toEqual([32, 32]);
});

test.each([
  ['Bearer abc', 'abc'],
  ['bearer  abc', 'abc'],
  ['Bearer ', null],
  ['Bearer a b', null],
  ['Basic abc', null],
  [undefined, null],
  [`Bearer ${'x'.repeat(513)}`, null],
])('%# holds its token or none', (header, token) => {
  expect(bearerOf(header)).toBe(token);
});

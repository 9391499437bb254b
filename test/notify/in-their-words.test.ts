import { expect, test } from 'vitest';
import { inTheirWords, secretsInUrl } from '../../src/notify/in-their-words.ts';

test.each([
  ['https://x.example/', ['https://x.example/']],
  ['https://x.example/send?key=short', ['https://x.example/send?key=short']],
  [
    'https://x.example/hook/0123456789abcdef',
    ['https://x.example/hook/0123456789abcdef', '/hook/0123456789abcdef', '0123456789abcdef'],
  ],
  [
    'https://x.example/send?access_token=0123456789abcdef',
    ['https://x.example/send?access_token=0123456789abcdef', '/send?access_token=0123456789abcdef', '0123456789abcdef'],
  ],
])('what is secret in %s is never a short word, which stands everywhere', (url, expected) => {
  expect(secretsInUrl(url)).toEqual(expected);
});

test('what they say is one short line without what is secret', () => {
  const said = inTheirWords(`no:\n https://x/0123 ${'x'.repeat(500)}`, ['https://x/0123', '']);
  expect(said).toMatch(/^no:\s+\[secret\] x+…$/);
  expect(Buffer.byteLength(said)).toBeLessThanOrEqual(300);
});

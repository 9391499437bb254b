import { expect, test } from 'vitest';
import { DocumentMemo } from '../../src/yaml/document-memo.ts';

test('what was read before is given again, and only where file and text are the same', () => {
  const memo = new DocumentMemo();
  const first = memo.read('a: 1\n', 'a.yaml');
  expect(first).toMatchObject({ ok: true });
  expect(memo.read('a: 1\n', 'a.yaml')).toBe(first);
  // Errors name the file, so another file of the same text is another document.
  expect(memo.read('a: 1\n', 'b.yaml')).toMatchObject({ document: { file: 'b.yaml' } });
  expect(memo.read('a: [\n', 'a.yaml')).toMatchObject({ ok: false });
  expect(memo.read('a: 1\n', 'a.yaml')).toBe(first);
});

test('what has not been asked for longest is forgotten, so that it does not grow for ever', () => {
  const memo = new DocumentMemo();
  const large = (name: string) => `a: ${name}\n#${'x'.repeat(200_000)}\n`;
  const kept = memo.read('a: 1\n', 'a.yaml');
  const old = memo.read(large('old'), 'old.yaml');
  for (let index = 0; index < 25; index += 1) {
    memo.read(large(String(index)), 'b.yaml');
    expect(memo.read('a: 1\n', 'a.yaml')).toBe(kept);
  }
  expect(memo.read(large('old'), 'old.yaml')).not.toBe(old);
});

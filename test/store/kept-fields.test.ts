import { expect, test } from 'vitest';
import { KeptFields } from '../../src/store/kept-fields.ts';

/** What is read of a text is an object, so that one that is kept is known again; of `-` nothing can be read. */
function reading() {
  const read: string[] = [];
  const fields = new KeptFields((text, field, key) => {
    read.push(`${key}/${field}`);
    return text === '-' ? null : { text };
  });
  return { read, of: (key: string, hash: Record<string, string>) => fields.of(key, Object.entries(hash).flat()) };
}

test('what is as it was is not read again, and is the same value', async () => {
  const { read, of } = reading();
  const first = await of('cy', { a: '1', b: '2', none: '-' });
  expect([...first]).toEqual([
    ['a', { text: '1' }],
    ['b', { text: '2' }],
  ]);
  expect(await of('cy', { a: '1', b: '2', none: '-' })).toBe(first);
  expect(read.splice(0)).toEqual(['cy/a', 'cy/b', 'cy/none']);
  const second = await of('cy', { a: '1', b: '3', none: '-' });
  expect(second.get('a')).toBe(first.get('a'));
  expect(second.get('b')).toEqual({ text: '3' });
  expect(first.get('b')).toEqual({ text: '2' });
  expect(read).toEqual(['cy/b']);
});

test.each<[string, Record<string, string>, Record<string, object>]>([
  ['gone', { a: '1' }, { a: { text: '1' } }],
  ['exchanged', { a: '2', b: '1' }, { a: { text: '2' }, b: { text: '1' } }],
  ['another', { a: '1', c: '2' }, { a: { text: '1' }, c: { text: '2' } }],
  ['more', { a: '1', b: '2', c: '1' }, { a: { text: '1' }, b: { text: '2' }, c: { text: '1' } }],
  ['none', {}, {}],
  ['unreadable now', { a: '1', b: '-' }, { a: { text: '1' } }],
])('a field that is %s', async (_, hash, expected) => {
  const { of } = reading();
  await of('cy', { a: '1', b: '2' });
  expect(Object.fromEntries(await of('cy', hash))).toEqual(expected);
});

test('each hash has its own, and no hash is none', async () => {
  const { read, of } = reading();
  await of('cy', { a: '1' });
  expect([...(await of('hxy', { a: '1' })).keys()]).toEqual(['a']);
  expect(read).toEqual(['cy/a', 'hxy/a']);
  expect(await new KeptFields((text) => text).of('cy', null)).toEqual(new Map());
});

test('many that are new let others have their turn', async () => {
  const { of } = reading();
  const hash = Object.fromEntries(Array.from({ length: 1_200 }, (_, index) => [`i${index}`, '1']));
  let turns = 0;
  let counting = true;
  const turn = (): void => {
    turns += 1;
    if (counting) setImmediate(turn);
  };
  setImmediate(turn);
  expect((await of('cy', hash)).size).toBe(1_200);
  expect(turns).toBeGreaterThanOrEqual(2);
  turns = 0;
  await of('cy', hash);
  counting = false;
  expect(turns).toBe(0);
});

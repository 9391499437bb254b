import { expect, test } from 'vitest';
import { atMost, eachOf } from '../../src/app/at-most.ts';

/** Everything that is due has run. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('so many go at a time, and whoever fails makes room as well', async () => {
  const ends = new Map<string, PromiseWithResolvers<void>>();
  const run = atMost(2, async (name: string) => {
    const end = Promise.withResolvers<void>();
    ends.set(name, end);
    await end.promise;
  });
  const all = ['a', 'b', 'c', 'd'].map((name) => run(name).then(() => `${name} done`, String));
  await turn();
  expect([...ends.keys()]).toEqual(['a', 'b']);
  ends.get('b')?.reject(new Error('b broke'));
  await turn();
  expect([...ends.keys()]).toEqual(['a', 'b', 'c']);
  ends.get('a')?.resolve();
  await turn();
  for (const end of ends.values()) end.resolve();
  expect(await Promise.all(all)).toEqual(['a done', 'Error: b broke', 'c done', 'd done']);
});

test('one that fails keeps none of the others, and is told', async () => {
  const seen: string[] = [];
  const run = async (name: string): Promise<void> => {
    if (name.startsWith('bad')) throw new Error(name);
    await turn();
    seen.push(name);
  };
  await eachOf(['a', 'b'], run);
  await expect(eachOf(['bad', 'c', 'd'], run)).rejects.toThrow('bad');
  await expect(eachOf(['bad 1', 'bad 2', 'e'], run)).rejects.toThrow('2 of 3 failed');
  expect(seen).toEqual(['a', 'b', 'c', 'd', 'e']);
});

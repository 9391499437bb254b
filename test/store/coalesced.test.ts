import { expect, test } from 'vitest';
import { Coalesced, Gathered } from '../../src/store/coalesced.ts';

test('who asks in one turn of the loop shares an answer; who asks after it has left gets the next', async () => {
  let value = 1;
  let asked = 0;
  const left = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  const shared = new Coalesced(async (key: string) => {
    asked += 1;
    left.resolve();
    // What Redis holds when the question arrives.
    const now = value;
    await answered.promise;
    return `${key}${now}`;
  });
  const first = [shared.get('a'), shared.get('a')];
  const other = shared.get('b');
  expect(asked).toBe(0);
  // Before the question leaves, a change is still part of its answer.
  value = 2;
  await left.promise;
  value = 3;
  const late = shared.get('a');
  answered.resolve();
  expect(await Promise.all(first)).toEqual(['a2', 'a2']);
  expect(await other).toMatch(/^b/);
  expect(await late).toBe('a3');
  expect(asked).toBe(3);
});

test('a failure is everybody’s, and is over with the next question', async () => {
  let broken = true;
  const shared = new Coalesced(async () => {
    if (broken) throw new Error('Redis is away');
    return 'back';
  });
  const results = await Promise.allSettled([shared.get('a'), shared.get('a')]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  broken = false;
  expect(await shared.get('a')).toBe('back');
});

test('what is asked in one turn goes out as one list, and what comes later as the next', async () => {
  const lists: (readonly string[])[] = [];
  const gathered = new Gathered(async (items: readonly string[]) => {
    lists.push(items);
    return items.length;
  });
  expect(await Promise.all([gathered.add('a'), gathered.add('b')])).toEqual([2, 2]);
  expect(await gathered.add('c')).toBe(1);
  expect(lists).toEqual([['a', 'b'], ['c']]);
});

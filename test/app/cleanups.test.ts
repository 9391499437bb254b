import { expect, test } from 'vitest';
import { CleanupError, Cleanups } from '../../src/app/cleanups.ts';

async function failureOf(cleanups: Cleanups): Promise<CleanupError> {
  try {
    await cleanups.run();
  } catch (error) {
    if (error instanceof CleanupError) return error;
    throw error;
  }
  throw new Error('nothing failed');
}

test('run in reverse, one after the other', async () => {
  const order: string[] = [];
  const gate = Promise.withResolvers<void>();
  const cleanups = new Cleanups();
  cleanups.add('redis', () => {
    order.push('redis');
  });
  cleanups.add('workers', async () => {
    await gate.promise;
    order.push('workers');
  });
  cleanups.add('listener', () => {
    order.push('listener');
  });
  const done = cleanups.run();
  expect(order).toEqual(['listener']);
  gate.resolve();
  await done;
  expect(order).toEqual(['listener', 'workers', 'redis']);
});

test('each runs even if another failed, and every failure is named', async () => {
  const order: string[] = [];
  const cleanups = new Cleanups();
  cleanups.add('first', () => {
    order.push('first');
  });
  cleanups.add('throws', () => {
    throw new Error('at once');
  });
  cleanups.add('rejects', () => Promise.reject(new Error('later')));
  cleanups.add('odd', () => Promise.reject(Object.create(null)));
  const error = await failureOf(cleanups);
  expect(order).toEqual(['first']);
  expect(error.message).toBe('cleaning up failed: odd (unknown), rejects (later), throws (at once)');
  expect(error.errors).toHaveLength(3);
});

test('one that does not end is given up after its time', async () => {
  const order: string[] = [];
  const cleanups = new Cleanups();
  cleanups.add('last', () => {
    order.push('last');
  });
  cleanups.add('stuck', () => new Promise(() => {}), 20);
  expect((await failureOf(cleanups)).message).toBe('cleaning up failed: stuck (took longer than 20 ms)');
  expect(order).toEqual(['last']);
});

test('one that fails after it was given up disturbs nobody', async () => {
  const late = Promise.withResolvers<void>();
  const cleanups = new Cleanups();
  cleanups.add('late', () => late.promise, 1);
  await failureOf(cleanups);
  late.reject(new Error('much later'));
  await expect(late.promise).rejects.toThrow('much later');
});

test('running twice is running once, also while it runs', async () => {
  let count = 0;
  const cleanups = new Cleanups();
  cleanups.add('one', () => {
    count += 1;
  });
  await Promise.all([cleanups.run(), cleanups.run()]);
  await cleanups.run();
  expect(count).toBe(1);
});

test('what a clean-up adds is cleaned up too', async () => {
  const order: string[] = [];
  const cleanups = new Cleanups();
  cleanups.add('outer', () => {
    cleanups.add('inner', () => {
      order.push('inner');
    });
  });
  await cleanups.run();
  expect(order).toEqual(['inner']);
});

test('what is added when all is over is refused: nobody would ever run it', async () => {
  const cleanups = new Cleanups();
  await cleanups.run();
  expect(() => cleanups.add('late', () => {})).toThrow('cannot add the clean-up "late": cleaning up is over');
});

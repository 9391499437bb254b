import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Script } from '../../src/store/script.ts';
import { ScriptBatch } from '../../src/store/script-batch.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const PUSH = new Script('push', `redis.call('RPUSH', KEYS[1] .. 'list', ARGV[1]); return { 'pushed', ARGV[1], #ARGV }`);
const FAIL = new Script(
  'fail',
  `redis.call('RPUSH', KEYS[1] .. 'list', 'half'); return redis.call('INCR', KEYS[1] .. 'list')`,
);
const ALONE = new Script('alone', `return 'alone'`);

let redis: TestRedis;
let client: Redis;
let batch: ScriptBatch;

beforeAll(async () => {
  redis = await startRedis();
  client = new Redis(redis.url, { enableOfflineQueue: false, maxRetriesPerRequest: 0, lazyConnect: true });
  client.on('error', () => {});
  await client.connect();
});
afterAll(async () => {
  client.disconnect();
  await redis.stop();
});
beforeEach(async () => {
  await client.flushall();
  await client.script('FLUSH');
  batch = new ScriptBatch(client, 'p:', [PUSH, FAIL]);
});

/** Scripts that Redis was asked to run. */
async function commands(): Promise<number> {
  const stats = await client.info('commandstats');
  const calls = (name: string) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
  return calls('evalsha') + calls('eval');
}

test('what is asked for in one turn is one command, in the order in which it was asked for', async () => {
  // Redis is given the text at the first call.
  await Promise.all(['x', 'y'].map((text) => batch.run(PUSH, [text])));
  const before = await commands();
  const answers = await Promise.all(['a', 'b', 'c'].map((text) => batch.run(PUSH, [text, 1])));
  expect(await commands()).toBe(before + 1);
  expect(answers).toEqual(['a', 'b', 'c'].map((text) => ['pushed', text, 2]));
  expect(await client.lrange('p:list', 0, -1)).toEqual(['x', 'y', 'a', 'b', 'c']);
  expect(await batch.run(PUSH, ['d'])).toEqual(['pushed', 'd', 1]);
});

test('an error in one is that one’s alone', async () => {
  const answers = await Promise.allSettled([batch.run(PUSH, ['a']), batch.run(FAIL, []), batch.run(PUSH, ['b'])]);
  expect(answers).toMatchObject([
    { status: 'fulfilled', value: ['pushed', 'a', 1] },
    { status: 'rejected', reason: { message: expect.stringContaining('WRONGTYPE') } },
    { status: 'fulfilled', value: ['pushed', 'b', 1] },
  ]);
});

test('many go in several commands, and each gets its own answer', async () => {
  const texts = Array.from({ length: 120 }, (_, index) => String(index));
  const answers = await Promise.all(texts.map((text) => batch.run(PUSH, [text])));
  expect(answers).toEqual(texts.map((text) => ['pushed', text, 1]));
  expect(await client.lrange('p:list', 0, -1)).toEqual(texts);
});

test('a script that is none of them runs alone', async () => {
  expect(await Promise.all([batch.run(ALONE, []), batch.run(PUSH, ['a'])])).toEqual(['alone', ['pushed', 'a', 1]]);
});

test('where memory is full nothing is written, and each is told so in Redis’ own words', async () => {
  await client.set('ballast', 'x'.repeat(100_000));
  await client.config('SET', 'maxmemory', '100kb');
  const answers = await Promise.allSettled([batch.run(PUSH, ['a']), batch.run(PUSH, ['b'])]);
  await client.config('SET', 'maxmemory', '0');
  for (const answer of answers) {
    expect(answer).toMatchObject({ status: 'rejected', reason: { message: expect.stringMatching(/^OOM /) } });
  }
  expect(await client.exists('p:list')).toBe(0);
});

test('a command that is lost is lost for all of them', async () => {
  await redis.kill();
  const answers = await Promise.allSettled([batch.run(PUSH, ['a']), batch.run(PUSH, ['b'])]);
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});

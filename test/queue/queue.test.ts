import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { backOff } from '../../src/queue/profile.ts';
import { QueueDown, type Queues, type Schedule } from '../../src/queue/queue.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { Collected, openQueues, type Seen } from './support.ts';

let redis: TestRedis;
let count = 0;
let prefix = '';
const opened: Queues[] = [];

async function open(change: Parameters<typeof openQueues>[1] = {}): Promise<{ queues: Queues; seen: Seen }> {
  const made = await openQueues(redis.url, { prefix, ...change });
  opened.push(made.queues);
  return made;
}

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  await redis.stop();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((queues) => queues.close(5_000)));
});

function fresh(): void {
  count += 1;
  prefix = `q${count}`;
}

describe('jobs', () => {
  test('carry their payload to the worker, once, and are gone when done', async () => {
    fresh();
    const { queues } = await open();
    const done = new Collected<unknown>();
    queues.worker('act-reversible', async (payload, job, signal) => {
      done.add([payload, job, signal.aborted]);
    });
    queues.run();
    await queues.enqueue('act-reversible', { operationId: 'op-1' }, { jobId: 'op-1.1' });
    await done.atLeast(1);
    await queues.enqueue('act-reversible', { operationId: 'op-2' }, { jobId: 'op-2.1', delayMs: 20 });
    expect(await done.atLeast(2)).toEqual([
      [{ operationId: 'op-1' }, { id: 'op-1.1', attempt: 1 }, false],
      [{ operationId: 'op-2' }, { id: 'op-2.1', attempt: 1 }, false],
    ]);
    expect(queues.lastFinishedAt('verify')).toBeNull();
  });

  test('tell how long one has run here, until it ends, well or badly', async () => {
    fresh();
    let now = 7;
    const { queues } = await open({ clock: () => now });
    const began = Promise.withResolvers<void>();
    const may = Promise.withResolvers<void>();
    queues.worker('tick', async () => {
      began.resolve();
      await may.promise;
      throw new Error('badly');
    });
    queues.run();
    expect(queues.runningSince('tick')).toBeNull();
    await queues.enqueue('tick', {});
    await began.promise;
    now = 9;
    expect(queues.runningSince('tick')).toBe(7);
    may.resolve();
    await expect.poll(() => queues.lastFinishedAt('tick')).toBe(9);
    expect(queues.runningSince('tick')).toBeNull();
  });

  test('that a full Redis does not let anybody take are told as refused', async () => {
    fresh();
    let now = 7;
    const { queues } = await open({ clock: () => now });
    const done = new Collected<string>();
    queues.worker('tick', async (_payload, { id }) => done.add(id));
    queues.run();
    await queues.enqueue('tick', {}, { jobId: 'before' });
    await done.atLeast(1);
    expect(queues.refusedAt()).toBeNull();
    const people = new Redis(redis.url);
    try {
      await queues.enqueue('tick', {}, { jobId: 'after', delayMs: 100 });
      await people.config('SET', 'maxmemory', '1');
      now = 8;
      await expect.poll(() => queues.refusedAt()).toBe(8);
      await people.config('SET', 'maxmemory', '0');
      await done.atLeast(2);
    } finally {
      await people.config('SET', 'maxmemory', '0');
      people.disconnect();
    }
    expect(done.items).toEqual(['before', 'after']);
  });

  test('of one id wait only once', async () => {
    fresh();
    const { queues } = await open();
    for (let i = 0; i < 5; i++) await queues.enqueue('act-paid', { operationId: 'op' }, { jobId: 'op.1' });
    expect((await queues.counts()).find(({ queue }) => queue === 'act-paid')).toMatchObject({ waiting: 1, active: 0 });
  });

  test('of one key wait only once, and one that comes while another runs follows it', async () => {
    fresh();
    const { queues } = await open();
    const began = new Collected<string>();
    let letGo = () => {};
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    queues.worker('evaluate', async ({ cause }) => {
      began.add(cause);
      if (cause === 'first') await gate;
    });
    queues.run();
    const ring = (cause: string) => queues.enqueue('evaluate', { account: 'a', cause }, { latest: 'a' });
    await ring('first');
    await began.atLeast(1);
    await ring('second');
    await ring('third');
    letGo();
    await began.atLeast(2);
    await ring('fourth');
    expect(await began.until((items) => items.includes('fourth'))).toEqual(['first', 'third', 'fourth']);
  });

  test.each(['a:b', '', '42'])('an id like "%s" is refused', async (jobId) => {
    fresh();
    const { queues } = await open();
    await expect(queues.enqueue('verify', { operationId: 'x' }, { jobId })).rejects.toThrow(/job id/);
  });

  test('a delay that is no time is refused', async () => {
    fresh();
    const { queues } = await open();
    for (const delayMs of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(queues.enqueue('verify', { operationId: 'x' }, { delayMs })).rejects.toThrow(/delay/);
    }
  });

  test('a payload that does not fit is refused at the door, and fails once behind it', async () => {
    fresh();
    const failed = new Collected<boolean>();
    const { queues } = await open({ onFailed: (_queue, _id, _error, final) => failed.add(final) });
    // @ts-expect-error a payload of another queue
    await expect(queues.enqueue('notify', { operationId: 'x' })).rejects.toThrow();
    let ran = 0;
    queues.worker('notify', async () => {
      ran += 1;
    });
    queues.run();
    const other = new Queue('notify', { connection: { url: redis.url }, prefix });
    await other.add('notify', { notifier: 'ops', notification: { id: 'n' }, password: 'x' }, { attempts: 5 });
    await other.close();
    expect(await failed.atLeast(1)).toEqual([true]);
    expect(ran).toBe(0);
    expect((await queues.counts()).find(({ queue }) => queue === 'notify')).toMatchObject({ failed: 1, delayed: 0 });
  });

  test('a notification that was put off is tried again when the error says', async () => {
    fresh();
    const failed = new Collected<boolean>();
    const { queues } = await open({ onFailed: (_queue, _id, _error, final) => failed.add(final) });
    const attempts = new Collected<number>();
    queues.worker('notify', async (_payload, { attempt }) => {
      attempts.add(attempt);
      if (attempt < 3) throw Object.assign(new Error('later'), { afterMs: 5 });
    });
    queues.run();
    await queues.enqueue('notify', { notifier: 'ops', notification: NOTIFICATION });
    expect(await attempts.atLeast(3)).toEqual([1, 2, 3]);
    expect(failed.items).toEqual([false, false]);
  });

  test('paid work that throws is not tried again', async () => {
    fresh();
    const failed = new Collected<boolean>();
    const { queues } = await open({ onFailed: (_queue, _id, _error, final) => failed.add(final) });
    queues.worker('act-paid', async () => {
      throw new Error('no');
    });
    queues.run();
    await queues.enqueue('act-paid', { operationId: 'x' });
    expect(await failed.atLeast(1)).toEqual([true]);
  });

  test('of every run it is told what became of it', async () => {
    fresh();
    const runs = new Collected<string>();
    const { queues } = await open({
      onRun: (queue, outcome, tookMs) => runs.add(`${queue} ${outcome} ${tookMs >= 0}`),
    });
    queues.worker('notify', async (_payload, { attempt }) => {
      if (attempt === 1) throw Object.assign(new Error('not yet'), { afterMs: 1 });
    });
    queues.worker('act-paid', async () => {
      throw new Error('no');
    });
    queues.run();
    await queues.enqueue('notify', { notifier: 'ops', notification: NOTIFICATION });
    expect(await runs.atLeast(2)).toEqual(['notify retried true', 'notify done true']);
    await queues.enqueue('act-paid', { operationId: 'x' });
    expect(await runs.atLeast(3)).toContain('act-paid failed true');
  });

  test('paid work that hangs does not hold up other paid work', async () => {
    fresh();
    const { queues } = await open();
    const other = Promise.withResolvers<void>();
    const done = new Collected<string>();
    queues.worker('act-paid', async ({ operationId }) => {
      if (operationId === 'hangs') await other.promise;
      else other.resolve();
      done.add(operationId);
    });
    queues.run();
    await queues.enqueue('act-paid', { operationId: 'hangs' });
    await queues.enqueue('act-paid', { operationId: 'other' });
    expect(await done.atLeast(2)).toEqual(['other', 'hangs']);
  });
});

describe('schedules', () => {
  const poll = (account: string, everyMs = 60_000): Schedule<'poll'> => ({
    id: `poll-${account}`,
    queue: 'poll',
    everyMs,
    offsetMs: 7_000,
    payload: { account },
  });

  test('are made once by whoever comes, changed when they change, removed when they are gone', async () => {
    fresh();
    const one = await open();
    const two = await open();
    expect(await one.queues.schedule([poll('a'), poll('b')])).toBe(2);
    expect(await two.queues.schedule([poll('a'), poll('b')])).toBe(0);
    expect(await one.queues.schedule([poll('a', 30_000)])).toBe(2);
    expect(await one.queues.repair()).toBe(0);
    expect(await schedulers()).toEqual([['poll-a', 30_000]]);
  });

  test('without an offset are as right when they are looked at again', async () => {
    fresh();
    const { queues } = await open();
    const rang = new Collected<string>();
    queues.worker('poll', async ({ account }) => {
      rang.add(account);
    });
    queues.run();
    expect(await queues.schedule([{ ...poll('a', 50), offsetMs: 0 }])).toBe(1);
    await rang.atLeast(3);
    expect(await queues.repair()).toBe(0);
  });

  test('made by many at once, each is there once', async () => {
    fresh();
    const replicas = await Promise.all(Array.from({ length: 4 }, () => open()));
    await Promise.all(replicas.map(({ queues }) => queues.schedule([poll('a'), poll('b')])));
    expect((await schedulers()).map(([id]) => id).sort()).toEqual(['poll-a', 'poll-b']);
    const [first] = replicas;
    const counts = await first?.queues.counts();
    const jobs = counts?.find(({ queue }) => queue === 'poll');
    expect((jobs?.delayed ?? 0) + (jobs?.waiting ?? 0)).toBe(2);
  });

  test('lost ones are made again', async () => {
    fresh();
    const { queues } = await open();
    await queues.schedule([poll('a'), poll('b')]);
    const other = new Queue('poll', { connection: { url: redis.url }, prefix });
    await other.removeJobScheduler('poll-a');
    expect(await queues.repair()).toBe(1);
    await other.close();
    expect((await schedulers()).map(([id]) => id).sort()).toEqual(['poll-a', 'poll-b']);
  });

  test('come again and again', async () => {
    fresh();
    const { queues } = await open();
    const rang = new Collected<string>();
    queues.worker('poll', async ({ account }) => {
      rang.add(account);
    });
    queues.run();
    await queues.schedule([{ ...poll('a', 100), offsetMs: 0 }]);
    await rang.atLeast(4);
  });

  async function schedulers(): Promise<readonly (readonly [string, number])[]> {
    const other = new Queue('poll', { connection: { url: redis.url }, prefix });
    const all = await other.getJobSchedulers(0, -1, true);
    await other.close();
    return all.map(({ key, every }) => [key, Number(every)] as const);
  }
});

describe('counting and closing', () => {
  test('the oldest waiting job has its age', async () => {
    fresh();
    const { queues } = await open();
    await queues.enqueue('verify', { operationId: 'a' });
    await queues.enqueue('verify', { operationId: 'b' }, { delayMs: 60_000 });
    const verify = (await queues.counts()).find(({ queue }) => queue === 'verify');
    expect(verify).toMatchObject({ waiting: 1, delayed: 1, active: 0, failed: 0 });
    expect(verify?.oldestMs).toBeGreaterThanOrEqual(0);
    expect((await queues.counts()).find(({ queue }) => queue === 'poll')?.oldestMs).toBeNull();
  });

  test('a delay is no waiting, also when it is over; but then nobody may leave the job where it lies', async () => {
    fresh();
    const { queues } = await open();
    const other = new Queue('verify', { connection: { url: redis.url }, prefix });
    const asked = { delay: 540_000, timestamp: Date.now() - 600_000 };
    const job = await other.add('verify', { operationId: 'a' }, asked);
    const oldestMs = async () => (await queues.counts()).find(({ queue }) => queue === 'verify')?.oldestMs ?? 0;
    // It is a worker that takes it out of what is delayed, and there is none.
    expect(Math.floor((await oldestMs()) / 60_000)).toBe(1);
    await job.promote();
    expect((await queues.counts()).find(({ queue }) => queue === 'verify')).toMatchObject({ waiting: 1, delayed: 0 });
    expect(Math.floor((await oldestMs()) / 60_000)).toBe(1);
    await other.close();
  });

  test('closing waits for what runs, and asks it to stop at half time', async () => {
    fresh();
    const { queues } = await open();
    const began = new Collected<string>();
    let stopped = '';
    queues.worker('observe', async ({ account }, _job, signal) => {
      began.add(account);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      stopped = account;
    });
    queues.run();
    await queues.enqueue('observe', { account: 'a' });
    await began.atLeast(1);
    expect(await queues.close(600)).toBe(true);
    expect(stopped).toBe('a');
  });
});

describe('without Redis', () => {
  test('adding fails fast, and closing ends within its limit', async () => {
    fresh();
    const mine = await startRedis();
    const { queues } = await openQueues(mine.url, { prefix });
    queues.worker('poll', async () => {});
    queues.run();
    await mine.kill();
    const began = performance.now();
    await expect(queues.enqueue('poll', { account: 'a' })).rejects.toThrow(QueueDown);
    expect(performance.now() - began).toBeLessThan(3_000);
    const closing = performance.now();
    expect(await queues.close(500)).toBe(false);
    expect(performance.now() - closing).toBeLessThan(1_500);
    await mine.stop();
  });

  test('starting says so', async () => {
    fresh();
    const mine = await startRedis();
    await mine.kill();
    await expect(openQueues(mine.url, { prefix }, 300)).rejects.toThrow(QueueDown);
    await mine.stop();
  });
});

test('pauses double up to a quarter of an hour, spread, and follow what is asked', () => {
  expect([1, 2, 3].map((made) => backOff(made, new Error('x'), 0.5))).toEqual([2_000, 4_000, 8_000]);
  expect(backOff(1, new Error('x'), 0)).toBe(1_500);
  expect(backOff(100, new Error('x'), 0.5)).toBe(900_000);
  expect(backOff(1, Object.assign(new Error('x'), { afterMs: 7 }), 0)).toBe(7);
  expect(backOff(1, Object.assign(new Error('x'), { afterMs: 1e9 }), 0)).toBe(900_000);
  expect(backOff(1, Object.assign(new Error('x'), { afterMs: null }), 0.5)).toBe(2_000);
});

const NOTIFICATION = {
  id: 'n-1',
  version: 1,
  event: 'balance.low',
  severity: 'critical',
  at: '2026-06-01T04:00:00Z',
  account: 'cy',
  provider: 'chenyu',
  instance: null,
  policy: 'low',
  action: 'notify',
  occurrence: 'o',
  reason: 'due',
  text: 'low',
  details: { fen: 1 },
} as const;

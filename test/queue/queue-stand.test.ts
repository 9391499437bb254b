import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { QUEUE_NAMES } from '../../src/queue/payloads.ts';
import { endedByMinute, reasonShown, STAND_MINUTES, subjectOf } from '../../src/queue/queue-stand.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { Collected, openQueues } from './support.ts';

const MINUTE = 60_000;

describe('how many ended by the minute', () => {
  /** As the library's script counts them: at the first job after a minute's end that minute is written down. */
  function counted(ends: readonly number[]) {
    const meta = { count: 0, prevTS: 0, prevCount: 0 };
    const data: number[] = [];
    for (const at of ends) {
      const count = meta.count;
      meta.count += 1;
      if (meta.prevTS === 0) {
        Object.assign(meta, { prevTS: at, prevCount: 0 });
        continue;
      }
      const steps = Math.min(Math.floor(at / MINUTE) - Math.floor(meta.prevTS / MINUTE), STAND_MINUTES);
      if (steps <= 0) continue;
      data.unshift(count - meta.prevCount);
      for (let i = 1; i < steps; i += 1) data.unshift(0);
      data.splice(STAND_MINUTES);
      Object.assign(meta, { prevCount: count, prevTS: at });
    }
    return { meta, data };
  }

  test('is what ended in each of the last sixty', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 20 * MINUTE }), { maxLength: 30 }),
        fc.integer({ min: 0, max: 90 * MINUTE }),
        (gaps, rest) => {
          let at = 1_000 * MINUTE;
          const ends = gaps.map((gap) => {
            at += gap;
            return at;
          });
          const now = at + rest;
          const shown = endedByMinute(counted(ends), now);
          const minutes = ends.map((end) => Math.floor(end / MINUTE));
          const last = Math.floor(now / MINUTE);
          expect(shown).toEqual(
            Array.from(
              { length: STAND_MINUTES },
              (_, i) => minutes.filter((minute) => minute === last - STAND_MINUTES + 1 + i).length,
            ),
          );
        },
      ),
    );
  });

  test('is nothing where nothing ended yet', () => {
    const none = { meta: { count: 0, prevTS: 0, prevCount: 0 }, data: [] };
    expect(endedByMinute(none, 5 * MINUTE)).toEqual(Array.from({ length: STAND_MINUTES }, () => 0));
  });
});

test('of a payload only names and ids are told', () => {
  expect(subjectOf({ account: 'hxy', cause: 'tick' })).toEqual({
    account: 'hxy',
    operations: [],
    notifier: null,
    event: null,
  });
  expect(subjectOf({ operationIds: ['a', 'b', 3] }).operations).toEqual(['a', 'b']);
  const told = subjectOf({
    notifier: 'ops',
    notification: { event: 'balance.low', account: 'cy', text: 'secret-1', details: { link: 'secret-2' } },
  });
  expect(told).toEqual({ account: 'cy', operations: [], notifier: 'ops', event: 'balance.low' });
  for (const odd of [null, undefined, 'text', 3, [], { account: 5, notification: 'x', operationIds: 'y' }]) {
    expect(subjectOf(odd)).toEqual({ account: null, operations: [], notifier: null, event: null });
  }
});

test('a reason is one line, and not a page', () => {
  expect(reasonShown(undefined)).toBe('');
  expect(reasonShown('null')).toBe('');
  expect(reasonShown('502\u202e answered\n at Object.<anonymous>')).toBe('502\ufffd answered');
  expect(reasonShown('x'.repeat(10_000))).toHaveLength(301);
});

describe('a real queue', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  test('tells its depth, what it got done, who is tried again and what failed, without payloads', async () => {
    const ended = new Collected<string>();
    const { queues } = await openQueues(redis.url, {
      prefix: 'stand',
      onFailed: (_queue, jobId) => ended.add(jobId),
    });
    try {
      queues.worker('verify', async ({ ...payload }) => {
        const id = 'operationId' in payload ? payload.operationId : '';
        if (id.startsWith('bad')) throw new Error(`the cloud answered 502 to ${id}`);
        ended.add(id);
      });
      queues.worker('notify', async () => {
        throw new Error('the receiver is away');
      });
      await queues.enqueue('poll', { account: 'waits' });
      for (let i = 0; i < 7; i += 1) await queues.enqueue('verify', { operationId: `op-${i}` });
      for (let i = 0; i < 6; i += 1) await queues.enqueue('verify', { operationId: `bad-${i}` }, { jobId: `bad-${i}` });
      await queues.enqueue('notify', { notifier: 'ops', notification: notification('my-secret') }, { jobId: 'n' });
      queues.run();
      await ended.atLeast(14);
      const stands = await queues.stands();
      expect(stands.map(({ queue }) => queue)).toEqual(QUEUE_NAMES);
      const verify = stands.find(({ queue }) => queue === 'verify');
      expect(verify).toMatchObject({ waiting: 0, failed: 6, retrying: 0, oldestMs: null });
      const sum = (numbers: readonly number[] = []) => numbers.reduce((all, each) => all + each, 0);
      expect([sum(verify?.completed), sum(verify?.gaveUp)]).toEqual([7, 6]);
      expect(verify?.failures).toHaveLength(5);
      const [latest] = verify?.failures ?? [];
      expect(latest?.reason).toBe(`the cloud answered 502 to ${latest?.jobId}`);
      expect(latest).toMatchObject({ attempts: 1, about: { operations: [latest?.jobId] } });
      expect(stands.find(({ queue }) => queue === 'notify')).toMatchObject({ delayed: 1, retrying: 1, failed: 0 });
      expect(stands.find(({ queue }) => queue === 'poll')).toMatchObject({ waiting: 1, oldestMs: expect.any(Number) });
      expect(JSON.stringify(stands)).not.toContain('my-secret');
    } finally {
      await queues.close(5_000);
    }
  });
});

function notification(text: string) {
  return {
    id: randomUUID(),
    version: 1,
    event: 'policy.notice',
    severity: 'info',
    at: '2026-11-22T00:00:00Z',
    account: null,
    provider: null,
    instance: null,
    policy: null,
    action: null,
    occurrence: null,
    reason: null,
    text,
    details: {},
  } as const;
}

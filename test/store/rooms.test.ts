import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { History } from '../../src/decide/world.ts';
import type { ProbeReading } from '../../src/fleet/activity.ts';
import { verbatim } from '../../src/fleet/detail/detail.ts';
import type { Notice } from '../../src/fleet/notice.ts';
import { Keys } from '../../src/store/keys.ts';
import type { Store } from '../../src/store/store.ts';
import type { StorePort } from '../../src/work/ports.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { armed, draft, NOON, renewal, to, walk } from './support/ledger.ts';
import { openStore } from './support/store.ts';

let redis: TestRedis;
let store: Store;
let other: Store;

beforeAll(async () => {
  redis = await startRedis();
  store = await openStore(redis.url);
  other = await openStore(redis.url);
});

afterAll(async () => {
  await store.close();
  await other.close();
  await redis.stop();
});

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

test('it is what the work room asks for', async () => {
  const port: StorePort = store;
  const history: History = await port.history('hxy', NOON);
  expect(history.open('hxy/nobody')).toBe('none');
});

describe('history', () => {
  test('follows a step through the life of its operation', async () => {
    const what = draft({ account: 'h1', instanceId: 'i', policy: 'p', occurrence: 'o', step: 1 });
    const state = async () => {
      const history = await other.history('h1', NOON);
      return [history.step('p', 'h1/i', 'o', 1), history.open('h1/i'), history.lastActedAt('p', 'h1/i')];
    };
    expect(await state()).toEqual(['none', 'none', null]);
    const operation = await armed(store.ledger, what);
    expect(await state()).toEqual(['open', 'any', NOON]);
    const sent = await walk(store.ledger, operation, 'sending', 'accepted');
    expect(await state()).toEqual(['open', 'any', NOON]);
    await walk(store.ledger, sent, 'confirmed');
    expect(await state()).toEqual(['done', 'none', NOON]);
    const history = await store.history('h1', NOON);
    expect(history.step('p', 'h1/i', 'o', 0)).toBe('none');
    expect(history.step('p', 'h1/i', 'another', 1)).toBe('none');
    expect(history.step('q', 'h1/i', 'o', 1)).toBe('none');
  });

  test('an occurrence of which nothing was sent is free again, with its hour and its cooldown', async () => {
    const what = draft({ account: 'h2', instanceId: 'i', policy: 'p', occurrence: 'o' });
    await walk(store.ledger, await armed(store.ledger, what), 'sending', 'armed', 'cancelled');
    const history = await store.history('h2', NOON);
    expect(history.step('p', 'h2/i', 'o', 0)).toBe('none');
    expect(history.lastActedAt('p', 'h2/i')).toBeNull();
    expect(history.actedAt('p', 'h2')).toEqual([]);
    expect(await store.interruptedAt('h2', 0)).toEqual([]);
  });

  test('a wish that was fulfilled already counts as done', async () => {
    const what = draft({ account: 'h3', instanceId: 'i', policy: 'p', occurrence: 'o' });
    const operation = await armed(store.ledger, what);
    await store.ledger.transition(operation.id, to(operation, 'superseded', { reason: 'already-so' }));
    expect((await store.history('h3', NOON)).step('p', 'h3/i', 'o', 0)).toBe('done');
  });

  test('a refusal may be tried again after an hour, three times a day', async () => {
    const refuse = async (attempt: number, now: number) => {
      const operation = await armed(
        store.ledger,
        draft({ account: 'h4', instanceId: 'i', policy: 'p', occurrence: 'o', attempt }),
        now,
      );
      const sent = await walk(store.ledger, operation, 'sending');
      await store.ledger.transition(sent.id, to(sent, 'rejected', { now }));
    };
    const step = async (now: number) => (await store.history('h4', now)).step('p', 'h4/i', 'o', 0);
    await refuse(1, NOON);
    expect([await step(NOON + HOUR - 1), await step(NOON + HOUR)]).toEqual(['failed', 'none']);
    await refuse(2, NOON + HOUR);
    await refuse(3, NOON + 2 * HOUR);
    expect([await step(NOON + 3 * HOUR), await step(NOON + DAY)]).toEqual(['failed', 'none']);
  });

  test('a person who closes an escalated operation ends it for good', async () => {
    const what = draft({ account: 'h5', instanceId: 'i', policy: 'p', occurrence: 'o' });
    const operation = await walk(store.ledger, await armed(store.ledger, what), 'escalated');
    expect((await store.history('h5', NOON)).step('p', 'h5/i', 'o', 0)).toBe('open');
    await walk(store.ledger, operation, 'cancelled');
    expect((await store.history('h5', NOON + 100 * DAY)).step('p', 'h5/i', 'o', 0)).toBe('failed');
  });

  test('remembers eight occurrences of a policy on a target', async () => {
    for (let i = 0; i < 9; i++) {
      const what = draft({ account: 'h6', instanceId: 'i', policy: 'p', occurrence: `o${i}` });
      await walk(store.ledger, await armed(store.ledger, what), 'sending', 'accepted', 'confirmed');
    }
    const history = await store.history('h6', NOON);
    expect(Array.from({ length: 9 }, (_, i) => history.step('p', 'h6/i', `o${i}`, 0))).toEqual([
      'none',
      ...Array.from({ length: 8 }, () => 'done'),
    ]);
  });

  test('tells when a policy acted within the hour, and what was interrupted by whomever', async () => {
    await armed(store.ledger, draft({ account: 'h7', policy: 'p' }), NOON);
    await armed(store.ledger, renewal({ account: 'h7', policy: 'p' }), NOON + 1_000);
    await armed(
      store.ledger,
      draft({ account: 'h7', policy: null, action: 'restart', call: { kind: 'restart' } }),
      NOON + 2_000,
    );
    const history = await store.history('h7', NOON + HOUR - 1);
    expect(history.actedAt('p', 'h7')).toEqual([NOON, NOON + 1_000]);
    expect((await store.history('h7', NOON + HOUR)).actedAt('p', 'h7')).toEqual([NOON + 1_000]);
    const brief = await store.history('h7', NOON, { hourly: false });
    expect(() => brief.actedAt('p', 'h7')).toThrow(/was not read/);
    expect(await store.interruptedAt('h7', NOON)).toEqual([NOON, NOON + 2_000]);
    expect(await store.interruptedAt('h7', NOON + 1)).toEqual([NOON + 2_000]);
  });

  test('knows the last renewal by when it was sent, and that an escalated one still blocks paid work', async () => {
    const first = await armed(store.ledger, renewal({ account: 'h8', instanceId: 'i' }));
    const sent = await store.ledger.transition(first.id, to(first, 'sending', { patch: { sendingAt: NOON + 7 } }));
    if (sent.kind !== 'moved') throw new Error(sent.kind);
    const escalated = await walk(store.ledger, sent.operation, 'uncertain', 'verifying', 'escalated');
    expect((await store.history('h8', NOON)).lastRenewedAt('h8/i')).toBeNull();
    expect((await store.history('h8', NOON)).open('h8/i')).toBe('paid');
    expect(await store.countUncertain('h8', NOON + HOUR)).toBe(1);
    expect(await store.countUncertain('h8', NOON + HOUR + 1)).toBe(0);
    await store.ledger.transition(escalated.id, to(escalated, 'confirmed', { now: NOON + DAY, reason: 'seen-late' }));
    expect((await store.history('h8', NOON)).lastRenewedAt('h8/i')).toBe(NOON + 7);
    expect((await store.history('h8', NOON)).open('h8/i')).toBe('none');
    expect(await store.countUncertain('h8', NOON + 1)).toBe(0);
  });

  test('a stop that may have left leaves its obligations, once', async () => {
    const owed = {
      policy: 'lights',
      instance: 'h9/i' as const,
      incarnation: 'i@1',
      dueAt: NOON + HOUR,
      lapsesAt: null,
    };
    const what = draft({
      account: 'h9',
      instanceId: 'i',
      action: 'cardless-stop',
      call: { kind: 'cardless-stop' },
      obligations: [owed],
    });
    const sending = await walk(store.ledger, await armed(store.ledger, what), 'sending');
    expect((await store.history('h9', NOON)).obligations('h9')).toEqual([]);
    const accepted = await walk(store.ledger, sending, 'accepted');
    expect((await store.history('h9', NOON)).obligations('h9')).toHaveLength(1);
    await walk(store.ledger, accepted, 'confirmed');
    const [obligation, ...more] = (await store.history('h9', NOON)).obligations('h9');
    expect(more).toEqual([]);
    expect(obligation).toEqual({ ...owed, stopMode: 'cardless', stoppedAt: NOON, attempts: 0, nextTryAt: owed.dueAt });
    if (obligation === undefined) throw new Error('nothing is owed');
    await store.postponeObligation(obligation, 1, NOON + 2 * HOUR);
    expect(await store.obligations.list('h9')).toEqual([{ ...obligation, attempts: 1, nextTryAt: NOON + 2 * HOUR }]);
    await store.dropObligation(obligation);
    await store.postponeObligation(obligation, 2, NOON + 3 * HOUR);
    expect(await store.obligations.list('h9')).toEqual([]);
  });

  test('a notification is claimed by one of many, and then it is done', async () => {
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 ? store : other).claim('low', 'h10', 'o', 0, NOON)),
    );
    expect(claims.filter(Boolean)).toHaveLength(1);
    const history = await store.history('h10', NOON);
    expect([history.step('low', 'h10', 'o', 0), history.lastActedAt('low', 'h10')]).toEqual(['done', NOON]);
    expect(history.actedAt('low', 'h10')).toEqual([NOON]);
    expect(await store.claim('low', 'h10/i', 'o', 0, NOON)).toBe(true);
    expect((await store.history('h10', NOON)).step('low', 'h10/i', 'o', 0)).toBe('done');
  });

  test('policies are known since they were first seen, until they are gone', async () => {
    await store.sawPolicies(['a', 'b'], NOON);
    await other.sawPolicies(['a', 'c'], NOON + 5);
    const history = await store.history('hxy', NOON);
    expect(['a', 'b', 'c'].map((name) => history.policySince(name))).toEqual([NOON, null, NOON + 5]);
  });

  test('a low balance is remembered until it recovered', async () => {
    await store.setLowBalance('low', 'h11', 'o1');
    expect((await other.history('h11', NOON)).lowBalance('low', 'h11')).toBe('o1');
    expect((await other.history('h11', NOON)).lowBalance('low', 'other')).toBeNull();
    await store.setLowBalance('low', 'h11', null);
    expect((await other.history('h11', NOON)).lowBalance('low', 'h11')).toBeNull();
  });
});

describe('notices', () => {
  const notice = (change: Partial<Notice> = {}): Notice => ({
    policy: 'p',
    instance: 'n1/i',
    occurrence: 'o',
    announcedAt: NOON,
    deadlineAt: NOON + 600_000,
    delivered: false,
    ...change,
  });

  test('are new once; the same again may only lengthen the deadline', async () => {
    const results = await Promise.all([store, other, store, other].map((one) => one.putNotice(notice())));
    expect(results.filter(Boolean)).toHaveLength(1);
    expect(await store.putNotice(notice({ deadlineAt: NOON + 1 }))).toBe(false);
    expect(await store.notices.list('n1')).toEqual([notice()]);
    expect(await store.putNotice(notice({ deadlineAt: NOON + 900_000 }))).toBe(false);
    await other.noticeDelivered(notice());
    await store.noticeDelivered(notice());
    const longer = notice({ deadlineAt: NOON + 900_000, delivered: true, deliveredAt: expect.any(Number) });
    expect(await store.notices.list('n1')).toEqual([longer]);
    const history = await store.history('n1', NOON);
    expect(history.notice('p', 'n1/i', 'o')).toEqual(longer);
    expect(history.notices('n1')).toEqual([longer]);
    await store.dropNotice(notice());
    await store.noticeDelivered(notice());
    expect(await store.notices.list('n1')).toEqual([]);
  });

  test('announced anew after the deadline has passed, it is a new one', async () => {
    const at = (announcedAt: number) => notice({ instance: 'n2/i', announcedAt, deadlineAt: announcedAt + 600_000 });
    expect(await store.putNotice(at(NOON))).toBe(true);
    expect(await store.putNotice(at(NOON + 600_000))).toBe(false);
    expect(await store.putNotice(at(NOON + 2_000_000))).toBe(true);
    expect(await store.notices.list('n2')).toEqual([at(NOON + 2_000_000)]);
  });
});

describe('people', () => {
  test('hold instances until a time, and let go', async () => {
    const hold = (id: string, until: number) => ({
      id,
      instance: 'p/i' as const,
      owner: 'wang',
      reason: 'demo',
      createdAt: NOON,
      until,
    });
    await store.holdBook.add(hold('a', NOON + HOUR));
    await store.holdBook.add(hold('b', NOON + 1));
    expect(await other.holds(NOON + 1)).toEqual([hold('a', NOON + HOUR)]);
    expect(await other.holdBook.remove('a')).toEqual(hold('a', NOON + HOUR));
    expect(await other.holdBook.remove('a')).toBeNull();
    expect(await store.holds(NOON)).toEqual([hold('b', NOON + 1)]);
    await store.trim([], NOON + 8 * DAY);
    expect(await store.holds(0)).toEqual([]);
  });

  test('pause and resume everything', async () => {
    expect(await store.paused()).toBe(false);
    await store.settings.pause({ at: NOON, by: 'wang', reason: 'storm' });
    await other.settings.pause({ at: NOON + 1, by: 'li', reason: 'also' });
    expect(await other.settings.paused()).toEqual({ at: NOON, by: 'wang', reason: 'storm' });
    expect(await store.settings.resume()).toBe(true);
    expect(await other.paused()).toBe(false);
  });
});

describe('the rest', () => {
  test('balances keep one sample a minute and every change, oldest first', async () => {
    const add = (seconds: number, fen: number) => store.addBalance('b', { at: NOON + seconds * 1_000, fen });
    await add(0, 100);
    await add(30, 100);
    await add(40, 90);
    await add(100, 90);
    await add(90, 95);
    expect(await other.balances('b')).toEqual([
      { at: NOON + 40_000, fen: 90 },
      { at: NOON + 100_000, fen: 90 },
    ]);
    expect(await other.balances('nobody')).toEqual([]);
  });

  test('breakers are open until then', async () => {
    await store.tripBreaker('c', 'paid', NOON + HOUR, '3 unclear');
    expect(await other.breaker('c', NOON)).toEqual({ all: false, paid: true });
    expect(await other.breakers.open('c', NOON)).toEqual({ all: null, paid: { until: NOON + HOUR, why: '3 unclear' } });
    expect(await other.breaker('c', NOON + HOUR)).toEqual({ all: false, paid: false });
  });

  test('spending of a day', async () => {
    const operation = await armed(store.ledger, renewal({ account: 's' }));
    const spend = { dayKey: '2026-06-01', costFen: 4_000, callsPerDay: 5, perDayFen: null };
    await store.ledger.transition(operation.id, to(operation, 'sending', { spend }));
    expect(await other.spentToday('s', '2026-06-01')).toEqual({ calls: 1, fen: 4_000 });
    expect(await other.spentToday('s', '2026-06-02')).toEqual({ calls: 0, fen: 0 });
  });

  test('readings: the latest of each probe, by instance', async () => {
    const reading = (probe: string, at: number): ProbeReading => ({
      probe,
      at,
      verdict: 'idle',
      reason: null,
      lastActiveAt: at - 5,
      judges: 'work',
      evidence: verbatim('0 kernels "busy"'),
    });
    await store.readings.save('r', 'i', reading('jupyter', NOON));
    await store.readings.save('r', 'i', reading('push', NOON + 1));
    await other.readings.save('r', 'i', reading('jupyter', NOON + 2));
    await other.readings.save('r', 'i', reading('jupyter', NOON + 1));
    // One that is far ahead is of a clock that was set back since.
    await store.readings.save('r', 'j', reading('jupyter', NOON + DAY));
    await other.readings.save('r', 'j', reading('jupyter', NOON));
    expect(await store.readings.loadOne('r', 'j')).toEqual([reading('jupyter', NOON)]);
    const sorted = (readings: readonly ProbeReading[]) => readings.toSorted((a, b) => a.probe.localeCompare(b.probe));
    const expected = [reading('jupyter', NOON + 2), reading('push', NOON + 1)];
    expect(sorted(await store.readings.loadOne('r', 'i'))).toEqual(expected);
    const all = await store.readings.load('r');
    expect([...all.keys()].sort()).toEqual(['i', 'j']);
    expect(sorted(all.get('i') ?? [])).toEqual(expected);
    await other.trim(['r'], NOON + 8 * DAY);
    expect(await store.readings.load('r')).toEqual(new Map());
  });

  test('readings: with their parts and a keep-alive, and without either', async () => {
    const plain: ProbeReading = {
      probe: 'ssh',
      at: NOON,
      verdict: 'active',
      reason: null,
      lastActiveAt: NOON,
      judges: 'work',
      evidence: verbatim('gpu 97 %'),
    };
    const full: ProbeReading = {
      ...plain,
      signals: [
        {
          signal: 'gpu',
          verdict: 'active',
          judges: 'work',
          value: 97.25,
          threshold: 5,
          unit: '%',
          onlyPositive: false,
          lastActiveAt: null,
          detail: { kind: 'cards-idle', cards: 8, peak: 3, reasons: [], heldGib: 0 },
        },
      ],
      keepAlive: { owner: 'wang', reason: 'training', endsAt: NOON + DAY },
    };
    await store.readings.save('parts', 'i', full);
    await store.readings.save('parts', 'j', { ...plain, signals: [] });
    // A second probe makes the script read and write the first one's JSON again.
    await store.readings.save('parts', 'i', { ...plain, probe: 'push' });
    const [ssh] = (await store.readings.loadOne('parts', 'i')).filter(({ probe }) => probe === 'ssh');
    expect(ssh).toEqual(full);
    expect(await store.readings.loadOne('parts', 'j')).toEqual([plain]);
    // As an older program has written it.
    const old = { ...plain, evidence: 'gpu 0 %' };
    const client = new Redis(redis.url);
    await client.hset(new Keys('test:').readings('parts'), 'k', JSON.stringify({ ssh: old }));
    await client.quit();
    expect(await store.readings.loadOne('parts', 'k')).toEqual([{ ...plain, evidence: verbatim('gpu 0 %') }]);
  });

  test('what was said once, health, the shrink guard and the last good policies', async () => {
    expect([await store.sayOnce('k', NOON), await other.sayOnce('k', NOON)]).toEqual([true, false]);
    expect([await store.unsay('k'), await store.unsay('k'), await other.sayOnce('k', NOON)]).toEqual([
      true,
      false,
      true,
    ]);
    expect(await store.health('x')).toEqual({ triedAt: null, okAt: null, failures: 0, detail: '' });
    const health = { triedAt: NOON, okAt: null, failures: 2, detail: 'refused' };
    await store.saveHealth('x', health);
    expect(await other.health('x')).toEqual(health);
    expect(await store.loadShrink('x')).toBeNull();
    await store.saveShrink('x', { baseline: 40 });
    expect(await other.loadShrink('x')).toEqual({ baseline: 40 });
    expect(await store.settings.loadPolicies()).toBeNull();
    const policies = { at: NOON, files: [{ name: 'a.yaml', text: 'policies: []' }] };
    await store.settings.savePolicies(policies);
    expect(await other.settings.loadPolicies()).toEqual(policies);
  });

  test('the audit tells decisions and transitions, newest first, filtered and by pages', async () => {
    const operation = await armed(store.ledger, draft({ account: 'au', instanceId: 'i', policy: 'p' }));
    await store.audit({
      at: NOON,
      kind: 'hold',
      account: 'au',
      instance: 'au/i',
      policy: null,
      reason: 'hold',
      text: 'held by wang',
      data: { until: 'later' },
    });
    const sent = await store.ledger.transition(
      operation.id,
      to(operation, 'sending', { detail: verbatim('now'), reason: 'sending', by: 'lamplighter' }),
    );
    expect(sent.kind).toBe('moved');
    const { items, next } = await other.auditLog.list({ instance: 'au/i', limit: 10 });
    expect(next).toBeNull();
    expect(items.map(({ kind, text, operation: id, reason }) => [kind, text, id, reason])).toEqual([
      ['transition', 'stop: armed → sending: now', operation.id, 'sending'],
      ['hold', 'held by wang', null, 'hold'],
      ['transition', 'stop: armed: idle for 1h', operation.id, 'due'],
    ]);
    const first = await other.auditLog.list({ account: 'au', limit: 2 });
    expect(first.items).toEqual(items.slice(0, 2));
    expect((await other.auditLog.list({ account: 'au', limit: 2, cursor: first.next })).items).toEqual(items.slice(2));
    expect(
      (await other.auditLog.list({ operation: operation.id, kinds: ['transition'], limit: 9 })).items,
    ).toHaveLength(2);
  });
});

test('what a daemon doubts is known to others, ends by itself, and is taken back by nobody else', async () => {
  expect(await other.doubts.standing()).toBeNull();
  await store.doubts.say('one', 'our clock jumped 1h ahead');
  expect(await other.doubts.standing()).toBe('our clock jumped 1h ahead');
  await other.doubts.unsay('on');
  await other.doubts.unsay('two');
  expect(await other.doubts.standing()).toBe('our clock jumped 1h ahead');
  const client = new Redis(redis.url);
  const left = await client.pttl('test:doubt');
  client.disconnect();
  expect(left).toBeGreaterThan(60_000);
  expect(left).toBeLessThanOrEqual(150_000);
  await store.doubts.unsay('one');
  expect(await other.doubts.standing()).toBeNull();
});

import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { NotifyBells } from '../../src/app/notify-bells.ts';
import { notifierTrouble } from '../../src/app/telling.ts';
import type { Notification, Severity } from '../../src/fleet/event.ts';
import type { Channel, Delivery, RateLimit } from '../../src/notify/channel.ts';
import { type DeliveryNews, Dispatcher } from '../../src/notify/dispatcher.ts';
import type { Message } from '../../src/notify/message.ts';
import { Notifier } from '../../src/notify/notifier.ts';
import { Webhook } from '../../src/notify/webhook.ts';
import type { Queues } from '../../src/queue/queue.ts';
import type { Store } from '../../src/store/store.ts';
import { HttpServer, json } from '../providers/support/http-server.ts';
import { Collected, openQueues } from '../queue/support.ts';
import { openStore } from '../store/support/store.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { parcel } from './kit.ts';

/*
 * The real outbox in a real Redis, the real queue, and receivers on loopback that answer as the vendors' robots do: with
 * 200 and the truth in the body.
 */

const ANSWER = z.object({ code: z.number(), muteMs: z.number().optional(), retryMs: z.number().optional() });
const SENT = z.object({ id: z.string(), mood: z.string(), title: z.string(), ids: z.array(z.string()) });
type Sent = z.infer<typeof SENT> & { readonly at: number };

/** A robot in the manner of the vendors'. */
class Robot implements Channel {
  readonly name: string;
  readonly kind = 'robot';
  readonly reader = 'person';
  readonly limits: readonly RateLimit[];
  readonly #url: string;

  constructor(name: string, url: string, limits: readonly RateLimit[]) {
    this.name = name;
    this.#url = url;
    this.limits = limits;
  }

  async send(message: Message, signal: AbortSignal): Promise<Delivery> {
    const { id, mood, title, notifications } = message;
    const body = JSON.stringify({ id, mood, title, ids: notifications.map((each) => each.id) });
    const response = await fetch(this.#url, { method: 'POST', body, signal });
    const { code, muteMs, retryMs = null } = ANSWER.parse(await response.json());
    if (muteMs !== undefined) return { kind: 'muted', detail: `code ${code}`, forMs: muteMs };
    if (code === 0) return { kind: 'delivered', answer: 'ok' };
    if (code === 1) return { kind: 'retry', detail: 'code 1', afterMs: retryMs };
    return { kind: 'failed', detail: `code ${code}`, hint: 'the keyword' };
  }
}

let redis: TestRedis;
let store: Store;
let receiver: HttpServer;
let count = 0;
const opened: Queues[] = [];

beforeAll(async () => {
  redis = await startRedis();
  store = await openStore(redis.url, { prefix: 'dispatch:' });
  receiver = await new HttpServer().start();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((queues) => queues.close(3_000)));
});
afterAll(async () => {
  await store.close();
  await receiver[Symbol.asyncDispose]();
  await redis.stop();
});

interface Bench {
  readonly name: string;
  readonly sent: Collected<Sent>;
  readonly news: Collected<{ readonly ids: readonly string[]; readonly news: DeliveryNews }>;
  readonly delivered: string[];
  readonly unreadable: string[];
  readonly notifiers: Map<string, Notifier>;
  /** Starts another daemon on the same outbox. */
  replica(options?: { readonly now?: () => number }): Promise<{ readonly queues: Queues; readonly bells: NotifyBells }>;
  put(id: string, of?: { group?: string; severity?: Severity; inMs?: number; notifier?: string }): Promise<void>;
}

/** What the receiver answers, one after the other; afterwards that all is well. */
type Answers = readonly z.infer<typeof ANSWER>[];

function bench(answers: Answers = [], limits: readonly RateLimit[] = []): Bench {
  count += 1;
  const name = `ops-${count}`;
  const sent = new Collected<Sent>();
  const left = [...answers];
  receiver.handler = (request, response) => {
    sent.add({ ...SENT.parse(JSON.parse(request.body)), at: performance.now() });
    json(response, left.shift() ?? { code: 0 });
  };
  const notifiers = new Map([[name, notifierFor(new Robot(name, `${receiver.origin}/${name}`, limits))]]);
  const news: Bench['news'] = new Collected();
  const delivered: string[] = [];
  const unreadable: string[] = [];
  return {
    unreadable,
    name,
    sent,
    news,
    delivered,
    notifiers,
    replica: async ({ now = Date.now } = {}) => {
      const { queues } = await openQueues(redis.url, { prefix: `dispatch-${count}` });
      opened.push(queues);
      const bells = new NotifyBells(queues);
      const dispatcher = new Dispatcher({
        outbox: store.outbox,
        notifiers: () => notifiers,
        now,
        quietFor: ({ quietUntil }) => {
          const until = quietUntil(Date.now());
          return until === null ? null : until - Date.now();
        },
        backOff: (tries, asked) => asked ?? 20 * tries,
        ring: (notifier, inMs) => bells.ring(notifier, inMs),
        onDelivered: async ({ id }) => {
          delivered.push(id);
        },
        onUnreadable: (_notifier, ids) => unreadable.push(...ids),
        onNews: (_notifier, notifications, each) => news.add({ ids: notifications.map(idOf), news: each }),
      });
      queues.worker('notify', ({ notifier }, _job, signal) => dispatcher.run(notifier, signal));
      queues.run();
      return { queues, bells };
    },
    put: async (id, { group = 'g', severity = 'warning', inMs = 0, notifier = name } = {}) => {
      const now = Date.now();
      const one = parcel({ id, group, severity });
      const notification = { ...one.notification, at: new Date(now).toISOString() };
      await store.outbox.put(
        notifier,
        { ...one, notification },
        {
          now,
          dueAt: now + inMs,
          openedAt: now,
          lookAt: now,
        },
      );
    },
  };
}

function notifierFor(channel: Channel): Notifier {
  const quietUntil = () => null;
  return new Notifier({ channel, routes: [], language: 'en', zone: 'UTC', quietUntil, repeatEveryMs: null });
}

const idOf = (notification: Notification) => notification.id;
const idsOf = (sent: readonly Sent[]) => sent.flatMap(({ ids }) => ids);

test('a burst that is more than the robot takes arrives whole, once, within its limits, and grouped', async () => {
  const limit = { max: 2, perMs: 300 };
  const at = bench([], [limit]);
  const { bells } = await at.replica();
  const ids = Array.from({ length: 60 }, (_, i) => `burst-${i}`);
  for (const [i, id] of ids.entries()) {
    await at.put(id, { group: `g${i % 3}`, severity: i % 20 === 0 ? 'critical' : 'warning', inMs: 200 });
    if (i % 10 === 0) await bells.ring(at.name, 0);
  }
  await bells.ring(at.name, 250);
  const sent = await at.sent.until((all) => idsOf(all).length >= ids.length);
  expect(idsOf(sent).toSorted()).toEqual(ids.toSorted());
  expect(sent.length).toBeLessThan(10);
  for (const { at: from } of sent) {
    // A little less than the limit's own time: what is counted is when they left, and here when they came.
    expect(sent.filter(({ at: each }) => each >= from && each < from + limit.perMs - 60).length).toBeLessThanOrEqual(3);
  }
  await at.news.until((all) => all.flatMap((each) => each.ids).length >= ids.length);
  expect(at.delivered.toSorted()).toEqual(ids.toSorted());
  expect(await store.outbox.states([at.name])).toMatchObject([{ waiting: 0, oldestAt: null, pause: null }]);
});

test('a muted robot is left alone for as long, what waited comes as one, and nobody else waits with it', async () => {
  const at = bench([{ code: 130_101, muteMs: 600 }]);
  const other: Sent[] = [];
  await using second = await new HttpServer().start();
  second.handler = (request, response) => {
    other.push({ ...SENT.parse(JSON.parse(request.body)), at: performance.now() });
    json(response, { code: 0 });
  };
  at.notifiers.set(`${at.name}-b`, notifierFor(new Robot(`${at.name}-b`, second.origin, [])));
  const { bells } = await at.replica();
  await at.put('m-1');
  await bells.ring(at.name, 0);
  await at.news.atLeast(1);
  expect(at.news.items[0]).toMatchObject({ ids: ['m-1'], news: { kind: 'muted' } });
  expect(await store.outbox.states([at.name])).toMatchObject([{ waiting: 1, pause: { why: 'muted' } }]);
  expect(await notifierTrouble(at.notifiers, store.outbox)).toMatch(
    new RegExp(`^${at.name} is muted by its receiver \\(code 130101\\) until 2.*; 1 waiting$`),
  );
  await at.put('m-2', { group: 'h' });
  await at.put('m-3', { group: 'i', severity: 'info' });
  await bells.ring(at.name, 0);
  await at.put('elsewhere', { notifier: `${at.name}-b` });
  await bells.ring(`${at.name}-b`, 0);
  await at.news.until((all) => all.some(({ ids }) => ids.includes('elsewhere')));
  expect(at.sent.items).toHaveLength(1);
  const sent = await at.sent.atLeast(2);
  expect(other).toHaveLength(1);
  expect((sent[1]?.at ?? 0) - (sent[0]?.at ?? 0)).toBeGreaterThan(550);
  expect(sent[1]).toMatchObject({ mood: 'digest', ids: ['m-1', 'm-2', 'm-3'] });
  await at.news.until((all) => all.filter(({ news }) => news.kind === 'delivered').length === 2);
  expect(await notifierTrouble(at.notifiers, store.outbox)).toBeNull();
  // Woken up, it is told as before.
  await at.put('m-4');
  await bells.ring(at.name, 0);
  expect((await at.sent.atLeast(3))[2]).toMatchObject({ mood: 'firing', ids: ['m-4'] });
});

test('a receiver that hangs holds up nobody else', async () => {
  const at = bench();
  await using stuck = await new HttpServer().start();
  const asked = Promise.withResolvers<void>();
  stuck.handler = () => asked.resolve();
  at.notifiers.set(`${at.name}-slow`, notifierFor(new Robot(`${at.name}-slow`, stuck.origin, [])));
  const { bells } = await at.replica();
  await at.put('hangs', { notifier: `${at.name}-slow` });
  await bells.ring(`${at.name}-slow`, 0);
  await asked.promise;
  await at.put('goes');
  await bells.ring(at.name, 0);
  expect(idsOf(await at.sent.atLeast(1))).toEqual(['goes']);
});

test('what a process was at when it was killed is taken over by another, under the same id', async () => {
  const at = bench();
  const never = Promise.withResolvers<Delivery>();
  const began = Promise.withResolvers<void>();
  const robot = at.notifiers.get(at.name);
  const hanging: Channel = {
    name: at.name,
    kind: 'robot',
    reader: 'person',
    limits: [],
    send: () => {
      began.resolve();
      return never.promise;
    },
  };
  at.notifiers.set(at.name, notifierFor(hanging));
  await at.put('k-1');
  await at.put('k-2');
  const first = await at.replica();
  await first.bells.ring(at.name, 0);
  await began.promise;
  // Its process is gone from here on: nothing it says is heard any more.
  expect(await first.queues.close(0)).toBe(false);
  if (robot !== undefined) at.notifiers.set(at.name, robot);
  const late = await at.replica({ now: () => Date.now() + 121_000 });
  await late.bells.ring(at.name, 1);
  const sent = await at.sent.atLeast(1);
  expect(idsOf(sent).toSorted()).toEqual(['k-1', 'k-2']);
  never.resolve({ kind: 'retry', detail: 'gone', afterMs: null });
});

test('of two daemons each takes what the other has not', async () => {
  const at = bench();
  const replicas = [await at.replica(), await at.replica()];
  const ids = Array.from({ length: 40 }, (_, i) => `r-${i}`);
  for (const [i, id] of ids.entries()) {
    await at.put(id, { group: `g${i}`, severity: 'critical' });
    await replicas[i % 2]?.bells.ring(at.name, 0);
    await replicas[(i + 1) % 2]?.bells.ring(at.name, 1);
  }
  const sent = await at.sent.until((all) => idsOf(all).length >= ids.length);
  await at.news.until((all) => all.flatMap((each) => each.ids).length >= ids.length);
  expect(idsOf(sent).toSorted()).toEqual(ids.toSorted());
});

test('what nobody can read any more holds up nothing', async () => {
  const at = bench();
  const { bells } = await at.replica();
  await at.put('u-1');
  await at.put('u-2');
  const client = new Redis(redis.url);
  await client.hset(`dispatch:outbox:${at.name}:items`, 'u-1', '7 {"of":"another version"}');
  await bells.ring(at.name, 0);
  expect(idsOf(await at.sent.atLeast(1))).toEqual(['u-2']);
  expect(at.unreadable).toEqual(['u-1']);
  await at.news.atLeast(1);
  expect(await store.outbox.states([at.name])).toMatchObject([{ waiting: 0 }]);
  // An open thread that is of another version is over with that, and nothing else with it.
  await store.outbox.put(at.name, parcel({ id: 'u-3', opens: 'account/a' }), {
    now: 1,
    dueAt: 1,
    openedAt: 1,
    lookAt: 1,
  });
  await store.outbox.put(at.name, parcel({ id: 'u-4', opens: 'account/b' }), {
    now: 1,
    dueAt: 1,
    openedAt: 1,
    lookAt: 1,
  });
  await client.hset(`dispatch:outbox:${at.name}:open`, 'account/a', '{}');
  expect(await store.outbox.knowing('account/a', [at.name])).toEqual(new Map([[at.name, '']]));
  expect(await store.outbox.dueThreads(at.name, 9, 9)).toMatchObject([{ thread: 'account/b' }]);
  expect(await store.outbox.knowing('account/a', [at.name])).toEqual(new Map());
  client.disconnect();
});

describe('a robot that says no', () => {
  test('for now, is asked again with the same message, and counts as told only then', async () => {
    const at = bench([{ code: 1 }, { code: 1, retryMs: 120 }]);
    const { bells } = await at.replica();
    await at.put('n-1');
    await bells.ring(at.name, 0);
    const sent = await at.sent.atLeast(3);
    expect(sent.map(({ id }) => id)).toEqual(['n-1', 'n-1', 'n-1']);
    expect((sent[2]?.at ?? 0) - (sent[1]?.at ?? 0)).toBeGreaterThan(100);
    await at.news.atLeast(3);
    expect(at.news.items.map(({ news }) => news.kind)).toEqual(['retried', 'retried', 'delivered']);
    expect(at.delivered).toEqual(['n-1']);
  });

  test('for good, is not asked again, and that is told with its hint', async () => {
    const at = bench([{ code: 19_024 }]);
    const { bells } = await at.replica();
    await at.put('f-1');
    await bells.ring(at.name, 0);
    await at.news.atLeast(1);
    expect(at.news.items[0]?.news).toEqual({ kind: 'failed', detail: 'code 19024', hint: 'the keyword' });
    expect(at.delivered).toEqual([]);
    expect(await store.outbox.states([at.name])).toMatchObject([{ waiting: 0 }]);
  });
});

describe('a program', () => {
  test('gets every notification by itself; one that it refuses for now holds up none', async () => {
    const at = bench();
    const bodies = new Collected<string>();
    let refused = false;
    receiver.handler = (request, response) => {
      const { id } = z.object({ id: z.string() }).parse(JSON.parse(request.body));
      const isRefused = id === 'p-0' && !refused;
      if (isRefused) refused = true;
      response.writeHead(isRefused ? 500 : 204).end();
      if (!isRefused) bodies.add(id);
    };
    const hook = new Webhook({
      name: at.name,
      url: () => receiver.origin,
      secret: () => null,
      now: () => Date.now(),
    });
    at.notifiers.set(at.name, notifierFor(hook));
    const { bells } = await at.replica();
    for (let i = 0; i < 20; i += 1) await at.put(`p-${i}`);
    await bells.ring(at.name, 0);
    const all = await bodies.atLeast(20);
    expect(all.toSorted()).toEqual(Array.from({ length: 20 }, (_, i) => `p-${i}`).toSorted());
    // It came with the first, and its next try after those.
    expect(all.indexOf('p-0')).toBeGreaterThan(14);
  });
});

test('what is only information waits for the end of the quiet hours and comes as one; the rest does not wait', async () => {
  const at = bench();
  const endsAt = Date.now() + 700;
  const quietUntil = (now: number) => (now < endsAt ? endsAt : null);
  const [robot] = [...at.notifiers.values()];
  if (robot === undefined) throw new Error('no robot');
  const { channel } = robot;
  at.notifiers.set(
    at.name,
    new Notifier({ channel, routes: [], language: 'en', zone: 'UTC', quietUntil, repeatEveryMs: null }),
  );
  const { bells } = await at.replica();
  for (const id of ['q-1', 'q-2', 'q-3']) await at.put(id, { severity: 'info', group: id });
  await at.put('q-loud');
  await bells.ring(at.name, 0);
  expect(await at.sent.atLeast(1)).toMatchObject([{ ids: ['q-loud'] }]);
  const sent = await at.sent.atLeast(2);
  expect(sent[1]).toMatchObject({ mood: 'digest', ids: ['q-1', 'q-2', 'q-3'] });
  expect(Date.now()).toBeGreaterThanOrEqual(endsAt);
});

describe('the outbox', () => {
  const times = (now: number) => ({ now, dueAt: now, openedAt: now, lookAt: now + 1_000 });

  test('takes the same notification once, also when it has been delivered', async () => {
    const one = parcel({ id: 'same' });
    expect(await store.outbox.put('box-1', one, times(1_000))).toBe('taken');
    expect(await store.outbox.put('box-1', one, times(2_000))).toBe('known');
    await store.outbox.drop('box-1', ['same']);
    expect(await store.outbox.put('box-1', one, times(3_000))).toBe('known');
    // A day later it is another.
    expect(await store.outbox.put('box-1', parcel({ id: 'later' }), times(1_000 + 2 * 86_400_000))).toBe('taken');
    expect(await store.outbox.put('box-1', one, times(1_000 + 2 * 86_400_000))).toBe('taken');
  });

  test('gives what waits to one sender alone, until that one is not believed any more', async () => {
    for (const id of ['l-1', 'l-2']) await store.outbox.put('box-4', parcel({ id }), times(1_000));
    expect(await store.outbox.lease('box-4', ['l-1', 'l-2'], 5_000)).toEqual(['l-1', 'l-2']);
    expect(await store.outbox.lease('box-4', ['l-1', 'l-2'], 9_000)).toEqual([]);
    expect(await store.outbox.load('box-4', 4_999, 10)).toMatchObject({ waiting: [], leasedUntil: 5_000 });
    expect(await store.outbox.load('box-4', 5_000, 10)).toMatchObject({ waiting: [{ seq: 1 }, { seq: 2 }] });
    expect(await store.outbox.lease('box-4', ['l-2'], 9_000)).toEqual(['l-2']);
    await store.outbox.putBack('box-4', ['l-2'], 7_000, true);
    expect((await store.outbox.load('box-4', 6_000, 10)).waiting).toMatchObject([
      { dueAt: 5_000, tries: 0 },
      { dueAt: 7_000, tries: 1 },
    ]);
    await store.outbox.drop('box-4', ['l-1', 'l-2']);
    await store.outbox.putBack('box-4', ['l-1'], 7_000, true);
    expect((await store.outbox.load('box-4', 8_000, 10)).waiting).toEqual([]);
  });

  test('knows who was told of what is open, until it is closed', async () => {
    const firing = parcel({ id: 'o-1', opens: 'account/hxy' });
    await store.outbox.put('box-2', firing, times(1_000));
    expect(await store.outbox.knowing('account/hxy', ['box-1', 'box-2'])).toEqual(new Map([['box-2', 'o-1']]));
    expect(await store.outbox.dueThreads('box-2', 1_500, 10)).toEqual([]);
    const [open] = await store.outbox.dueThreads('box-2', 2_000, 10);
    expect(open).toEqual({ thread: 'account/hxy', parcel: firing, since: 1_000, repeats: 0 });
    if (open !== undefined) await store.outbox.lookLater('box-2', open, 9_000, 1);
    expect(await store.outbox.dueThreads('box-2', 8_999, 10)).toEqual([]);
    expect(await store.outbox.dueThreads('box-2', 9_000, 10)).toMatchObject([{ repeats: 1 }]);
    await store.outbox.put('box-2', parcel({ id: 'o-2', closes: 'account/hxy' }), times(10_000));
    expect(await store.outbox.knowing('account/hxy', ['box-2'])).toEqual(new Map());
    if (open !== undefined) await store.outbox.lookLater('box-2', open, 11_000, 2);
    expect(await store.outbox.dueThreads('box-2', 99_000, 10)).toEqual([]);
  });

  test('forgets a notifier with all that is kept of it', async () => {
    await store.outbox.put('box-3', parcel({ id: 'g-1', opens: 'x/y' }), times(1_000));
    await store.outbox.pause('box-3', { until: 5_000, why: 'muted', detail: 'd' });
    expect(await store.outbox.names()).toContain('box-3');
    expect(await store.outbox.forget('box-3')).toBe(1);
    expect(await store.outbox.names()).not.toContain('box-3');
    expect(await store.outbox.load('box-3', 9_000, 10)).toEqual({
      waiting: [],
      count: 0,
      unreadable: [],
      leasedUntil: null,
      pause: null,
      fails: 0,
      digest: false,
    });
  });
});

import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Notification } from '../../src/fleet/event.ts';
import type { Message } from '../../src/notify/message.ts';
import { Webhook, type WebhookOptions } from '../../src/notify/webhook.ts';
import { HttpServer, html, json } from '../providers/support/http-server.ts';

const NOW = Date.UTC(2026, 10, 21, 4, 0, 7, 500);
const CANARY = 'canary-5f2b';

let receiver: HttpServer;
beforeEach(async () => {
  receiver = await new HttpServer().start();
});
afterEach(() => receiver[Symbol.asyncDispose]());

function webhook(options: Partial<WebhookOptions> = {}): Webhook {
  return new Webhook({
    name: 'hook',
    url: () => `${receiver.origin}/hook/${CANARY}?key=${CANARY}`,
    secret: () => null,
    now: () => NOW,
    timeoutMs: 2_000,
    ...options,
  });
}

const NOTIFICATION: Notification = {
  id: 'n-01',
  version: 1,
  event: 'operation.confirmed',
  severity: 'info',
  at: '2026-11-21T12:00:00+08:00',
  account: 'hxy-main',
  provider: 'huixingyun',
  instance: { id: 'gpu-105b6', name: '训练 "1"\n', status: 'stopped' },
  policy: 'lights-out',
  action: 'cardless-stop',
  occurrence: 'window 2026-11-20T23:00:00+08:00',
  reason: 'due',
  text: 'stopped 训练 1 ✓',
  details: { idleMinutes: 31, cardless: true, note: null },
};

const messageOf = (...notifications: readonly Notification[]): Message => ({
  id: 'm-01',
  severity: 'info',
  mood: 'info',
  language: 'en',
  title: '',
  lines: [],
  links: [],
  notifications,
});
const forever = (): AbortSignal => new AbortController().signal;
const send = (options: Partial<WebhookOptions> = {}) => webhook(options).send(messageOf(NOTIFICATION), forever());
const answers = (answer: (response: ServerResponse) => void): void => {
  receiver.handler = (_request, response) => answer(response);
};

describe('what is sent', () => {
  test('is one POST with exactly the public fields', async () => {
    expect(await send()).toEqual({ kind: 'delivered', answer: '200' });
    expect(receiver.requests).toHaveLength(1);
    const [request] = receiver.requests;
    expect(request).toMatchObject({ method: 'POST', url: `/hook/${CANARY}?key=${CANARY}` });
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'user-agent': 'lamplighter',
      'webhook-id': 'n-01',
    });
    expect(JSON.parse(request?.body ?? '')).toEqual(NOTIFICATION);
    const names = 'version id event severity at account provider instance policy action occurrence reason text details';
    expect(Object.keys(JSON.parse(request?.body ?? '')).toSorted()).toEqual(names.split(' ').toSorted());
  });

  test('leaves out what somebody hung onto the notification', async () => {
    const machine = { id: 'a', name: 'b', status: 'running' as const, password: CANARY };
    const hung = { ...NOTIFICATION, instance: machine, token: CANARY };
    await webhook().send(messageOf(hung), forever());
    expect(receiver.requests[0]?.body).not.toContain(CANARY);
  });

  test('an event of no instance says null', async () => {
    await webhook().send(messageOf({ ...NOTIFICATION, instance: null, policy: null }), forever());
    expect(JSON.parse(receiver.requests[0]?.body ?? '')).toMatchObject({ instance: null, policy: null });
  });
});

describe('several in one message', () => {
  const second = { ...NOTIFICATION, id: 'n-02' };

  test('are a request each', async () => {
    expect(await webhook().send(messageOf(NOTIFICATION, second), forever())).toMatchObject({ kind: 'delivered' });
    expect(receiver.requests.map(({ headers }) => headers['webhook-id'])).toEqual(['n-01', 'n-02']);
  });

  test('are not delivered while one of them is not', async () => {
    answers((response) => html(response, 503));
    expect(await webhook().send(messageOf(NOTIFICATION, second), forever())).toMatchObject({ kind: 'retry' });
    expect(receiver.requests).toHaveLength(1);
  });
});

describe('signing by Standard Webhooks', () => {
  const SIGNED = z.object({
    'webhook-id': z.string(),
    'webhook-timestamp': z.string(),
    'webhook-signature': z.string(),
  });

  /** Computed here anew, over the bytes that arrived. */
  function expected(key: Buffer): string {
    const [request] = receiver.requests;
    const { 'webhook-id': id, 'webhook-timestamp': timestamp } = SIGNED.parse(request?.headers);
    const content = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), Buffer.from(request?.body ?? '')]);
    return `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
  }

  test('a plain secret is the key as it stands', async () => {
    await send({ secret: () => 'ein-Geheimnis' });
    const headers = SIGNED.parse(receiver.requests[0]?.headers);
    expect(headers['webhook-timestamp']).toBe(String(Math.floor(NOW / 1000)));
    expect(headers['webhook-signature']).toBe(expected(Buffer.from('ein-Geheimnis')));
  });

  test('a whsec_ secret is base64', async () => {
    const key = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
    await send({ secret: () => 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' });
    expect(SIGNED.parse(receiver.requests[0]?.headers)['webhook-signature']).toBe(expected(key));
  });

  test('without a secret there is no signature', async () => {
    await send();
    expect(receiver.requests[0]?.headers).not.toHaveProperty('webhook-signature');
  });

  test('a repeat has the same id and a time of its own', async () => {
    let now = NOW;
    const hook = webhook({ secret: () => 's', now: () => now });
    answers((response) => html(response, 503));
    await hook.send(messageOf(NOTIFICATION), forever());
    now += 60_000;
    await hook.send(messageOf(NOTIFICATION), forever());
    const [first, second] = receiver.requests.map(({ headers }) => SIGNED.parse(headers));
    expect(second?.['webhook-id']).toBe(first?.['webhook-id']);
    expect(Number(second?.['webhook-timestamp'])).toBe(Number(first?.['webhook-timestamp']) + 60);
    expect(second?.['webhook-signature']).not.toBe(first?.['webhook-signature']);
    expect(receiver.requests[0]?.body).toBe(receiver.requests[1]?.body);
  });
});

describe('what becomes of it', () => {
  test.each([200, 201, 202, 204])('%i is delivered', async (status) => {
    answers((response) => response.writeHead(status).end());
    expect(await send()).toEqual({ kind: 'delivered', answer: String(status) });
  });

  test.each([400, 401, 403, 404, 410, 413, 422])('%i will not get better', async (status) => {
    answers((response) => html(response, status));
    expect(await send()).toEqual({ kind: 'failed', detail: `the receiver answered ${status}`, hint: null });
  });

  test.each([408, 425, 429, 500, 502, 503, 504])('%i may', async (status) => {
    answers((response) => html(response, status));
    expect(await send()).toEqual({ kind: 'retry', detail: `the receiver answered ${status}`, afterMs: null });
  });

  test.each([
    ['120', 120_000],
    ['0', 1_000],
    ['999999999', 3_600_000],
    [new Date(NOW + 90_000).toUTCString(), 89_500],
    [new Date(NOW - 90_000).toUTCString(), 1_000],
    ['soon', null],
    ['-5', null],
    ['', null],
  ])('Retry-After "%s" is %s ms', async (header, afterMs) => {
    answers((response) => json(response, {}, 429, { 'retry-after': header }));
    expect(await send()).toMatchObject({ kind: 'retry', afterMs });
  });

  test('a redirect is not followed: the next place was never configured', async () => {
    await using elsewhere = await new HttpServer().start();
    for (const status of [301, 302, 303, 307, 308]) {
      answers((response) => response.writeHead(status, { location: `${elsewhere.origin}/x` }).end());
      expect(await send()).toEqual({
        kind: 'failed',
        detail: `the receiver answered ${status}`,
        hint: null,
      });
    }
    expect(elsewhere.requests).toEqual([]);
  });

  test('silence ends with the time limit', async () => {
    receiver.handler = () => {};
    expect(await send({ timeoutMs: 50 })).toEqual({ kind: 'retry', detail: 'no answer within 0.05 s', afterMs: null });
  });

  test('an answer whose body never ends is an answer', async () => {
    answers((response) => {
      response.writeHead(200);
      response.write('ok');
    });
    expect(await send()).toEqual({ kind: 'delivered', answer: '200' });
  });

  test('nobody listens', async () => {
    const url = `${receiver.origin}/hook/${CANARY}`;
    await receiver[Symbol.asyncDispose]();
    expect(await send({ url: () => url })).toEqual({
      kind: 'retry',
      detail: 'not delivered: ECONNREFUSED',
      afterMs: null,
    });
    receiver = await new HttpServer().start();
  });

  test('whoever asked to stop gets the reason', async () => {
    const controller = new AbortController();
    receiver.handler = () => controller.abort(new Error('shutting down'));
    await expect(webhook().send(messageOf(NOTIFICATION), controller.signal)).rejects.toThrow('shutting down');
  });

  test('the address and the secret are in no outcome', async () => {
    const unreadable = (): never => {
      throw new Error(`cannot read ${CANARY}`);
    };
    const outcomes = await Promise.all([
      send({ url: () => `http://127.0.0.1:1/${CANARY}` }),
      send({ url: () => `http://${CANARY}.invalid/` }),
      send({ url: () => `nonsense ${CANARY}` }),
      send({ url: () => `http://user:${CANARY}@127.0.0.1/` }),
      send({ url: unreadable }),
      send({ secret: unreadable }),
    ]);
    for (const outcome of outcomes) {
      expect(outcome.kind).toBe('retry');
      expect(JSON.stringify(outcome)).not.toContain(CANARY);
    }
    expect(receiver.requests).toEqual([]);
  });
});

import { once } from 'node:events';
import { IncomingMessage, request, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { makeWeb } from '../../src/web/app.ts';
import { WebServer } from '../../src/web/server.ts';
import { type WrongTokenNews, WrongTokens } from '../../src/web/wrong-tokens.ts';
import { MemorySource } from './memory-source.ts';

const TOKEN = 'control-token-1';
const ERROR = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

let source: MemorySource;
let now: number;
let server: WebServer;
let port: number;
let told: WrongTokenNews[];
beforeEach(async () => {
  source = new MemorySource();
  now = 0;
  told = [];
  const web = makeWeb(
    source,
    () => TOKEN,
    () => {},
    () => now,
    (news) => told.push(news),
  );
  server = new WebServer(web, '0.0.0.0', 0);
  ({ port } = await server.start());
});
afterEach(() => server.stop());

interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Where from. */
  readonly from?: string;
}

/** Over the wire, with headers that fetch would not let anybody set. */
async function ask({ method = 'GET', path, headers = {}, body, from = '127.0.0.1' }: Asked) {
  const asking = request({ host: '127.0.0.1', port, method, path, headers, localAddress: from, agent: false });
  asking.end(body);
  const [answer]: unknown[] = await once(asking, 'response');
  if (!(answer instanceof IncomingMessage)) throw new Error('no answer');
  let text = '';
  for await (const piece of answer.setEncoding('utf8')) text += String(piece);
  return { status: answer.statusCode ?? 0, headers: answer.headers, text };
}

const BEARER = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
const pause = (headers: Readonly<Record<string, string>>, more: Partial<Asked> = {}) =>
  ask({ method: 'POST', path: '/api/v1/pause', headers, body: '{}', ...more });

describe('a page of somebody else under a name that stands for 127.0.0.1', () => {
  const EVIL = [
    'evil.example',
    'evil.example:8080',
    'EVIL.EXAMPLE.',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '127.0.0.1.nip.io:8080',
  ];
  test.each(EVIL)('%s reads nothing', async (host) => {
    for (const path of ['/', '/style.css', '/api/v1/instances', '/api/v1/operations/op-1', '/nothing']) {
      const { status, text } = await ask({ path, headers: { host } });
      expect([path, status]).toEqual([path, 421]);
      expect(ERROR.parse(JSON.parse(text)).error.code).toBe('misdirected');
    }
    expect(source.asked).toEqual([]);
  });

  test('changes nothing either, not even with the token', async () => {
    expect((await pause({ ...BEARER, host: 'evil.example' })).status).toBe(421);
    expect(source.asked).toEqual([]);
  });

  test.each(['/metrics', '/healthz', '/readyz'])('%s is answered under any name', async (path) => {
    expect((await ask({ path, headers: { host: 'lamplighter.monitoring.svc.cluster.local:8080' } })).status).toBe(200);
  });

  test.each([
    '127.0.0.1',
    '127.0.0.1:9999',
    'localhost',
    'LocalHost:8080',
    'localhost.',
    'lamplighter.localhost:80',
    '[::1]:8080',
    '[::1]',
    '10.1.2.3:8080',
    'lamplighter:8080',
  ])('%s is a name of this machine', async (host) => {
    expect((await ask({ path: '/api/v1/instances', headers: { host } })).status).toBe(200);
  });

  test('what does not come over loopback may know us by any name', async () => {
    const incoming = new IncomingMessage(new Socket());
    const headers = { host: 'lamplighter.example.org' };
    const web = makeWeb(source, null);
    const env = { incoming, outgoing: new ServerResponse(incoming) };
    expect((await web.request('/api/v1/instances', { headers }, env)).status).toBe(200);
  });
});

describe('a page in a browser on this machine', () => {
  test.each(['/api/v1/pause', '/api/v1/holds', '/-/reload', '/api/v1/instances', '/'])(
    'is granted no preflight for %s',
    async (path) => {
      const { status, headers } = await ask({
        method: 'OPTIONS',
        path,
        headers: {
          origin: 'https://evil.example',
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,content-type',
        },
      });
      expect(status).toBe(404);
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    },
  );

  test('may not read what it asks for', async () => {
    for (const origin of ['https://evil.example', 'null', `http://127.0.0.1:${port}`]) {
      const { headers } = await ask({ path: '/api/v1/instances', headers: { origin } });
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'same-origin',
        'content-security-policy': expect.stringContaining("default-src 'none'"),
        'x-frame-options': 'SAMEORIGIN',
      });
    }
  });

  test.each(['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain'])(
    'cannot act by a form of type %s',
    async (type) => {
      expect((await pause({ ...BEARER, 'content-type': type })).status).toBe(415);
      expect(source.asked).toEqual([]);
    },
  );
});

describe('whoever guesses the control token', () => {
  const guess = (i: number) => pause({ ...BEARER, authorization: `Bearer guess-number-${i}` });

  test('is refused for the rest of the minute, without a look at what he sends', async () => {
    for (let i = 0; i < 10; i += 1) expect((await guess(i)).status).toBe(401);
    now = 20_000;
    const refused = await pause(BEARER);
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('40');
    expect(source.asked).toEqual([]);
    now = 60_000;
    expect((await pause(BEARER)).status).toBe(200);
    expect((await guess(11)).status).toBe(401);
  });

  test('locks nobody out who asks from elsewhere, and nobody out of reading', async () => {
    for (let i = 0; i < 12; i += 1) await guess(i);
    expect((await guess(13)).status).toBe(429);
    expect((await pause(BEARER, { from: '127.0.0.2' })).status).toBe(200);
    expect((await ask({ path: '/api/v1/instances' })).status).toBe(200);
  });

  test('is not whoever sends no token, or the right one often', async () => {
    for (let i = 0; i < 12; i += 1) expect((await pause({ 'content-type': 'application/json' })).status).toBe(401);
    for (let i = 0; i < 12; i += 1) expect((await pause(BEARER)).status).toBe(200);
  });

  test('fills no memory from many addresses', () => {
    const wrong = new WrongTokens(() => now);
    for (let i = 0; i < 10; i += 1) wrong.note('first');
    expect(wrong.waitMs('first')).toBe(60_000);
    for (let i = 0; i < 1_000; i += 1) wrong.note(`address-${i}`);
    // Forgotten, so that there is room.
    expect(wrong.waitMs('first')).toBe(0);
    for (let i = 0; i < 9; i += 1) wrong.note('address-999');
    expect(wrong.waitMs('address-999')).toBe(60_000);
  });

  test('is told: at the first of a minute and when the door shuts, and never with the token', async () => {
    for (let i = 0; i < 12; i += 1) await guess(i);
    const news = (wrong: number, shut: boolean) => ({ address: '127.0.0.1', wrong, shut, untold: 0 });
    expect(told).toEqual([news(1, false), news(10, true)]);
    now += 60_000;
    await guess(13);
    expect(told).toHaveLength(3);
    expect(JSON.stringify(told)).not.toContain('guess');
  });

  test('fills no log from many addresses, and what was kept quiet is counted', () => {
    const news: WrongTokenNews[] = [];
    const wrong = new WrongTokens(
      () => now,
      (one) => news.push(one),
    );
    for (let i = 0; i < 500; i += 1) wrong.note(`address-${i}`);
    expect(news).toHaveLength(10);
    now += 60_000;
    wrong.note('address-0');
    expect(news.at(-1)).toEqual({ address: 'address-0', wrong: 1, shut: false, untold: 490 });
  });
});

import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { bodyOf, client, failureOf, forever, PING, SHORT, TOKEN } from './support/clients.ts';
import { type Handler, HttpServer, html, json } from './support/http-server.ts';
import { JumpClock } from './support/jump-clock.ts';

const options = () => ({ signal: forever() });

describe('a read', () => {
  test('carries the bare token, asks for nothing compressed, and returns what the decoder made', async () => {
    await using server = await new HttpServer((_, response) => json(response, { ok: 1 })).start();
    const http = client(server.origin);
    expect(await http.read(PING, bodyOf, options())).toEqual({ ok: 1 });
    const [request] = server.requests;
    expect(request).toMatchObject({ method: 'POST', url: '/ping', body: '{"n":1}' });
    expect(request?.headers).toMatchObject({
      authorization: TOKEN,
      'accept-encoding': 'identity',
      'content-type': 'application/json',
    });
    await http.close();
  });

  test('writes a query in order and no body where there is none', async () => {
    await using server = await new HttpServer((_, response) => json(response, {})).start();
    const http = client(server.origin, { authorization: (token) => `Bearer ${token}` });
    const get = { operation: 'list', method: 'GET', path: '/list', query: { page: '1', page_size: '100' } } as const;
    await http.read(get, bodyOf, options());
    expect(server.requests[0]).toMatchObject({ method: 'GET', url: '/list?page=1&page_size=100', body: '' });
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
    expect(server.requests[0]?.headers['content-type']).toBeUndefined();
    await http.close();
  });

  test('reads time and server time into the answer', async () => {
    await using server = await new HttpServer((_, response) =>
      json(response, {}, 200, { date: 'Sat, 21 Nov 2026 10:00:00 GMT' }),
    ).start();
    const clock = new JumpClock();
    const http = client(server.origin, { clock });
    const times = await http.read(
      PING,
      ({ serverTimeAt, startedAt }) => ({ kind: 'value', value: { serverTimeAt, startedAt } }),
      options(),
    );
    expect(times).toEqual({ serverTimeAt: Date.UTC(2026, 10, 21, 10), startedAt: clock.now() });
    await http.close();
  });

  test('is tried three times in all, with full jitter', async () => {
    await using server = await new HttpServer((_, response) => html(response, 502)).start();
    const clock = new JumpClock();
    const http = client(server.origin, { clock, random: () => 0.5, requestsPerSecond: 1_000_000 });
    const error = await failureOf(http.read(PING, bodyOf, options()));
    expect(error).toMatchObject({ kind: 'uncertain', account: 'hxy', operation: 'ping' });
    expect(error.message).toMatch(/^hxy: ping: HTTP 502, text\/html, \d+ bytes, sha256 [0-9a-f]{12}$/);
    expect(server.requests).toHaveLength(3);
    expect(clock.slept).toEqual([250, 500]);
    await http.close();
  });

  test('succeeds on a later attempt', async () => {
    await using server = await new HttpServer((_, response, count) =>
      count < 3 ? html(response, 503) : json(response, { ok: 1 }),
    ).start();
    const http = client(server.origin, { clock: new JumpClock() });
    expect(await http.read(PING, bodyOf, options())).toEqual({ ok: 1 });
    await http.close();
  });

  test('is tried once where that is asked', async () => {
    await using server = await new HttpServer((_, response) => html(response, 502)).start();
    const http = client(server.origin, { clock: new JumpClock() });
    await failureOf(http.read(PING, bodyOf, { ...options(), maxAttempts: 1 }));
    expect(server.requests).toHaveLength(1);
    await http.close();
  });

  const refusals: [string, Handler, string][] = [
    ['401', (_, response) => json(response, { message: 'no' }, 401), 'unauthorised'],
    ['403', (_, response) => html(response, 403), 'unauthorised'],
    ['400', (_, response) => json(response, {}, 400), 'rejected'],
    ['404', (_, response) => html(response, 404), 'rejected'],
    ['a web page with 200', (_, response) => html(response), 'protocol'],
    ['204', (_, response) => response.writeHead(204).end(), 'protocol'],
    ['broken JSON', (_, response) => response.end('{"items": ['), 'protocol'],
    [
      'a packed body that was not asked for',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
        response.end(gzipSync('{}'));
      },
      'protocol',
    ],
  ];
  test.each(refusals)('ends at once after %s', async (_, handler, kind) => {
    await using server = await new HttpServer(handler).start();
    const http = client(server.origin);
    expect((await failureOf(http.read(PING, bodyOf, options()))).kind).toBe(kind);
    expect(server.requests).toHaveLength(1);
    await http.close();
  });

  test('never follows a redirect, and hands the token to nobody else (N7)', async () => {
    await using elsewhere = await new HttpServer((_, response) => json(response, {})).start();
    await using server = await new HttpServer((_, response) =>
      response.writeHead(307, { location: `${elsewhere.origin}/ping` }).end(),
    ).start();
    const http = client(server.origin);
    expect((await failureOf(http.read(PING, bodyOf, options()))).kind).toBe('protocol');
    expect(elsewhere.requests).toHaveLength(0);
    await http.close();
  });

  test('keeps no cookies', async () => {
    await using server = await new HttpServer((_, response) =>
      json(response, {}, 200, { 'set-cookie': 'a=1' }),
    ).start();
    const http = client(server.origin);
    await http.read(PING, bodyOf, options());
    await http.read(PING, bodyOf, options());
    expect(server.requests.map((request) => request.headers.cookie)).toEqual([undefined, undefined]);
    await http.close();
  });

  test('waits as long as a short Retry-After says', async () => {
    await using server = await new HttpServer((_, response, count) =>
      count === 1 ? json(response, {}, 429, { 'retry-after': '3' }) : json(response, { ok: 1 }),
    ).start();
    const clock = new JumpClock();
    const http = client(server.origin, { clock, requestsPerSecond: 1_000_000 });
    expect(await http.read(PING, bodyOf, options())).toEqual({ ok: 1 });
    expect(clock.slept).toEqual([3000]);
    await http.close();
  });

  test('leaves the cloud alone for a long Retry-After, reads and sends alike', async () => {
    await using server = await new HttpServer((_, response, count) =>
      count === 1 ? json(response, {}, 429, { 'retry-after': '60' }) : json(response, { ok: 1 }),
    ).start();
    const clock = new JumpClock();
    const http = client(server.origin, { clock });
    expect(await failureOf(http.read(PING, bodyOf, options()))).toMatchObject({
      kind: 'throttled',
      retryAfterMs: 60_000,
    });
    clock.advance(20_000);
    expect(await failureOf(http.read(PING, bodyOf, options()))).toMatchObject({
      kind: 'throttled',
      retryAfterMs: 40_000,
    });
    const send = await http.send(PING, () => ({ kind: 'rejected', detail: '' }), {
      ...options(),
      gate: () => true,
      actionClass: 'paid',
    });
    expect(send.kind).toBe('not-sent');
    expect(server.requests).toHaveLength(1);
    clock.advance(40_000);
    expect(await http.read(PING, bodyOf, options())).toEqual({ ok: 1 });
    await http.close();
  });

  test('honours Retry-After of a 503 as well (N6)', async () => {
    await using server = await new HttpServer((_, response) =>
      json(response, {}, 503, { 'retry-after': '1000000000000' }),
    ).start();
    const clock = new JumpClock();
    const http = client(server.origin, { clock });
    const first = await failureOf(http.read(PING, bodyOf, options()));
    expect(first).toMatchObject({ kind: 'uncertain', retryAfterMs: 3_600_000 });
    expect((await failureOf(http.read(PING, bodyOf, options()))).kind).toBe('throttled');
    expect(server.requests).toHaveLength(1);
    await http.close();
  });

  test('ends at its deadline when the cloud hangs', async () => {
    await using server = await new HttpServer(() => {}).start();
    const http = client(server.origin, { limits: { ...SHORT, deadlineMs: 60 } });
    const error = await failureOf(http.read(PING, bodyOf, options()));
    expect(error.kind).toBe('uncertain');
    expect(error.message).toContain('no complete answer within 60 ms');
    await http.close();
  });

  test('ends at its deadline when the body only drips (N9)', async () => {
    await using server = await new HttpServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 10);
      response.on('close', () => clearInterval(timer));
    }).start();
    const http = client(server.origin, { limits: { ...SHORT, deadlineMs: 100 } });
    expect((await failureOf(http.read(PING, bodyOf, { ...options(), maxAttempts: 1 }))).kind).toBe('uncertain');
    await http.close();
  });

  test.each([
    ['announced', { 'content-length': '2000' }],
    ['not announced', {}],
  ])('stops reading a body that is too large, %s (N9)', async (_, headers) => {
    let written = 0;
    await using server = await new HttpServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', ...headers });
      const pour = (): void => {
        while (!response.destroyed && written < 2000 && response.write(' '.repeat(500))) written += 500;
      };
      pour();
    }).start();
    const http = client(server.origin, { limits: { ...SHORT, maxBytes: 1000 } });
    const error = await failureOf(http.read(PING, bodyOf, { ...options(), maxAttempts: 1 }));
    expect(error.message).toContain('larger than 1000 bytes');
    // A request may name a limit of its own.
    await using listing = await new HttpServer((_request, response) => json(response, ' '.repeat(5000))).start();
    const other = client(listing.origin, { limits: { ...SHORT, maxBytes: 1000 } });
    expect(await other.read({ ...PING, maxBytes: 10_000 }, bodyOf, options())).toHaveLength(5000);
    await other.close();
    await http.close();
  });

  test('is cancelled by its caller, also between attempts', async () => {
    await using server = await new HttpServer(() => controller.abort(new Error('enough'))).start();
    const controller = new AbortController();
    const http = client(server.origin);
    const error = await failureOf(http.read(PING, bodyOf, { signal: controller.signal }));
    expect(error).toMatchObject({ kind: 'uncertain', cause: { message: 'enough' } });
    expect(server.requests).toHaveLength(1);
    await http.close();
  });

  test('asks the reader of documented refusals first, whatever the status says', async () => {
    await using server = await new HttpServer((_, response) =>
      json(response, { code: 2, msg: `bad key ${TOKEN}` }, 400),
    ).start();
    const http = client(server.origin, {
      refusal: ({ body, quote }) =>
        typeof body === 'object' && body !== null && 'msg' in body
          ? { kind: 'unauthorised', detail: quote(body.msg) }
          : null,
    });
    const error = await failureOf(http.read(PING, bodyOf, options()));
    expect(error.kind).toBe('unauthorised');
    expect(error.message).toBe('hxy: ping: bad key ***');
    await http.close();
  });

  test('turns a decoder that throws into a protocol failure without its message', async () => {
    await using server = await new HttpServer((_, response) => json(response, { password: 'hunter2' })).start();
    const http = client(server.origin);
    const decode = (): never => {
      throw new TypeError('cannot read hunter2');
    };
    const error = await failureOf(http.read(PING, decode, options()));
    expect(error.kind).toBe('protocol');
    expect(error.message).toContain('TypeError');
    expect(error.message).not.toContain('hunter2');
    await http.close();
  });

  test('takes no call after close, and close cuts what hangs', async () => {
    await using server = await new HttpServer(() => closing.resolve()).start();
    const closing = Promise.withResolvers<void>();
    const http = client(server.origin, { limits: { ...SHORT, deadlineMs: 10_000, closeMs: 50 } });
    const hanging = failureOf(http.read(PING, bodyOf, options()));
    await closing.promise;
    await Promise.all([http.close(), http.close()]);
    expect((await hanging).message).toContain('the client was closed');
    expect(await failureOf(http.read(PING, bodyOf, options()))).toMatchObject({ kind: 'not-sent' });
    expect(server.requests).toHaveLength(1);
  });
});

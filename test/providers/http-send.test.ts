import { describe, expect, test } from 'vitest';
import type { ActionClass } from '../../src/fleet/action.ts';
import type { HttpClient } from '../../src/providers/http/http-client.ts';
import type { CallOutcome, CallOutcomeKind, SendGate } from '../../src/providers/port.ts';
import { ACCEPT, client, forever, open, PING, SHORT } from './support/clients.ts';
import { type Handler, HttpServer, html, json } from './support/http-server.ts';
import { TcpServer } from './support/tcp-server.ts';

function send(http: HttpClient, gate: SendGate = open, actionClass: ActionClass = 'paid'): Promise<CallOutcome> {
  return http.send(PING, ACCEPT, { signal: forever(), gate, actionClass });
}

describe('the send gate', () => {
  test('is asked when the connection stands and before the first byte', async () => {
    await using server = await new TcpServer().start();
    server.onData = (socket) =>
      socket.end('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}');
    const http = client(`http://127.0.0.1:${server.port}`);
    const asked: unknown[] = [];
    const outcome = await send(http, () => {
      asked.push(server.bytes);
      return true;
    });
    expect(outcome.kind).toBe('accepted');
    expect(asked).toEqual([0]);
    expect(server.connections).toBe(1);
    expect(server.bytes).toBeGreaterThan(0);
    await http.close();
  });

  test.each<[string, SendGate]>([
    ['says no', () => false],
    ['says no later', () => Promise.resolve(false)],
    [
      'throws',
      () => {
        throw new Error('the ledger is away');
      },
    ],
    ['rejects', () => Promise.reject(new Error('the ledger is away'))],
  ])('that %s lets no byte leave', async (_, gate) => {
    await using server = await new TcpServer().start();
    const http = client(`http://127.0.0.1:${server.port}`);
    expect((await send(http, gate)).kind).toBe('not-sent');
    await server.quiet();
    expect(server.connections).toBe(1);
    expect(server.bytes).toBe(0);
    await http.close();
  });

  test('that answers after the caller gave up lets no byte leave', async () => {
    await using server = await new TcpServer().start();
    const http = client(`http://127.0.0.1:${server.port}`);
    const controller = new AbortController();
    const answer = Promise.withResolvers<boolean>();
    const outcome = await http.send(PING, ACCEPT, {
      signal: controller.signal,
      gate: () => {
        controller.abort(new Error('enough'));
        return answer.promise;
      },
      actionClass: 'paid',
    });
    expect(outcome).toEqual({ kind: 'not-sent', detail: 'not sent: enough' });
    answer.resolve(true);
    await server.quiet();
    expect(server.bytes).toBe(0);
    await http.close();
  });

  test('that never answers ends with the deadline, not sent', async () => {
    await using server = await new TcpServer().start();
    const http = client(`http://127.0.0.1:${server.port}`, { limits: { ...SHORT, deadlineMs: 60 } });
    expect((await send(http, () => new Promise(() => {}))).kind).toBe('not-sent');
    await server.quiet();
    expect(server.bytes).toBe(0);
    await http.close();
  });

  test('is not asked when nobody listens', async () => {
    const server = await new TcpServer().start();
    const { port } = server;
    await server[Symbol.asyncDispose]();
    const http = client(`http://127.0.0.1:${port}`);
    let asked = 0;
    const outcome = await send(http, () => {
      asked += 1;
      return true;
    });
    expect(outcome.kind).toBe('not-sent');
    expect(outcome.detail).toContain('ECONNREFUSED');
    expect(asked).toBe(0);
    await http.close();
  });

  test('is not asked twice, and nothing is sent, when the server hangs up while it thinks', async () => {
    await using server = await new TcpServer().start();
    const http = client(`http://127.0.0.1:${server.port}`);
    let asked = 0;
    const outcome = await send(http, async () => {
      asked += 1;
      server.hangUp();
      await server.quiet();
      // A turn of the event loop, so that this end hears of it, too.
      await new Promise((resolve) => setImmediate(resolve));
      return true;
    });
    expect(['not-sent', 'uncertain']).toContain(outcome.kind);
    expect(asked).toBe(1);
    expect(server.connections).toBe(1);
    await http.close();
  });

  test('is not asked for a call that was cancelled before', async () => {
    await using server = await new TcpServer().start();
    const http = client(`http://127.0.0.1:${server.port}`);
    const outcome = await http.send(PING, ACCEPT, { signal: AbortSignal.abort(), gate: open, actionClass: 'paid' });
    expect(outcome.kind).toBe('not-sent');
    expect(server.connections).toBe(0);
    await http.close();
  });
});

describe('TLS', () => {
  test('that fails is not sent (N2), and offers HTTP/1.1 only (N7)', async () => {
    await using server = await new TcpServer().start();
    server.onData = (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    const http = client(`https://127.0.0.1:${server.port}`);
    expect((await send(http)).kind).toBe('not-sent');
    const hello = Buffer.concat(server.received).toString('latin1');
    expect(hello).toContain('http/1.1');
    expect(hello).not.toContain('\u0002h2');
    expect(hello).not.toContain('/ping');
    await http.close();
  });

  test('that never comes about is not sent', async () => {
    await using server = await new TcpServer().start();
    const http = client(`https://127.0.0.1:${server.port}`, { limits: { ...SHORT, connectTimeoutMs: 60 } });
    expect((await send(http)).kind).toBe('not-sent');
    await http.close();
  });
});

describe('what became of a send', () => {
  const hangUp: Handler = (_, response) => response.socket?.destroy();
  const statuses: [string, Handler, CallOutcomeKind, CallOutcomeKind][] = [
    ['a documented success', (_, response) => json(response, {}), 'accepted', 'accepted'],
    ['a connection that breaks off (N1)', hangUp, 'uncertain', 'uncertain'],
    ['silence', () => {}, 'uncertain', 'uncertain'],
    ['500', (_, response) => json(response, {}, 500), 'uncertain', 'uncertain'],
    ['502 with a web page', (_, response) => html(response, 502), 'uncertain', 'uncertain'],
    [
      '503 with Retry-After',
      (_, response) => json(response, {}, 503, { 'retry-after': '5' }),
      'uncertain',
      'uncertain',
    ],
    ['408', (_, response) => json(response, {}, 408), 'uncertain', 'uncertain'],
    ['307', (_, response) => response.writeHead(307, { location: '/elsewhere' }).end(), 'uncertain', 'uncertain'],
    ['200 with a web page (N4)', (_, response) => html(response), 'uncertain', 'uncertain'],
    ['200 with broken JSON (N4)', (_, response) => response.end('{"success":['), 'uncertain', 'uncertain'],
    ['204 (N4)', (_, response) => response.writeHead(204).end(), 'uncertain', 'uncertain'],
    ['a body that is too large', (_, response) => json(response, ' '.repeat(5000)), 'uncertain', 'uncertain'],
    ['401', (_, response) => json(response, {}, 401), 'uncertain', 'unauthorised'],
    ['403', (_, response) => json(response, {}, 403), 'uncertain', 'unauthorised'],
    ['429', (_, response) => json(response, {}, 429), 'uncertain', 'throttled'],
    ['400', (_, response) => json(response, {}, 400), 'uncertain', 'uncertain'],
    ['404', (_, response) => html(response, 404), 'uncertain', 'uncertain'],
  ];
  test.each(statuses)('after %s', async (_, handler, paid, reversible) => {
    await using server = await new HttpServer(handler).start();
    for (const [actionClass, kind] of [
      ['paid', paid],
      ['destructive', paid],
      ['reversible', reversible],
    ] as const) {
      const before = server.requests.length;
      // Each on a client of its own: a pause that one answer asks for must not hold up the next.
      const http = client(server.origin, { limits: { ...SHORT, maxBytes: 1000, deadlineMs: 250 } });
      expect((await send(http, open, actionClass)).kind).toBe(kind);
      expect(server.requests).toHaveLength(before + 1);
      await http.close();
    }
  });

  test('a documented refusal is believed also for paid calls', async () => {
    await using server = await new HttpServer((_, response) => json(response, { code: 2 }, 401)).start();
    const http = client(server.origin, { refusal: () => ({ kind: 'unauthorised', detail: 'not logged in' }) });
    expect(await send(http)).toEqual({ kind: 'unauthorised', detail: 'not logged in' });
    await http.close();
  });

  test('but not from behind a gateway error', async () => {
    await using server = await new HttpServer((_, response) => json(response, { code: 2 }, 502)).start();
    const http = client(server.origin, { refusal: () => ({ kind: 'unauthorised', detail: 'not logged in' }) });
    expect((await send(http)).kind).toBe('uncertain');
    await http.close();
  });

  test('a decoder that throws means uncertain, and its message stays inside', async () => {
    await using server = await new HttpServer((_, response) => json(response, { password: 'hunter2' })).start();
    const http = client(server.origin);
    const decode = (): never => {
      throw new Error('hunter2');
    };
    const outcome = await http.send(PING, decode, { signal: forever(), gate: open, actionClass: 'paid' });
    expect(outcome.kind).toBe('uncertain');
    expect(outcome.detail).not.toContain('hunter2');
    await http.close();
  });

  test('abort after dispatch is uncertain', async () => {
    const controller = new AbortController();
    await using server = await new HttpServer(() => controller.abort(new Error('shutting down'))).start();
    const http = client(server.origin);
    const outcome = await http.send(PING, ACCEPT, { signal: controller.signal, gate: open, actionClass: 'paid' });
    expect(outcome).toEqual({ kind: 'uncertain', detail: 'sent, no usable answer: shutting down' });
    expect(server.requests).toHaveLength(1);
    await http.close();
  });

  test.each<ActionClass>(['paid', 'destructive'])(
    'every %s send has a connection of its own and closes it',
    async (actionClass) => {
      await using server = await new HttpServer((_, response) => json(response, {})).start();
      const http = client(server.origin);
      await send(http, open, 'reversible');
      await send(http, open, actionClass);
      await send(http, open, actionClass);
      expect(server.requests.map((request) => request.headers.connection)).toEqual(['keep-alive', 'close', 'close']);
      await http.close();
    },
  );
});

describe('a kept connection', () => {
  const OK = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}';

  test('carries the next reversible send, whose gate is asked before its first byte', async () => {
    await using server = await new TcpServer().start();
    server.onData = (socket) => socket.write(OK);
    const http = client(`http://127.0.0.1:${server.port}`);
    expect((await send(http, open, 'reversible')).kind).toBe('accepted');
    const before = server.bytes;
    const asked: number[] = [];
    const outcome = await send(
      http,
      () => {
        asked.push(server.bytes);
        return true;
      },
      'reversible',
    );
    expect(outcome.kind).toBe('accepted');
    expect(asked).toEqual([before]);
    expect(server.connections).toBe(1);
    await http.close();
  });

  test('whose gate says no lets no byte leave', async () => {
    await using server = await new TcpServer().start();
    server.onData = (socket) => socket.write(OK);
    const http = client(`http://127.0.0.1:${server.port}`);
    await send(http, open, 'reversible');
    const before = server.bytes;
    expect(await send(http, () => false, 'reversible')).toMatchObject({ kind: 'not-sent' });
    await server.quiet();
    expect(server.bytes).toBe(before);
    await http.close();
  });

  test('that the cloud closed meanwhile is not used', async () => {
    await using server = await new TcpServer().start();
    server.onData = (socket) => socket.end(OK);
    const http = client(`http://127.0.0.1:${server.port}`);
    await send(http, open, 'reversible');
    await server.quiet();
    expect((await send(http, open, 'reversible')).kind).toBe('accepted');
    expect(server.connections).toBe(2);
    await http.close();
  });

  test('that breaks while its gate thinks sends nothing, anywhere', async () => {
    await using server = await new TcpServer().start();
    server.onData = (socket) => socket.write(OK);
    const http = client(`http://127.0.0.1:${server.port}`);
    await send(http, open, 'reversible');
    const before = server.bytes;
    const outcome = await send(
      http,
      async () => {
        server.hangUp();
        await server.quiet();
        // A turn of the event loop, so that this end hears of it, too.
        await new Promise((resolve) => setImmediate(resolve));
        return true;
      },
      'reversible',
    );
    expect(['not-sent', 'uncertain']).toContain(outcome.kind);
    expect(server.bytes).toBe(before);
    expect(server.connections).toBe(1);
    await http.close();
  });

  test('that breaks under a request leaves it uncertain, and the request is not sent again', async () => {
    await using server = await new TcpServer().start();
    let answered = 0;
    server.onData = (socket) => {
      answered += 1;
      if (answered === 1) socket.write(OK);
      else socket.destroy();
    };
    const http = client(`http://127.0.0.1:${server.port}`);
    await send(http, open, 'reversible');
    expect((await send(http, open, 'reversible')).kind).toBe('uncertain');
    expect(answered).toBe(2);
    expect(server.connections).toBe(1);
    await http.close();
  });
});

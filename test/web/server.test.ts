import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { makeWeb } from '../../src/web/app.ts';
import { WebServer } from '../../src/web/server.ts';
import { MemorySource } from './memory-source.ts';

const TOKEN = 'control-token-1';
const started: WebServer[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
  vi.restoreAllMocks();
});

function serverOf(source: MemorySource, host = '127.0.0.1', port = 0): WebServer {
  const server = new WebServer(
    makeWeb(source, () => TOKEN),
    host,
    port,
  );
  started.push(server);
  return server;
}

async function serve(source = new MemorySource()) {
  const server = serverOf(source);
  const { host, port } = await server.start();
  return { server, source, port, origin: `http://${host}:${port}` };
}

test('port 0 is a free port, and it is told', async () => {
  const { origin, port } = await serve();
  expect(port).toBeGreaterThan(0);
  expect((await fetch(`${origin}/healthz`)).status).toBe(200);
});

test('a port in use is one clear sentence', async () => {
  const { port } = await serve();
  const second = serverOf(new MemorySource(), '127.0.0.1', port);
  await expect(second.start()).rejects.toThrow(`cannot listen on 127.0.0.1:${port}: the port is in use`);
  await second.stop();
});

test('an address that is not ours is one too', async () => {
  await expect(serverOf(new MemorySource(), '192.0.2.1').start()).rejects.toThrow(
    'cannot listen on 192.0.2.1:0: EADDRNOTAVAIL',
  );
});

test('stops with connections open: idle ones, half a request, and an answer on its way', async () => {
  const { server, source, origin, port } = await serve();
  await (await fetch(`${origin}/healthz`)).text();
  const half = connect(port, '127.0.0.1');
  half.on('error', () => {});
  await once(half, 'connect');
  half.write('POST /api/v1/pause HTTP/1.1\r\nhost: x\r\ncontent-le');
  const endless = Promise.withResolvers<string>();
  source.scrape = async function* never() {
    yield 'lamplighter_paused 0\n';
    yield await endless.promise;
  };
  vi.spyOn(console, 'info').mockImplementation(() => {});
  vi.spyOn(console, 'error').mockImplementation(() => {});
  const scrape = await fetch(`${origin}/metrics`);
  const closed = once(half, 'close');
  await server.stop();
  await closed;
  await expect(scrape.text()).rejects.toThrow();
  await server.stop();
  await expect(fetch(`${origin}/healthz`)).rejects.toThrow();
  endless.resolve('');
});

test('stopping before starting is nothing', async () => {
  await serverOf(new MemorySource()).stop();
});

test('a scrape that fails in the middle is a failed scrape on the wire', async () => {
  const { source, origin } = await serve();
  const failed = vi.spyOn(console, 'error').mockImplementation(() => {});
  source.scrape = async function* breaking() {
    yield 'lamplighter_paused 0\n';
    yield 'lamplighter_paused 0\n'.repeat(10_000);
    throw new Error('redis://:password@10.0.0.1 is down');
  };
  const response = await fetch(`${origin}/metrics`);
  await expect(response.text()).rejects.toThrow();
  expect(JSON.stringify(failed.mock.calls)).not.toContain('password');
});

test('a body of a megabyte is refused over the wire, with its length told or not', async () => {
  const { source, origin } = await serve();
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  const told = await fetch(`${origin}/api/v1/pause`, { method: 'POST', headers, body: 'x'.repeat(1_000_000) });
  expect(told.status).toBe(413);
  const untold = await fetch(`${origin}/api/v1/pause`, {
    method: 'POST',
    headers,
    body: ReadableStream.from([new TextEncoder().encode('x'.repeat(20_000))]),
    duplex: 'half',
  });
  expect(untold.status).toBe(413);
  expect(source.asked).toEqual([]);
});

test('what is no HTTP is answered with 400', async () => {
  const { port } = await serve();
  const socket = connect(port, '127.0.0.1');
  const pieces: string[] = [];
  socket.on('data', (piece: Buffer) => pieces.push(piece.toString()));
  socket.write('\u0016\u0003\u0001 this is TLS, or worse\r\n\r\n');
  await once(socket, 'close');
  expect(pieces.join('')).toMatch(/^HTTP\/1\.1 400 /);
});

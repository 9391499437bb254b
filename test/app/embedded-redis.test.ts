import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { EmbeddedRedis } from '../../src/app/embedded-redis.ts';

let dir: string;
const opened: EmbeddedRedis[] = [];
const daemons: ChildProcess[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lamplighter-embedded-'));
});
afterEach(async () => {
  for (const daemon of daemons.splice(0)) {
    if (daemon.exitCode !== null || daemon.signalCode !== null) continue;
    daemon.kill('SIGKILL');
    await once(daemon, 'exit');
  }
  await Promise.all(opened.splice(0).map((redis) => redis.stop()));
  // Whatever a killed daemon left behind is ended by the next start.
  const last = new EmbeddedRedis({ dir });
  await last.start();
  await last.stop();
  await rm(dir, { recursive: true, force: true });
});

function embedded(programs?: readonly string[]): EmbeddedRedis {
  const redis = new EmbeddedRedis(programs === undefined ? { dir } : { dir, programs });
  opened.push(redis);
  return redis;
}

async function ask<T>(url: string, question: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  client.on('error', () => {});
  try {
    await client.connect();
    return await question(client);
  } finally {
    client.disconnect();
  }
}

const RECORD = z.object({ pid: z.number(), owner: z.number() });
const record = async () => RECORD.parse(JSON.parse(await readFile(join(dir, 'embedded.json'), 'utf8')));

/** "pid (name) state ppid pgrp session …" */
async function groupOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return Number(
    stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .at(2),
  );
}

/** A daemon of its own process group with an embedded Redis in `dir`. */
async function daemon(): Promise<{ child: ChildProcess; url: string; lines: Interface }> {
  const script = join(import.meta.dirname, 'support', 'daemon.ts');
  const child = spawn(process.execPath, [script, dir], { detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
  daemons.push(child);
  const lines = createInterface({ input: child.stdout });
  const [url] = z.tuple([z.string()]).parse(await once(lines, 'line'));
  return { child, url, lines };
}

test('keeps every write over a stop and a start', async () => {
  const redis = embedded();
  await redis.start();
  await ask(redis.url, (client) => client.set('lamp', 'lit'));
  const config = await ask(redis.url, (client) => client.config('GET', 'append*'));
  expect(config).toEqual(expect.arrayContaining(['appendonly', 'yes', 'appendfsync', 'always']));
  await redis.stop();
  await redis.stop();
  await expect(readFile(join(dir, 'embedded.json'))).rejects.toThrow('ENOENT');
  await redis.start();
  expect(await ask(redis.url, (client) => client.get('lamp'))).toBe('lit');
});

test('has no address before it runs', () => {
  expect(() => embedded().url).toThrow('the embedded Redis has not been started');
});

test('is out of reach of the Ctrl-C that ends the daemon', async () => {
  const { child, url, lines } = await daemon();
  const { pid, owner } = await record();
  expect(owner).toBe(child.pid);
  expect(await groupOf(pid)).toBe(pid);
  expect(await groupOf(owner)).not.toBe(pid);
  const heard = once(lines, 'line');
  process.kill(-owner, 'SIGINT');
  expect(await heard).toEqual(['interrupted']);
  expect(await ask(url, (client) => client.ping())).toBe('PONG');
});

test('what a killed daemon left behind is ended, and nothing is lost', async () => {
  const { child, url } = await daemon();
  await ask(url, (client) => client.set('lamp', 'lit'));
  const before = await record();
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await ask(url, (client) => client.ping())).toBe('PONG');
  const redis = embedded();
  await redis.start();
  expect((await record()).pid).not.toBe(before.pid);
  expect(await ask(redis.url, (client) => client.get('lamp'))).toBe('lit');
  await expect(ask(url, (client) => client.ping())).rejects.toThrow();
});

test('a daemon that lives keeps its Redis', async () => {
  const { child, url } = await daemon();
  await expect(embedded().start()).rejects.toThrow(
    `${dir} is in use by another lamplighter, process ${child.pid}; stop it or set another stateDir`,
  );
  expect(await ask(url, (client) => client.ping())).toBe('PONG');
});

test.each(['', '{', '{"pid":-1}', '[]', `{"pid":${process.pid},"owner":1}`])(
  'a record that is none of ours (%s) ends nobody',
  async (text) => {
    await writeFile(join(dir, 'embedded.json'), text);
    const redis = embedded();
    await redis.start();
    expect(await ask(redis.url, (client) => client.ping())).toBe('PONG');
  },
);

test('without the program it says what to install', async () => {
  await expect(embedded(['no-such-redis', 'no-such-valkey']).start()).rejects.toThrow(
    'no no-such-redis or no-such-valkey is on the PATH; install one (on Debian or Ubuntu: apt-get install redis-server) or set REDIS_URL',
  );
});

test('a program that may not be run is named with the reason', async () => {
  await expect(embedded([dir]).start()).rejects.toThrow(`${dir} cannot be started: EACCES`);
});

test('the second program is taken where the first is absent', async () => {
  const redis = embedded(['no-such-redis', 'redis-server']);
  await redis.start();
  expect(await ask(redis.url, (client) => client.ping())).toBe('PONG');
});

test('a Redis that does not come up is quoted, and leaves nothing running', async () => {
  await writeFile(join(dir, 'appendonlydir'), 'not a folder');
  await expect(embedded().start()).rejects.toThrow(/^redis-server ended \(1\): .*appendonlydir/);
  await rm(join(dir, 'appendonlydir'));
});

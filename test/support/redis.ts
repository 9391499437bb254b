import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { newFolder } from './folder.ts';

/** A real redis-server of a test file's own, with the durability that the ledger asks for. */
export interface TestRedis {
  readonly url: string;
  readonly port: number;
  readonly dir: string;
  /** kill -9: what is not on disk is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port with what is on disk. */
  start(): Promise<void>;
  /** Killed, away for so long, and back. */
  outage(ms: number): Promise<void>;
  /** Copies the files on disk aside, or puts such a copy back while it is down: a host that lost its last seconds. */
  saveFiles(to: string): Promise<void>;
  restoreFiles(from: string): Promise<void>;
  /** Ends it and removes its directory. */
  stop(): Promise<void>;
}

export interface TestRedisOptions {
  readonly appendfsync?: 'always' | 'everysec' | 'no';
  readonly appendonly?: 'yes' | 'no';
  readonly maxmemoryPolicy?: string;
  readonly extra?: readonly string[];
}

/**
 * Below the ports that the system gives out by itself (from 32768 on): a server that is away for a while would find its
 * own taken by a connection of somebody else, or by one that was trying to reach it.
 */
const PORTS = { from: 20_000, count: 12_000 } as const;

async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.from + Math.floor(Math.random() * PORTS.count);
    const server = createServer();
    try {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    } catch {
      continue;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}

/**
 * Kills the server (-9) when the pipe to us closes, which is also what happens when the test runner itself is killed:
 * nothing is left running in any case. The shell lets go of stdout, so that its end is the server's.
 */
const KEEPER = 'redis-server "$@" & pid=$!; exec >&-; read -r _; kill -9 $pid; wait $pid';

/** Starts one. A port taken by somebody else in between is tried again with another. */
export async function startRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  const dir = await newFolder('lamplighter-redis-');
  let port = await freePort();
  let child: ChildProcess | null = null;

  async function launch(): Promise<void> {
    const settings = [
      `--port ${port} --bind 127.0.0.1 --dir ${dir} --daemonize no`,
      `--appendonly ${options.appendonly ?? 'yes'} --appendfsync ${options.appendfsync ?? 'always'}`,
      `--maxmemory-policy ${options.maxmemoryPolicy ?? 'noeviction'}`,
    ].flatMap((line) => line.split(' '));
    const started = spawn('sh', ['-c', KEEPER, 'sh', ...settings, '--save', '', ...(options.extra ?? [])], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    child = started;
    let seen = '';
    await new Promise<void>((resolve, reject) => {
      started.stdout.on('data', (chunk: Buffer) => {
        seen += chunk.toString();
        if (seen.includes('Ready to accept connections')) resolve();
      });
      started.stdout.once('end', () => reject(new Error(`redis-server ended before it was ready:\n${seen}`)));
      started.once('error', reject);
    });
    started.stdout.removeAllListeners('data').resume();
  }

  async function kill(): Promise<void> {
    const running = child;
    child = null;
    if (running === null || running.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, 'exit');
    running.stdin?.end();
    await ended;
  }

  try {
    await launch();
  } catch {
    await kill();
    port = await freePort();
    await launch();
  }

  return {
    get url() {
      return `redis://127.0.0.1:${port}/0`;
    },
    get port() {
      return port;
    },
    dir,
    kill,
    start: launch,
    async outage(ms) {
      await kill();
      await wait(ms);
      await launch();
    },
    async saveFiles(to) {
      await cp(join(dir, 'appendonlydir'), to, { recursive: true });
    },
    async restoreFiles(from) {
      await rm(join(dir, 'appendonlydir'), { recursive: true, force: true });
      await cp(from, join(dir, 'appendonlydir'), { recursive: true });
    },
    async stop() {
      await kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

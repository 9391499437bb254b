import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

/** Loading a large AOF takes a while; an empty one is there in milliseconds. */
const START_LIMIT_MS = 30_000;
/** After this the child is killed: its AOF is written at every command, so nothing is lost. */
const STOP_LIMIT_MS = 5_000;
/** The last lines of its log are kept for the error message. */
const KEPT_LINES = 20;
/** A free port may be somebody else's by the time it is bound. */
const TRIES = 3;

/** The embedded Redis could not be had, in a sentence for a person. */
export class EmbeddedRedisFailed extends Error {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.name = 'EmbeddedRedisFailed';
  }
}

const RECORD = z.object({ pid: z.number().int().positive(), owner: z.number().int().positive() });

/**
 * A redis-server as our own child, with its append-only file under `dir`. It is in a process group of its own, so the
 * Ctrl-C that ends the daemon does not reach it, and it stops last, when everything is written.
 */
export class EmbeddedRedis {
  readonly #dir: string;
  readonly #programs: readonly string[];
  #child: ChildProcess | null = null;
  #url: string | null = null;

  constructor(options: { readonly dir: string; readonly programs?: readonly string[] }) {
    this.#dir = options.dir;
    this.#programs = options.programs ?? ['redis-server', 'valkey-server'];
  }

  /** redis:// address of the running child. @throws Error before `start`. */
  get url(): string {
    if (this.#url === null) throw new Error('the embedded Redis has not been started');
    return this.#url;
  }

  /**
   * Resolves when it takes connections. One that an earlier, killed daemon left behind on this folder is ended first.
   * @throws Error when no program is there, when another daemon that lives uses the folder, or when Redis does not come up
   */
  async start(): Promise<void> {
    await mkdir(this.#dir, { recursive: true });
    await this.#endLeftover();
    for (let left = TRIES - 1; ; left -= 1) {
      const port = await freePort();
      const child = await this.#spawn(port);
      this.#child = child;
      try {
        // Both at once: a daemon that is killed before its child is ready still leaves word of it.
        const record = JSON.stringify({ pid: child.pid, owner: process.pid });
        await Promise.all([ready(child), writeFile(this.#recordFile, record)]);
        this.#url = `redis://127.0.0.1:${port}/0`;
        return;
      } catch (error) {
        const gone = child.exitCode !== null || child.signalCode !== null ? null : once(child, 'exit');
        child.kill('SIGKILL');
        await gone;
        this.#child = null;
        if (left === 0 || !isPortTaken(error)) throw error;
      }
    }
  }

  /** Lets it save and exit; kills it when that takes too long. May be called twice. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await gone;
    clearTimeout(timer);
    await rm(this.#recordFile, { force: true });
  }

  get #recordFile(): string {
    return join(this.#dir, 'embedded.json');
  }

  async #spawn(port: number): Promise<ChildProcess> {
    const settings = {
      port: String(port),
      bind: '127.0.0.1',
      dir: this.#dir,
      appendonly: 'yes',
      appendfsync: 'always',
      save: '',
      'maxmemory-policy': 'noeviction',
      daemonize: 'no',
      'proc-title-template': '{title} lamplighter {listen-addr}',
    };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    for (const program of this.#programs) {
      const child = spawn(program, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
      const { promise, resolve } = Promise.withResolvers<NodeJS.ErrnoException | null>();
      child.once('spawn', () => resolve(null));
      child.once('error', resolve);
      const error = await promise;
      if (error === null) return child;
      if (error.code !== 'ENOENT')
        throw new EmbeddedRedisFailed(`${program} cannot be started: ${error.code}`, { cause: error });
    }
    throw new EmbeddedRedisFailed(
      `no ${this.#programs.join(' or ')} is on the PATH; install one (on Debian or Ubuntu: apt-get install redis-server) or set REDIS_URL`,
    );
  }

  /** Two servers on one append-only file would spoil it, so one that lives on is ended, if it really is ours. */
  async #endLeftover(): Promise<void> {
    const text = await readFile(this.#recordFile, 'utf8').catch(() => null);
    if (text === null) return;
    const record = RECORD.safeParse(parse(text));
    if (record.success && (await isOurs(record.data.pid, this.#dir))) {
      const { pid, owner } = record.data;
      // A child whose parent has died is given to another, so this parent lives.
      if ((await parentOf(pid)) === owner) {
        throw new EmbeddedRedisFailed(
          `${this.#dir} is in use by another lamplighter, process ${owner}; stop it or set another stateDir`,
        );
      }
      signal(pid, 'SIGTERM');
      if (!(await this.#isGone(pid))) {
        signal(pid, 'SIGKILL');
        if (!(await this.#isGone(pid)))
          throw new EmbeddedRedisFailed(`an earlier redis-server, process ${pid}, cannot be ended`);
      }
    }
    await rm(this.#recordFile, { force: true });
  }

  /** Waits for a process that is not our child, which nobody tells us about: so it is looked at. */
  async #isGone(pid: number): Promise<boolean> {
    const end = performance.now() + STOP_LIMIT_MS;
    while (await isOurs(pid, this.#dir)) {
      if (performance.now() > end) return false;
      await delay(50);
    }
    return true;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Is the process a Redis of ours? Its title and its working folder say so; process ids are used again. */
async function isOurs(pid: number, dir: string): Promise<boolean> {
  const title = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (!/(redis|valkey)-server/.test(title) || !title.includes('lamplighter')) return false;
  const [cwd, wanted] = await Promise.all([realpath(`/proc/${pid}/cwd`).catch(() => ''), realpath(dir)]);
  return cwd === wanted;
}

/** Who the kernel says is the parent; `null` where it does not say. */
async function parentOf(pid: number): Promise<number | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // "pid (name) state ppid …": the name may hold anything, so the count begins behind its last bracket.
  const parent = /^ \S (\d+) /.exec(stat.slice(stat.lastIndexOf(')') + 1))?.[1];
  return parent === undefined ? null : Number(parent);
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It went by itself in the meantime.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && error.message.includes('Address already in use');
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new EmbeddedRedisFailed('no free port could be found');
  return address.port;
}

async function ready(child: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const lines: string[] = [];
  const timer = setTimeout(
    () =>
      reject(
        new EmbeddedRedisFailed(`redis-server was not ready within ${START_LIMIT_MS / 1000} s: ${lines.join(' | ')}`),
      ),
    START_LIMIT_MS,
  );
  child.once('exit', (code, signal) =>
    reject(new EmbeddedRedisFailed(`redis-server ended (${signal ?? code}): ${lines.join(' | ')}`)),
  );
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
      if (line.includes('Ready to accept connections')) resolve();
    });
  }
  child.stderr?.resume();
  try {
    await promise;
  } finally {
    clearTimeout(timer);
  }
}

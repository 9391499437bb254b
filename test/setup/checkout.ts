import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** What the tests' program prints about how it was started, then what signals it got, and ends at a SIGTERM or a SIGINT. */
const PROGRAM = `
const stay: boolean = process.argv[2] === 'stay';
console.log(JSON.stringify({ args: process.argv.slice(2), cwd: process.cwd(), path: process.env.PATH, pid: process.pid }));
if (stay) {
  const timer = setInterval(() => {}, 1_000);
  let asked = 0;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      asked += 1;
      if (asked > 1) return;
      console.log('heard');
      clearInterval(timer);
      // A little later, so that a second copy of the signal would be counted.
      setTimeout(() => { console.log('asked ' + asked + ' ' + signal); process.exitCode = 7; }, 500);
    });
  }
  console.log('ready');
} else if (process.argv[2] === 'fail') process.exitCode = 5;
`;

/** Stands in for npm: notes that it ran and with what, waits for a gate file where one is named, and installs "everything". */
const NPM = `
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
if (process.argv[2] === '--version') process.exit(0);
const { FAKE_NPM_LOG: log, FAKE_NPM_GATE: gate, FAKE_NPM_FAILS: fails } = process.env;
appendFileSync(log, JSON.stringify({ args: process.argv.slice(2), cwd: process.cwd(), env: process.env }) + '\\n');
if (fails) { console.error('the registry is having a bad day'); process.exit(1); }
while (gate && !existsSync(gate)) await new Promise((resolve) => setTimeout(resolve, 20));
mkdirSync('node_modules', { recursive: true });
writeFileSync('node_modules/.package-lock.json', '{}');
`;

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A copy of the set-up alone, in a folder whose name is as awkward as people's are, with stand-ins for npm and for the program. */
export class Checkout {
  readonly root: string;
  readonly bin: string;
  readonly #top: string;

  private constructor(top: string) {
    this.#top = top;
    this.root = join(top, 'a clone of 点灯人', "o'clock");
    this.bin = join(top, 'bin');
  }

  /** @param installed whether the packages are there and stamped */
  static async make({ installed }: { installed: boolean }): Promise<Checkout> {
    const top = await mkdtemp(join(tmpdir(), 'lamplighter-setup-'));
    await chmod(top, 0o755);
    const made = new Checkout(top);
    await mkdir(join(made.root, 'src', 'cli'), { recursive: true });
    await mkdir(join(made.root, 'bin'), { recursive: true });
    await mkdir(made.bin);
    await cp(join(ROOT, 'scripts'), join(made.root, 'scripts'), { recursive: true });
    await cp(join(ROOT, 'bin', 'lamplighter'), join(made.root, 'bin', 'lamplighter'));
    await writeFile(join(made.root, 'package.json'), '{"type":"module"}');
    await writeFile(join(made.root, 'package-lock.json'), '{}');
    await writeFile(join(made.root, 'src', 'cli', 'main.ts'), PROGRAM);
    await writeFile(join(made.bin, 'npm-cli.js'), NPM);
    await writeFile(join(made.bin, 'package.json'), '{"type":"module"}');
    for (const tool of ['/bin/sh', '/bin/mkdir', '/usr/bin/dirname', '/usr/bin/readlink']) {
      await symlink(tool, join(made.bin, tool.slice(tool.lastIndexOf('/') + 1)));
    }
    await symlink(process.execPath, join(made.bin, 'node'));
    if (installed) await made.install();
    return made;
  }

  async install(): Promise<void> {
    const lock = await readFile(join(this.root, 'package-lock.json'));
    await mkdir(join(this.root, 'node_modules'), { recursive: true });
    await mkdir(join(this.root, '.toolchain'), { recursive: true });
    await writeFile(join(this.root, 'node_modules', '.package-lock.json'), '{}');
    const hash = createHash('sha256').update(lock).digest('hex');
    await writeFile(join(this.root, '.toolchain', 'packages.stamp'), `${process.platform}-${process.arch} ${hash}\n`);
  }

  /** A program on PATH that says that it was called, which most of them must not be, and then runs a line of shell. */
  async addTool(name: string, line = ':'): Promise<void> {
    const file = join(this.bin, name);
    await writeFile(file, `#!/bin/sh\necho "$0 $*" >>'${this.bin}/called'\n${line}\n`);
    await chmod(file, 0o755);
  }

  /** What npm's stand-in was called with, call by call. */
  async npmCalls(): Promise<readonly { args: string[]; cwd: string; env: Record<string, string> }[]> {
    const text = await readFile(this.npmLog, 'utf8').catch(() => '');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }

  get npmLog(): string {
    return join(this.bin, 'npm.log');
  }

  /** Starts the bootstrap with nothing of this process' environment. */
  start(
    args: readonly string[],
    options: { env?: Record<string, string>; cwd?: string; nobody?: boolean } = {},
  ): Running {
    const bootstrap = join(this.root, 'scripts', 'bootstrap.mjs');
    return this.startProgram(process.execPath, [bootstrap, ...args], options);
  }

  startProgram(
    file: string,
    args: readonly string[],
    {
      env = {},
      cwd = this.#top,
      nobody = false,
    }: { env?: Record<string, string>; cwd?: string; nobody?: boolean } = {},
  ): Running {
    const child = spawn(file, args, {
      cwd,
      env: {
        PATH: this.bin,
        HOME: this.bin,
        npm_execpath: join(this.bin, 'npm-cli.js'),
        npm_config_globalconfig: '/dev/null',
        FAKE_NPM_LOG: this.npmLog,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Nobody's number on Debian; only root can become somebody else, and whoever is not root is not root already.
      ...(nobody && process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}),
    });
    return new Running(child);
  }

  async remove(): Promise<void> {
    await rm(this.#top, { recursive: true, force: true });
  }
}

/** A started process whose output can be waited for. */
export class Running {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #out = '';
  #err = '';
  readonly #watchers = new Set<() => void>();

  constructor(child: ChildProcess) {
    this.#child = child;
    this.pid = child.pid ?? 0;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#heard(() => (this.#out += text)));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#heard(() => (this.#err += text)));
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, out: this.#out, err: this.#err }));
    });
  }

  #heard(note: () => void): void {
    note();
    for (const watcher of this.#watchers) watcher();
  }

  /** Resolves once the text has appeared on either stream. */
  async says(text: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => {
      if (this.#out.includes(text) || this.#err.includes(text)) resolve();
    };
    this.#watchers.add(look);
    look();
    await Promise.race([
      promise,
      this.ended.then((end) => {
        if (!`${end.out}${end.err}`.includes(text))
          throw new Error(`ended without saying ${text}: ${JSON.stringify(end)}`);
      }),
    ]);
    this.#watchers.delete(look);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

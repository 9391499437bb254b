import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CLI = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const DAEMON = fileURLToPath(new URL('./daemon-main.ts', import.meta.url));

export interface ChildOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Told of every piece of output and of the end. */
  readonly onOutput?: () => void;
}

/** A process of a test, with what it says and how it ends. */
export class Child {
  stdout = '';
  stderr = '';
  readonly process: ChildProcess;
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  readonly #lastResort = () => this.process.kill('SIGKILL');

  constructor(file: string, args: readonly string[], options: ChildOptions) {
    const onOutput = options.onOutput ?? (() => {});
    const child = spawn(process.execPath, [file, ...args], {
      cwd: options.cwd,
      env: { PATH: process.env.PATH ?? '', NO_COLOR: '1', ...options.env },
      // A channel to tell it the time by; commands do not listen.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.process = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      onOutput();
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      onOutput();
    });
    process.once('exit', this.#lastResort);
    this.ended = once(child, 'close').then(([code, signal]: unknown[]) => {
      process.removeListener('exit', this.#lastResort);
      onOutput();
      return typeof code === 'number' ? code : signalOf(signal);
    });
  }

  get running(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | NodeJS.Signals> {
    if (this.running) this.process.kill(signal);
    return await this.ended;
  }

  /** Where a daemon listens, once its log says so. */
  get origin(): string | null {
    return /"origin":"([^"]+)"/.exec(this.stderr)?.[1] ?? null;
  }

  /** Tells it the time; resolves when it has it, or has ended. */
  async tellTime(at: number): Promise<void> {
    if (!this.process.connected) return;
    const heard = once(this.process, 'message').catch(() => {});
    this.process.send({ at }, () => {});
    await Promise.race([heard, this.ended]);
  }
}

function signalOf(signal: unknown): NodeJS.Signals {
  return signal === 'SIGTERM' || signal === 'SIGINT' || signal === 'SIGHUP' ? signal : 'SIGKILL';
}

/** `lamplighter …` as a person runs it. */
export function lamplighter(args: readonly string[], options: ChildOptions): Child {
  return new Child(CLI, args, options);
}

/** A daemon in a process of its own, on a clock that stands until it is told the time. */
export function daemonProcess(configFile: string, at: number, options: ChildOptions): Child {
  return new Child(DAEMON, [configFile, `${at}`], options);
}

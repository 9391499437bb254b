import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { terminalAsker } from './asker.ts';
import { EXIT, UserError } from './exit.ts';
import type { Io } from './io.ts';
import { Stopped } from './stopped.ts';

/**
 * One Ctrl-C may come twice: from the terminal to the whole group, and once more from whoever started us and passes it on. Nobody
 * insists within a second of asking.
 */
const SAME_KEYSTROKE_MS = 1_000;

/** The real process: the only place that knows of signals and of the environment. */
export function processIo(): Io {
  const stop = new AbortController();
  let askedAt = 0;
  const onSignal = (name: NodeJS.Signals) => {
    const now = performance.now();
    // The first signal asks, the second insists.
    if (stop.signal.aborted && now - askedAt > SAME_KEYSTROKE_MS) process.exit(EXIT.interrupted);
    if (stop.signal.aborted) return;
    askedAt = now;
    stop.abort(new Stopped(name));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  let reload: (() => void) | null = null;
  process.on('SIGHUP', () => reload?.());
  // Left to itself Node prints such an error with everything that hangs on it, and the line of code beside it.
  let crash: (error: unknown) => void = () => {};
  process.on('uncaughtException', (error) => {
    try {
      crash(error);
    } finally {
      process.exit(EXIT.failed);
    }
  });
  let isShort = false;
  // A reader that goes away (`lamplighter instances | head`) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.done);
    // A full disk: what was to be kept is not all there. A daemon goes on all the same.
    if (!isShort) process.stderr.write(`lamplighter: the output is not whole: ${error.message}\n`);
    isShort = true;
  });
  process.on('exit', (code) => {
    if (isShort && code === EXIT.done) process.exitCode = EXIT.failed;
  });
  // Without anybody who hears what goes wrong one still works on.
  process.stderr.on('error', () => {});
  return {
    env: process.env,
    cwd: process.cwd(),
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    outIsTty: process.stdout.isTTY === true,
    errIsTty: process.stderr.isTTY === true,
    // A terminal without a size has 0.
    columns: process.stdout.columns || Number(process.env.COLUMNS) || 100,
    askSecret,
    ...(process.stdin.isTTY === true && process.stderr.isTTY === true && { ask: terminalAsker(stop.signal) }),
    signal: stop.signal,
    endBySignal: () => {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, onSignal);
    },
    onReload: (handler) => {
      reload = handler;
    },
    onCrash: (handler) => {
      crash = handler;
    },
    hide: () => {},
  };
}

async function askSecret(question: string): Promise<string> {
  if (process.stdin.isTTY !== true) throw new UserError(`${question}: there is no terminal to ask at`, EXIT.usage);
  process.stderr.write(`${question}: `);
  const mute = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: mute, terminal: true });
  try {
    return await reader.question('');
  } finally {
    reader.close();
    process.stderr.write('\n');
  }
}

import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

/**
 * Runs one preparing command to its end with its output in a log file. Resolves with its exit code; a program that cannot be
 * started counts as 127, the shell's own number for it. A signal on `signal` is passed on, and the child's end is awaited, so that
 * clean-ups around the call (a lock, a temporary file) always run after it.
 */
export async function run(file, args, { cwd, env, log, signal }) {
  signal.throwIfAborted();
  const out = openSync(log, 'w');
  try {
    return await new Promise((resolve) => {
      const child = spawn(file, args, { cwd, env, stdio: ['ignore', out, out] });
      const stop = () => child.kill('SIGTERM');
      signal.addEventListener('abort', stop, { once: true });
      const done = (code) => {
        signal.removeEventListener('abort', stop);
        resolve(code);
      };
      child.once('error', () => done(127));
      child.once('close', (code) => done(code ?? 1));
    });
  } finally {
    closeSync(out);
    signal.throwIfAborted();
  }
}

/** The end of a log file, for a failure's message. */
export function tail(log, lines = 12) {
  const text = readFileSync(log, 'utf8').trimEnd().split('\n');
  return text.slice(-lines).join('\n');
}

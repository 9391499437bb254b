import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * Ends this process in the program's favour. Where Node can replace itself (process.execve) the program takes our place and our
 * process id, and signals reach it with nobody between. Not under npm, though: npm passes on a signal that the terminal has
 * already given to everyone, and somebody has to take out the double.
 */
export async function launch(node, args, { env, cwd }) {
  if (process.execve !== undefined && process.env.npm_lifecycle_event === undefined) {
    process.chdir(cwd);
    process.removeAllListeners('warning'); // that execve is experimental is our business, not the operator's
    process.execve(node, [node, ...args], env);
  }
  const { code, signal } = await supervise(node, args, { env, cwd });
  // The shell's way to say "ended by a signal".
  process.exitCode = signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0);
}

/** A second signal this soon after the first is the same keystroke come by another road, not a person who insists. */
const SAME_KEYSTROKE_MS = 1_000;

/** Runs a child on our own terminal and passes signals on; resolves when it has ended. */
export function supervise(node, args, { env, cwd }) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, args, { env, cwd, stdio: 'inherit' });
    const terminal = process.stdin.isTTY === true;
    const last = new Map();
    const forward = (signal) => {
      // A terminal's Ctrl-C has reached the child already: it is in the same foreground group.
      if (signal === 'SIGINT' && terminal) return;
      const now = performance.now();
      if (now - (last.get(signal) ?? Number.NEGATIVE_INFINITY) < SAME_KEYSTROKE_MS) return;
      last.set(signal, now);
      // From a terminal a hang-up says that the window was closed; only to a daemon without one does it mean "reload".
      child.kill(signal === 'SIGHUP' && terminal ? 'SIGTERM' : signal);
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, forward);
    // npm may be killed without a word to us, and what it started must not live on unseen. A shell, on the other hand, may leave.
    const parent = process.env.npm_lifecycle_event === undefined ? undefined : process.ppid;
    const watch = setInterval(() => {
      if (parent === undefined || process.ppid === parent) return;
      clearInterval(watch);
      forward('SIGTERM');
    }, 1_000);
    const over = () => {
      clearInterval(watch);
      for (const signal of signals) process.removeListener(signal, forward);
    };
    child.once('error', (error) => {
      over();
      reject(error);
    });
    child.once('close', (code, signal) => {
      over();
      resolve({ code, signal });
    });
  });
}

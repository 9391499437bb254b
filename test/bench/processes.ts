import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';

export const ROOT = resolve(import.meta.dirname, '..', '..');
const QUIET = '--disable-warning=ExperimentalWarning';
/** A child that has not gone after being asked nicely for so long is killed. */
const GRACE_MS = 5_000;

/** Ends a child and waits until it has gone. */
export async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  const insist = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  await gone;
  clearTimeout(insist);
}

/** Starts a script of this checkout. Whatever ends us ends it. */
export function startNode(
  args: readonly string[],
  options: { readonly env?: Record<string, string>; readonly cwd?: string; readonly errors?: 'inherit' | 'pipe' } = {},
): ChildProcess {
  const child = spawn(process.execPath, [QUIET, ...args], {
    cwd: options.cwd ?? ROOT,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', options.errors ?? 'inherit', 'ipc'],
  });
  const lastResort = () => child.kill('SIGKILL');
  process.once('exit', lastResort);
  child.once('exit', () => process.removeListener('exit', lastResort));
  return child;
}

const ready = z.object({
  origin: z.string(),
  accounts: z.array(z.object({ name: z.string(), provider: z.string(), token: z.string() })),
});

export interface SimulatorProcess {
  readonly origin: string;
  readonly accountName: string;
  readonly token: string;
  stop(): Promise<void>;
}

/** The simulated huixingyun with one account of `instances`, in a process of its own. */
export async function startSimulator(
  instances: number,
  settings: { readonly actionDelayMs?: number } = {},
): Promise<SimulatorProcess> {
  const child = startNode([
    join(ROOT, 'src', 'simulator', 'main.ts'),
    JSON.stringify({ fleet: { huixingyun: instances }, ...settings }),
  ]);
  if (child.stdout === null) throw new Error('the simulator has no output');
  const lines = createInterface({ input: child.stdout });
  const first = Promise.withResolvers<string>();
  lines.once('line', (line) => first.resolve(line));
  child.once('exit', (code) => first.reject(new Error(`the simulator ended with ${code} before it was ready`)));
  const { origin, accounts } = ready.parse(JSON.parse(await first.promise));
  const account = accounts[0];
  if (account === undefined) throw new Error('the simulator has no account');
  return { origin, accountName: account.name, token: account.token, stop: () => end(child) };
}

import { setTimeout as wait } from 'node:timers/promises';
import type { Simulator } from './simulator.ts';
import { isBusy, lastBusyAt } from './workload.ts';

export interface PushAgentOptions {
  readonly simulator: Simulator;
  /** `account/id`, and the token that may report for that instance and nothing else. */
  readonly instances: readonly { readonly instance: string; readonly token: string }[];
  /** The daemon's origin, without a slash at the end. */
  readonly daemon: string;
  /** Between two rounds, by the simulator's clock. */
  readonly everyMs: number;
  readonly signal: AbortSignal;
  /** Told about a report that did not arrive; the next round comes all the same. */
  readonly onError?: (error: unknown, instance: string) => void;
}

// How often the simulated clock is looked at, in real time: fine enough for rounds of minutes at 720 times the speed.
const LOOK_EVERY_MS = 50;
// A daemon that does not answer must not stop the rounds.
const POST_TIMEOUT_MS = 5000;

/** What an agent inside the instance would report now; null while the instance is not running. */
export function observe(
  simulator: Simulator,
  instance: string,
): { verdict: 'active' | 'idle'; lastActiveAt: string } | null {
  const slash = instance.indexOf('/');
  const account = simulator.account(instance.slice(0, slash));
  const id = instance.slice(slash + 1);
  if (!account.has(id)) return null;
  const { status, workload, startedAt, createdAt } = account.instance(id);
  if (status !== 'running') return null;
  const now = simulator.clock.now();
  const since = Math.max(startedAt ?? createdAt, lastBusyAt(workload, now) ?? 0);
  return { verdict: isBusy(workload, now) ? 'active' : 'idle', lastActiveAt: new Date(since).toISOString() };
}

/**
 * Plays the small agents that run inside instances whose cloud gives no Jupyter address: every `everyMs` each running instance
 * POSTs `{ instance, verdict, lastActiveAt }` to the daemon's /api/v1/activity. Ends, without error, when the signal aborts.
 */
export async function runPushAgent(options: PushAgentOptions): Promise<void> {
  const { simulator, signal } = options;
  let roundAt = simulator.clock.now();
  while (!signal.aborted) {
    if (simulator.clock.now() >= roundAt) {
      await Promise.all(options.instances.map((target) => report(options, target)));
      roundAt += options.everyMs;
      // After a pause of the process, go on from here instead of making up for every missed round.
      if (roundAt < simulator.clock.now()) roundAt = simulator.clock.now() + options.everyMs;
    }
    await wait(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
  }
}

async function report(options: PushAgentOptions, target: { instance: string; token: string }): Promise<void> {
  const seen = observe(options.simulator, target.instance);
  if (seen === null || options.signal.aborted) return;
  try {
    const response = await fetch(`${options.daemon}/api/v1/activity`, {
      method: 'POST',
      headers: { authorization: `Bearer ${target.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ instance: target.instance, ...seen }),
      signal: AbortSignal.any([options.signal, AbortSignal.timeout(POST_TIMEOUT_MS)]),
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`the daemon answered ${response.status} to a report`);
  } catch (error) {
    if (!options.signal.aborted) options.onError?.(error, target.instance);
  }
}

import { QUEUE_NAMES } from '../queue/payloads.ts';
import type { Queues } from '../queue/queue.ts';

/**
 * Ticks come every 30 s and passes and polls besides, so after this nothing is taken any more. Longer than a run may
 * take, and long enough for a dozen replicas to have had a job each.
 */
const STILL_MS = 180_000;

/**
 * Do the workers of this process work? They do not when Redis is there and yet none has finished a job for three minutes,
 * or when a tick has run for so long, as it keeps the others from being taken. A restart helps then.
 *
 * While Redis takes no writes no job can be taken, and a restart would change nothing: that time does not count.
 *
 * All times are real ms of the queues' own clock. `redisThereFrom`: since when they could have worked, that is since the start
 * or since Redis came back; `null`: Redis is away, and nobody can.
 */
export function workersState(
  queues: Pick<Queues, 'lastFinishedAt' | 'runningSince' | 'refusedAt'>,
  redisThereFrom: number | null,
  now: number,
): { readonly ok: boolean; readonly detail: string } {
  if (redisThereFrom === null) return { ok: true, detail: 'alive; Redis is away' };
  const graceFrom = Math.max(redisThereFrom, queues.refusedAt() ?? redisThereFrom);
  const finished = QUEUE_NAMES.map((name) => queues.lastFinishedAt(name) ?? graceFrom);
  const stillMs = now - Math.max(graceFrom, ...finished);
  if (stillMs >= STILL_MS)
    return { ok: false, detail: `no job was finished for ${Math.round(stillMs / 1000)} s although Redis is there` };
  const tickMs = now - Math.max(graceFrom, queues.runningSince('tick') ?? now);
  if (tickMs >= STILL_MS) return { ok: false, detail: `a tick has not ended for ${Math.round(tickMs / 1000)} s` };
  return { ok: true, detail: 'alive' };
}

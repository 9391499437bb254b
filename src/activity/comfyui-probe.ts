import { z } from 'zod';
import type { Detail } from '../fleet/detail/detail.ts';
import type { Got } from './http-get.ts';
import { digest, type Marks } from './marks.ts';
import { mustBeOk, parseJson } from './probe-failure.ts';
import type { Ask, Look, ServiceRules } from './service-probe.ts';
import { Unreadable } from './unreadable.ts';

const PROMPT = z.object({ exec_info: z.object({ queue_remaining: z.number().int().nonnegative() }) });
const HISTORY = z.record(z.string(), z.object({ status: z.unknown() }));
const STAMPED = z.object({ messages: z.array(z.tuple([z.string(), z.object({ timestamp: z.number().positive() })])) });

/** The mark of a history without entries; a digest is never negative. */
const NO_RUN = -1;

/**
 * ComfyUI (its `server.py`, routes `/prompt` and `/history`): what runs or waits is work. Nothing in the queue, and the
 * newest run in the history the one of last time, is proof of idleness: a run between two readings shows in the history.
 */
export const comfyui: ServiceRules = {
  kind: 'comfyui',
  judges: 'work',
  listed: { words: /comfy/i, port: 8188 },
  auth: 'bearer',
  look,
};

async function look(ask: Ask, before: Marks | undefined): Promise<Look> {
  const prompt = decode(PROMPT, await ask('prompt'), 'prompt');
  const waiting = prompt.exec_info.queue_remaining;
  const queue = { signal: 'queue', value: waiting, threshold: 1, unit: 'jobs' } as const;
  // `/queue` and `/history` hold whole workflows: they are asked for only where the short answer does not settle it.
  if (waiting > 0) return { ...queue, verdict: 'active', detail: { kind: 'jobs-queued', count: waiting } };

  // Oldest first, where a version knows no `max_items`.
  const newest = Object.entries(decode(HISTORY, await ask('history', { max_items: '1' }), 'history')).at(-1);
  const run = newest === undefined ? NO_RUN : digest(newest[0]);
  const marks = { run };
  const was = before?.run;
  if (was !== undefined && was !== run) {
    // A run that went from the history without another in its place: it was cleared, or ComfyUI was started again.
    if (run === NO_RUN) return { ...queue, verdict: 'reset', detail: { kind: 'queue-forgotten' }, marks };
    return { ...queue, verdict: 'active', detail: { kind: 'queue-ran' }, marks };
  }
  const detail: Detail = { kind: run === NO_RUN ? 'queue-new' : 'queue-quiet' };
  return { ...queue, verdict: 'idle', detail, lastActiveAt: lastStamp(newest?.[1].status), marks };
}

/** When the newest run ended, by ComfyUI's clock (`status.messages`, ms); older versions do not say. */
function lastStamp(status: unknown): number | null {
  const parsed = STAMPED.safeParse(status);
  if (!parsed.success || parsed.data.messages.length === 0) return null;
  return Math.max(...parsed.data.messages.map(([, { timestamp }]) => timestamp));
}

function decode<T>(schema: z.ZodType<T>, answer: Got, path: string): T {
  mustBeOk(answer, path);
  const parsed = schema.safeParse(parseJson(answer.body));
  if (!parsed.success) throw new Unreadable('bad-answer', { kind: 'answered-otherwise', path, service: 'ComfyUI' });
  return parsed.data;
}

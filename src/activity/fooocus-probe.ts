import { z } from 'zod';
import { digest, type Marks, moved } from './marks.ts';
import { mustBeOk, parseJson } from './probe-failure.ts';
import type { Ask, Look, ServiceRules } from './service-probe.ts';
import { Unreadable } from './unreadable.ts';

const JOBS = z.object({
  running_size: z.number().int().nonnegative(),
  finished_size: z.number().int().nonnegative(),
  last_job_id: z.string().nullish(),
});
const GRADIO = z.object({ queue_size: z.number().int().nonnegative() });

/**
 * Fooocus. Fooocus-API (`/v1/generation/job-queue`) counts what runs, waits and is finished, so it can prove idleness.
 * Fooocus itself is a Gradio page without an API: the queue of Gradio 3 (`/queue/status`) holds who waits and not who is
 * being served, so an empty one proves nothing.
 */
export const fooocus: ServiceRules = {
  kind: 'fooocus',
  judges: 'work',
  listed: { words: /fooocus/i, port: 7865 },
  auth: 'x-api-key',
  look,
};

async function look(ask: Ask, before: Marks | undefined): Promise<Look> {
  const answer = await ask('v1/generation/job-queue');
  if (answer.status === 404) return await lookAtGradio(ask);
  mustBeOk(answer, 'v1/generation/job-queue');
  const parsed = JOBS.safeParse(parseJson(answer.body));
  if (!parsed.success)
    throw new Unreadable('bad-answer', {
      kind: 'answered-otherwise',
      path: 'v1/generation/job-queue',
      service: 'Fooocus-API',
    });
  const { running_size: running, finished_size: finished, last_job_id: last } = parsed.data;
  const marks = { finished, last: digest(last ?? '') };
  const queue = { signal: 'queue', value: running, threshold: 1, unit: 'jobs', marks } as const;
  if (running > 0) return { ...queue, verdict: 'active', detail: { kind: 'jobs-queued', count: running } };
  // The list of finished jobs is cleaned now and then, so the last job's id counts before its length does.
  const isNewJob = before?.last !== undefined && before.last !== marks.last && (last ?? '') !== '';
  const count = moved(before, 'finished', finished);
  if (isNewJob || count === 'forward') {
    return { ...queue, verdict: 'active', detail: { kind: 'job-ran' } };
  }
  if (before?.last !== undefined && before.last !== marks.last) {
    return { ...queue, verdict: 'reset', detail: { kind: 'job-restarted' } };
  }
  return { ...queue, verdict: 'idle', detail: { kind: 'jobs-none' } };
}

async function lookAtGradio(ask: Ask): Promise<Look> {
  const answer = await ask('queue/status');
  mustBeOk(answer, 'queue/status');
  const parsed = GRADIO.safeParse(parseJson(answer.body));
  if (!parsed.success)
    throw new Unreadable('bad-answer', { kind: 'answered-otherwise', path: 'queue/status', service: 'Gradio' });
  const waiting = parsed.data.queue_size;
  const queue = { signal: 'queue', value: waiting, threshold: 1, unit: 'jobs' } as const;
  if (waiting > 0) return { ...queue, verdict: 'active', detail: { kind: 'jobs-waiting', count: waiting } };
  return { ...queue, verdict: 'silent', detail: { kind: 'nobody-waits' } };
}

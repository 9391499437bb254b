import { z } from 'zod';
import { type Marks, moved } from './marks.ts';
import { mustBeOk, parseJson } from './probe-failure.ts';
import type { Ask, Look, ServiceRules } from './service-probe.ts';
import { Unreadable } from './unreadable.ts';

const PENDING = z.object({ size: z.number().int().nonnegative() });
const PROGRESS = z.object({
  state: z.object({ job_count: z.number().int(), job_timestamp: z.string().regex(/^\d{1,14}$/) }),
});

/**
 * Stable Diffusion WebUI of AUTOMATIC1111, and Forge. Its API (`/sdapi/v1/progress`, with `--api`) tells of a job at work
 * and when the last one began, so it can prove idleness. Without the API only the queue of the page is left
 * (`/internal/pending-tasks`), from which a job is taken when it begins: an empty one proves nothing.
 *
 * While a job is at work, asking for the progress makes it render a preview. So the queue is asked first, which settles it
 * where jobs wait.
 */
export const sdWebui: ServiceRules = {
  kind: 'sd-webui',
  judges: 'work',
  listed: { words: /sd.?web.?ui|stable.?diffusion|automatic1111|a1111|forge/i, port: 7860 },
  auth: 'basic',
  look,
};

async function look(ask: Ask, before: Marks | undefined): Promise<Look> {
  const waiting = await pendingTasks(ask);
  const queue = { signal: 'queue', value: waiting, threshold: 1, unit: 'jobs' } as const;
  if (waiting !== null && waiting > 0)
    return { ...queue, verdict: 'active', detail: { kind: 'jobs-waiting', count: waiting } };

  const answer = await ask('sdapi/v1/progress', { skip_current_image: 'true' });
  if (answer.status === 404) {
    if (waiting === null) throw new Unreadable('bad-answer', { kind: 'api-and-queue-missing' });
    return { ...queue, verdict: 'silent', detail: { kind: 'api-off' } };
  }
  mustBeOk(answer, 'sdapi/v1/progress');
  const parsed = PROGRESS.safeParse(parseJson(answer.body));
  if (!parsed.success)
    throw new Unreadable('bad-answer', { kind: 'answered-otherwise', path: 'sdapi/v1/progress', service: 'WebUI' });
  const { job_count: jobs, job_timestamp: stamp } = parsed.data.state;
  // "20240705150931", the WebUI's local time at which the last job began: only ever compared with itself. "0": none yet.
  const began = Number(stamp);
  const marks = { began };
  // It is -1 from the beginning of a job until it is known how many images it makes.
  if (jobs !== 0) return { ...queue, value: Math.abs(jobs), verdict: 'active', detail: { kind: 'job-at-work' }, marks };
  const seen = { ...queue, value: 0, marks };
  switch (moved(before, 'began', began)) {
    case 'forward':
      return { ...seen, verdict: 'active', detail: { kind: 'job-ran' } };
    case 'back':
      return { ...seen, verdict: 'reset', detail: { kind: 'job-restarted' } };
    case 'first':
    case 'same':
      return { ...seen, verdict: 'idle', detail: { kind: began === 0 ? 'job-never' : 'job-quiet' } };
  }
}

/** `null`: this version, or this way of running it, has no such queue. */
async function pendingTasks(ask: Ask): Promise<number | null> {
  const answer = await ask('internal/pending-tasks');
  // Absent in old versions; behind a login of the page's own the API may still be open.
  if (answer.status === 404 || answer.status === 405 || answer.status === 401) return null;
  mustBeOk(answer, 'internal/pending-tasks');
  const parsed = PENDING.safeParse(parseJson(answer.body));
  if (!parsed.success)
    throw new Unreadable('bad-answer', {
      kind: 'answered-otherwise',
      path: 'internal/pending-tasks',
      service: 'WebUI',
    });
  return parsed.data.size;
}

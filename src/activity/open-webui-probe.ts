import { z } from 'zod';
import { mustBeOk, parseJson } from './probe-failure.ts';
import type { Ask, Look, ServiceRules } from './service-probe.ts';
import { Unreadable } from './unreadable.ts';

const ACTIVE = z.object({ user_ids: z.array(z.string()) });
const OWN = z.object({ id: z.string().min(1) });

/**
 * Open WebUI (`/api/v1/users/active`): who has it open. That is people, not work, and nobody there proves nothing: what
 * computes is the server behind it.
 *
 * Versions that go by the users' last request count the user whose token asks, so that one is left out.
 */
export const openWebui: ServiceRules = {
  kind: 'open-webui',
  judges: 'people',
  listed: { words: /open.?web.?ui/i, port: 3000 },
  auth: 'bearer',
  look,
};

async function look(ask: Ask): Promise<Look> {
  const own = decode(OWN, await ask('api/v1/auths/'), 'api/v1/auths/').id;
  const { user_ids: ids } = decode(ACTIVE, await ask('api/v1/users/active'), 'api/v1/users/active');
  const others = new Set(ids.filter((id) => id !== own)).size;
  const tab = { signal: 'tab', value: others, threshold: 1, unit: 'users' } as const;
  return others > 0
    ? { ...tab, verdict: 'active', detail: { kind: 'users-open', count: others } }
    : { ...tab, verdict: 'silent', detail: { kind: 'nobody-open' } };
}

function decode<T>(schema: z.ZodType<T>, answer: Parameters<typeof mustBeOk>[0], path: string): T {
  mustBeOk(answer, path);
  const parsed = schema.safeParse(parseJson(answer.body));
  if (!parsed.success) throw new Unreadable('bad-answer', { kind: 'answered-otherwise', path, service: 'Open WebUI' });
  return parsed.data;
}

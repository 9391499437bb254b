import { z } from 'zod';
import { digest, type Marks } from './marks.ts';
import { mustBeOk, parseJson } from './probe-failure.ts';
import type { Ask, Look, ServiceRules } from './service-probe.ts';
import { Unreadable } from './unreadable.ts';

const LOADED = z.object({
  models: z.array(z.object({ name: z.string(), expires_at: z.iso.datetime({ offset: true }) })).nullable(),
});

/** A reading keeps a mark for each model; nobody loads more at once. */
const MOST_MODELS = 64;
/** Below this an expiry did not move: it is written with fractions that a JSON parser may round. */
const MOVED_MS = 500;

/**
 * Ollama (API doc, "List Running Models", `/api/ps`): each request to a model renews the time at which it will be unloaded,
 * and while a model loads or answers that time runs along with the clock. So a time that moved is work. One that did not
 * proves nothing, since requests that are under way are not shown, and `keep_alive: -1` pins a model for ever.
 */
export const ollama: ServiceRules = {
  kind: 'ollama',
  judges: 'work',
  listed: { words: /ollama/i, port: 11434 },
  auth: 'bearer',
  look,
};

async function look(ask: Ask, before: Marks | undefined): Promise<Look> {
  const answer = await ask('api/ps');
  mustBeOk(answer, 'api/ps');
  const parsed = LOADED.safeParse(parseJson(answer.body));
  if (!parsed.success)
    throw new Unreadable('bad-answer', { kind: 'answered-otherwise', path: 'api/ps', service: 'Ollama' });
  const models = (parsed.data.models ?? []).slice(0, MOST_MODELS);
  const marks = Object.fromEntries(
    models.map(({ name, expires_at: expiresAt }) => [`model-${digest(name)}`, Date.parse(expiresAt)]),
  );
  const used = Object.entries(marks).filter(
    ([name, expiresAt]) => before !== undefined && Math.abs(expiresAt - (before[name] ?? 0)) > MOVED_MS,
  ).length;
  const model = { signal: 'model', value: used, threshold: 1, unit: 'models used', marks } as const;
  return used > 0
    ? { ...model, verdict: 'active', detail: { kind: 'models-used', loaded: models.length, used } }
    : { ...model, verdict: 'silent', detail: { kind: 'models-loaded', loaded: models.length } };
}

import { z } from 'zod';
import { REFUSALS_PER_DAY, RETRY_AFTER_REFUSAL_MS } from '../fleet/refused.ts';
import { parseStored } from './parse.ts';

/** What a policy did to one target in its latest occurrences; written by lua/acted.lua.ts, which names the fields. */
const schema = z.compile(
  z.array(
    z.object({
      o: z.string(),
      s: z.array(
        z.object({
          n: z.number(),
          s: z.enum(['open', 'done', 'rejected', 'closed', 'none']),
          at: z.number().default(0),
          a: z.number().default(0),
          r: z.array(z.number()).default([]),
        }),
      ),
    }),
  ),
);
export type Acted = z.infer<typeof schema>;

export function parseActed(text: string): Acted {
  return parseStored(schema, text, 'what a policy did');
}

const DAY_MS = 86_400_000;

/** How far a step has come, in the words of deciding. */
export function stepState(
  acted: Acted | undefined,
  occurrence: string,
  step: number,
  now: number,
): 'none' | 'open' | 'done' | 'failed' {
  const found = acted?.find(({ o }) => o === occurrence)?.s.find(({ n }) => n === step);
  if (found === undefined) return 'none';
  switch (found.s) {
    case 'none':
    case 'open':
    case 'done':
      return found.s;
    case 'closed':
      return 'failed';
    case 'rejected': {
      const lately = found.r.filter((at) => at > now - DAY_MS);
      const waited = now - (found.r.at(-1) ?? 0) >= RETRY_AFTER_REFUSAL_MS;
      return waited && lately.length < REFUSALS_PER_DAY ? 'none' : 'failed';
    }
  }
}

/** When the policy last acted on the target; what was taken back before anything was sent does not count. */
export function lastActedAt(acted: Acted | undefined): number | null {
  const times = (acted ?? []).flatMap(({ s }) => s.filter((step) => step.s !== 'none').map(({ at }) => at));
  return times.length === 0 ? null : Math.max(...times);
}

/** The occurrence that the policy last did something for; `null`: for none. */
export function latestOccurrence(acted: Acted | undefined): string | null {
  let latest: { readonly occurrence: string; readonly at: number } | null = null;
  for (const { o, s } of acted ?? []) {
    const at = Math.max(...s.filter((step) => step.s !== 'none').map((step) => step.at));
    if (Number.isFinite(at) && (latest === null || at >= latest.at)) latest = { occurrence: o, at };
  }
  return latest?.occurrence ?? null;
}

import { z } from 'zod';
import { parseDuration } from '../calendar/duration.ts';
import { parseZone } from '../calendar/zone.ts';
import { MAX_PATTERN } from './glob.ts';

/** PromQL durations, as the JSON Schema shows them to an editor. */
const DURATION_PATTERN = '^(\\d+y)?(\\d+w)?(\\d+d)?(\\d+h)?(\\d+m)?(\\d+s)?(\\d+ms)?$';

/** More values in one clause are no longer readable. */
const MAX_VALUES = 256;

/** A bare number gets the same words as a number in quotes: it has no unit. */
function notADuration(issue: { readonly input?: unknown }): string | undefined {
  if (typeof issue.input !== 'number') return undefined;
  const parsed = parseDuration(String(issue.input));
  return parsed.ok ? undefined : parsed.message;
}

/** A duration text, read into milliseconds. */
export function duration(about: string, examples: readonly string[], least: 'positive' | 'zero' = 'positive') {
  return z
    .string({ error: notADuration })
    .meta({ description: about, examples: [...examples], pattern: DURATION_PATTERN })
    .transform((text, context) => {
      const parsed = parseDuration(text);
      if (parsed.ok && (parsed.ms > 0 || least === 'zero')) return parsed.ms;
      const message = parsed.ok ? `${text} is no time at all; at least 1ms is needed` : parsed.message;
      context.issues.push({ code: 'custom', message, input: text });
      return z.NEVER;
    });
}

/** An IANA zone name, checked. */
export function timezone(about: string) {
  return z
    .string()
    .meta({ description: about, examples: ['Asia/Shanghai', 'UTC'] })
    .superRefine((name, context) => {
      const parsed = parseZone(name);
      if (!parsed.ok) context.addIssue({ code: 'custom', message: parsed.message });
    });
}

/** A value, or a list of values of which any will do; always a list afterwards. */
export function oneOrMany<S extends z.ZodType>(schema: S) {
  return z
    .union([schema, z.array(schema).min(1, 'the list is empty; leave the key out, or name something').max(MAX_VALUES)])
    .transform((value): z.output<S>[] => (Array.isArray(value) ? value : [value]));
}

/** A name, or part of one with `*` and `?`. */
export function pattern(about: string, examples: readonly string[] = []) {
  return z
    .string()
    .min(1)
    .max(MAX_PATTERN)
    .meta({ description: about, ...(examples.length > 0 ? { examples: [...examples] } : {}) });
}

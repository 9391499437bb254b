import { assertNever } from '../fleet/assert-never.ts';
import type { Instance } from '../fleet/instance.ts';
import type { FilledIn, QueryPart } from '../fleet/query-part.ts';
import { Unreadable } from './unreadable.ts';

/**
 * A query with an instance's values in it, each written so that it is that text and nothing else, whatever is in it.
 * @throws Unreadable where the instance has no such value: an empty one would match every series without the label
 */
export function fillQuery(parts: readonly QueryPart[], instance: Instance, ip: string | null): string {
  return parts
    .map((part) => (part.kind === 'text' ? part.text : written(part, valueFor(part.of, instance, ip))))
    .join('');
}

function valueFor(of: FilledIn, instance: Instance, ip: string | null): string {
  const value = of === 'ip' ? (ip ?? '') : instance[of];
  if (value === '') throw new Unreadable('no-reading', { kind: 'query-unfilled', of });
  return value.toWellFormed();
}

function written(part: Extract<QueryPart, { kind: 'value' }>, value: string): string {
  // A group, so that what the query has behind it is not about the last character alone.
  const text = part.regex ? `(?:${escapeRegex(value)})` : value;
  switch (part.quote) {
    case '"':
    case "'":
      return escapeQuoted(text, part.quote);
    case '`':
      if (text.includes('`')) {
        throw new Unreadable('no-reading', { kind: 'query-backtick', of: part.of });
      }
      return text;
    default:
      return assertNever(part.quote);
  }
}

/** RE2 takes a backslash before any punctuation as that character. */
function escapeRegex(text: string): string {
  return text.replaceAll(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}

/** PromQL's quoted texts have the escapes of Go's; a control character must not stand there as it is. */
function escapeQuoted(text: string, quote: string): string {
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll(quote, `\\${quote}`)
    .replaceAll(/\p{Cc}/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

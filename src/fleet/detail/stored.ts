import { type Detail, verbatim } from './detail.ts';
import { DETAIL_KINDS } from './kinds.ts';
import type { ArgumentName, ArgumentSpec } from './spec.ts';

/** What stored details begin with; plain text that begins so is put into an object, too. */
const BEGINNING = '{"kind":"';
/** Sentences within sentences are few; deeper ones are not ours. */
const DEEPEST = 6;

/**
 * A detail as it is kept in a text field: compact JSON; plain text as itself. So an older program that reads the field as
 * text goes on working, and what it wrote is read back as text.
 */
export function storedDetail(detail: Detail): string {
  return detail.kind === 'text' && !detail.text.startsWith(BEGINNING) ? detail.text : JSON.stringify(detail);
}

/** What {@link storedDetail} has written. Anything else, such as a kind that this program does not know, is text. */
export function readDetail(stored: string): Detail {
  if (!stored.startsWith(BEGINNING)) return verbatim(stored);
  try {
    const value: unknown = JSON.parse(stored);
    return isDetail(value) ? value : verbatim(stored);
  } catch {
    return verbatim(stored);
  }
}

/** Is it of a known kind, with just the arguments of that kind? */
export function isDetail(value: unknown, depth = 0): value is Detail {
  if (!isRecord(value) || depth > DEEPEST) return false;
  const { kind, ...given } = value;
  const spec = typeof kind === 'string' ? KINDS.get(kind) : undefined;
  if (spec === undefined) return false;
  const names = Object.keys(spec);
  return (
    Object.keys(given).length === names.length && names.every((name) => isArgument(spec[name], given[name], depth))
  );
}

const KINDS: ReadonlyMap<string, Readonly<Record<string, ArgumentSpec>>> = new Map(Object.entries(DETAIL_KINDS));

function isArgument(spec: ArgumentSpec | undefined, value: unknown, depth: number): boolean {
  if (spec === undefined) return false;
  if (spec.endsWith('?') && value === null) return true;
  const name = spec.replace('?', '');
  return CHECK_OF.get(name)?.(value, depth) ?? false;
}

const isText = (value: unknown) => typeof value === 'string';
const isNumber = (value: unknown) => typeof value === 'number' && Number.isFinite(value);

const CHECKS: Readonly<Record<ArgumentName, (value: unknown, depth: number) => boolean>> = {
  text: isText,
  word: isText,
  number: isNumber,
  at: isNumber,
  ms: isNumber,
  fen: isNumber,
  flag: (value) => typeof value === 'boolean',
  texts: (value) => Array.isArray(value) && value.every(isText),
  words: (value) => Array.isArray(value) && value.every(isText),
  detail: (value, depth) => isDetail(value, depth + 1),
  details: (value, depth) => Array.isArray(value) && value.every((each) => isDetail(each, depth + 1)),
};

const CHECK_OF: ReadonlyMap<string, (value: unknown, depth: number) => boolean> = new Map(Object.entries(CHECKS));

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

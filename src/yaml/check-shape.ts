import { z } from 'zod';
import { assertNever } from '../fleet/assert-never.ts';
import { nearestWord } from '../fleet/nearest-word.ts';
import type { Located } from './located.ts';
import type { Part, Path, YamlDocument } from './yaml-document.ts';

export type CheckedShape<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly errors: readonly Located[] };

type Issue = z.core.$ZodIssue;

/** What zod says of a union that brings no words of its own. */
const NO_WORDING = 'Invalid input';

/** One thing that a schema found wrong. */
export interface Mistake {
  readonly path: Path;
  readonly message: string;
  readonly part: Part;
  /** Nothing stands there, and something should. */
  readonly missing: boolean;
  /** It was found by a rule about a whole value, whose pieces are all right. */
  readonly about: 'value' | 'whole';
  /** Of a key that is not known: the known one that it was probably meant to be; `null`: none is near. */
  readonly meant?: string | null;
}

/**
 * Checks what stands at `at` against a schema; every mistake comes back as a sentence with its place.
 * @param data what to check instead of what stands there word by word: the same with variables filled in
 */
export function checkShape<S extends z.ZodType>(
  schema: S,
  document: YamlDocument,
  at: Path = [],
  data: unknown = document.data(at),
): CheckedShape<z.output<S>> {
  const found = findMistakes(schema, data);
  if (found.ok) return found;
  return { ok: false, errors: found.mistakes.map((mistake) => locate(mistake, document, at)) };
}

/** Where in the document a mistake is. */
export function locate(mistake: Mistake, document: YamlDocument, at: Path): Located {
  return document.located([...at, ...mistake.path], mistake.message, mistake.part);
}

export type Found<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] };

/** Checks data against a schema, in our words. */
export function findMistakes<S extends z.ZodType>(schema: S, data: unknown): Found<z.output<S>> {
  try {
    const result = schema.safeParse(data, { error: wording, reportInput: true });
    if (result.success) return { ok: true, value: result.data };
    return { ok: false, mistakes: withoutEchoes(result.error.issues.flatMap((issue) => mistakesOf(issue, []))) };
  } catch (error) {
    // Where a list is expected, the library compares the `length` of whatever stands there with a number: of a map, too.
    const path = oddLength(data, []);
    if (!(error instanceof TypeError) || path === null) throw error;
    return {
      ok: false,
      mistakes: [{ path, message: 'unknown key "length"', part: 'key', missing: false, about: 'value' }],
    };
  }
}

/** The first key `length` that holds a map or list; `null`: there is none. */
function oddLength(data: unknown, path: Path): Path | null {
  if (typeof data !== 'object' || data === null) return null;
  for (const [key, value] of Object.entries(data)) {
    const step = Array.isArray(data) ? Number(key) : key;
    if (step === 'length' && typeof value === 'object' && value !== null) return [...path, step];
    const deeper = oddLength(value, [...path, step]);
    if (deeper !== null) return deeper;
  }
  return null;
}

/** A key that is misspelt leaves a gap where it belongs, and a map whose only key it is looks empty: that need not be said. */
function withoutEchoes(mistakes: readonly Mistake[]): Mistake[] {
  const misspelt = new Map<string, Set<string | null>>();
  for (const { path, meant } of mistakes) {
    if (meant === undefined) continue;
    const map = keyOf(path.slice(0, -1));
    misspelt.set(map, (misspelt.get(map) ?? new Set()).add(meant));
  }
  return mistakes.filter(({ path, missing, about }) => {
    if (about === 'whole') return !misspelt.has(keyOf(path));
    const meant = missing ? misspelt.get(keyOf(path.slice(0, -1))) : undefined;
    return meant?.has(String(path.at(-1))) !== true;
  });
}

function keyOf(path: Path): string {
  return path.map(String).join('\n');
}

function mistakesOf(issue: Issue, at: Path): Mistake[] {
  const path = [...at, ...issue.path];
  const mistake = (more: Partial<Mistake> = {}): Mistake => ({
    path,
    message: issue.message,
    part: {},
    missing: false,
    about: 'value',
    ...more,
  });
  switch (issue.code) {
    case 'unrecognized_keys': {
      // The wording has one line for each key.
      const lines = issue.message.split('\n');
      return issue.keys.map((key, index) => {
        const message = lines[index] ?? issue.message;
        return mistake({ path: [...path, key], message, part: { part: 'key' }, meant: suggested(message) });
      });
    }
    case 'invalid_union':
      return mistakesOfUnion(issue, path, mistake);
    case 'invalid_key':
      return [mistake({ message: issue.issues[0]?.message ?? issue.message, part: { part: 'key' } })];
    case 'custom': {
      const { part, offset, length, hint } = issue.params ?? {};
      return [
        mistake({
          about: typeof issue.input === 'object' ? 'whole' : 'value',
          part: {
            ...(part === 'key' ? { part } : {}),
            ...(typeof offset === 'number' ? { offset } : {}),
            ...(typeof length === 'number' ? { length } : {}),
            ...(typeof hint === 'string' ? { hint } : {}),
          },
        }),
      ];
    }
    case 'too_small':
    case 'too_big':
      return [mistake({ about: Array.isArray(issue.input) ? 'whole' : 'value' })];
    case 'invalid_type':
    case 'invalid_value':
    case 'invalid_format':
    case 'invalid_element':
    case 'not_multiple_of':
      return [mistake({ missing: issue.input === undefined })];
    default:
      return assertNever(issue);
  }
}

/**
 * Of "either this or that" people want to hear about the one they meant: the alternative of the type that they wrote.
 * Only where none is of that type are all named.
 */
function mistakesOfUnion(
  issue: z.core.$ZodIssueInvalidUnion,
  path: Path,
  mistake: (more: Partial<Mistake>) => Mistake,
): Mistake[] {
  if (issue.input === undefined) return [mistake({ message: missing(path), missing: true })];
  const meant = issue.errors.filter((branch) => !branch.some(isOtherType));
  const best = meant.sort((a, b) => a.length - b.length)[0];
  if (best !== undefined) return best.flatMap((each) => mistakesOf(each, path));
  const words = new Set(issue.errors.flatMap((branch) => branch.flatMap(wantedTypes)));
  if (issue.message !== NO_WORDING) return [mistake({ message: `${issue.message}, not ${typeWord(issue.input)}` })];
  const quotes = words.has('a text') ? inQuotes(issue.input) : '';
  return [mistake({ message: `must be ${list([...words])}, not ${typeWord(issue.input)}${quotes}` })];
}

/** Does it say that the value itself, and not something inside it, is of another type? */
function isOtherType(issue: Issue): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === 'invalid_type') return true;
  if (issue.code === 'invalid_value') return !issue.values.some((value) => typeof value === typeof issue.input);
  if (issue.code === 'invalid_union') return issue.errors.every((branch) => branch.some(isOtherType));
  return false;
}

function wantedTypes(issue: Issue): string[] {
  if (issue.path.length > 0) return [];
  if (issue.code === 'invalid_type') return [typeName(issue.expected)];
  if (issue.code === 'invalid_value')
    return issue.values.length > 4 ? ['a text'] : issue.values.map((value) => String(value));
  if (issue.code === 'invalid_union') return issue.errors.flatMap((branch) => branch.flatMap(wantedTypes));
  return [];
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  null: 'empty',
  object: 'a map',
  record: 'a map',
  array: 'a list',
};

function typeName(expected: string): string {
  return TYPE_NAMES[expected] ?? expected;
}

function typeWord(input: unknown): string {
  if (input === null) return 'nothing';
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object') return 'a map';
  if (typeof input === 'string') return 'a text';
  return `the ${typeof input === 'number' ? 'number' : 'value'} ${JSON.stringify(input)}`;
}

function list(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}

/** Our words for what a schema found. Values are quoted only where a closed list of words was expected. */
export function wording(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type': {
      if (issue.input === undefined) return missing(issue.path ?? []);
      const quotes = issue.expected === 'string' ? inQuotes(issue.input) : '';
      return `must be ${typeName(issue.expected)}, not ${typeWord(issue.input)}${quotes}`;
    }
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(key, keysOf(issue.inst))).join('\n');
    case 'invalid_value':
      if (issue.input === undefined) return missing(issue.path ?? []);
      return unknownWord(issue.input, issue.values.map(String));
    case 'too_small':
      if (issue.origin === 'string') return 'must not be empty';
      if (issue.origin === 'array') return 'the list is empty';
      return `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}, not ${sizeOf(issue.input)}`;
    case 'too_big':
      if (issue.origin === 'string')
        return `the text has ${lengthOf(issue.input)} characters; at most ${issue.maximum} are allowed`;
      if (issue.origin === 'array')
        return `the list has ${lengthOf(issue.input)} entries; at most ${issue.maximum} are allowed`;
      return `must be ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}, not ${sizeOf(issue.input)}`;
    case 'invalid_format':
    case 'invalid_element':
    case 'invalid_key':
    case 'invalid_union':
    case 'not_multiple_of':
    case 'custom':
      return undefined;
    default:
      return assertNever(issue);
  }
}

/** A number; or, of a map that has a "length", what it is: nothing says that it can be made a text. */
function sizeOf(input: unknown): string {
  return typeof input === 'number' || typeof input === 'bigint' ? String(input) : typeWord(input);
}

function lengthOf(input: unknown): string {
  return typeof input === 'string' || Array.isArray(input) ? String(input.length) : 'too many';
}

function missing(path: readonly PropertyKey[]): string {
  return `"${String(path.at(-1) ?? 'the value')}" is missing`;
}

/** What looks like a number or a truth is one to YAML. */
function inQuotes(input: unknown): string {
  if (typeof input !== 'number' && typeof input !== 'boolean') return '';
  return `; write it in quotes: "${String(input)}"`;
}

/** Says that a key is not known, and which one was probably meant. */
export function unknownKey(key: string, known: readonly string[]): string {
  return `unknown key ${quoted(key)}; ${suggestion(key, known)}`;
}

/** Says that a word is not one of a closed list, and which one was probably meant. */
export function unknownWord(word: unknown, known: readonly string[]): string {
  if (typeof word !== 'string') return `must be ${list(known)}, not ${typeWord(word)}`;
  return `${quoted(word)} is not known here; ${suggestion(word, known)}`;
}

/** The key that the wording of an unknown one suggests: a schema's issue carries nothing but its words. */
function suggested(message: string): string | null {
  return /; did you mean "([^"]+)"\?$/.exec(message)?.[1] ?? null;
}

function suggestion(word: string, known: readonly string[]): string {
  const near = nearestWord(word, known);
  if (near !== null) return `did you mean "${near}"?`;
  return known.length === 0 ? 'no key is allowed here' : `known: ${known.join(', ')}`;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
}

function keysOf(schema: unknown): readonly string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

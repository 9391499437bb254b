import type { z } from 'zod';
import { nearestWord } from '../fleet/nearest-word.ts';

type Issue = z.core.$ZodIssue;

/** What is wrong with a JSON body: each thing with its key, the value, and what is allowed. */
export function bodyMistakes(issues: readonly Issue[], known: readonly string[]): string {
  return issues.flatMap((issue) => mistakesOf(issue, known)).join('; ');
}

function mistakesOf(issue: Issue, known: readonly string[]): string[] {
  const key = issue.path.map(String).join('.');
  const what = key === '' ? 'the body' : `"${key}"`;
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((each) => `unknown key ${shown(each)}; ${meant(each, known)}`);
    case 'invalid_type':
      if (issue.input === undefined) return [`${what} is missing`];
      return [`${what} must be ${TYPES[issue.expected] ?? issue.expected}, not ${shown(issue.input)}`];
    case 'invalid_value': {
      if (issue.input === undefined) return [`${what} is missing`];
      return [`${what} must be ${issue.values.map(String).join(' or ')}, not ${shown(issue.input)}`];
    }
    case 'invalid_format':
      if (issue.format === 'regex') return [`${what} ${issue.message}, not ${shown(issue.input)}`];
      return [`${what} must be a time such as 2026-10-01T08:00:00+08:00, not ${shown(issue.input)}`];
    case 'too_small':
      return [`${what} must not be empty`];
    case 'too_big':
      return [`${what} is longer than ${issue.maximum} characters`];
    case 'invalid_union':
    case 'invalid_key':
    case 'invalid_element':
    case 'not_multiple_of':
    case 'custom':
      return [`${what}: ${issue.message}`];
  }
}

const TYPES: Readonly<Record<string, string>> = { string: 'a text', object: 'a JSON object' };

function meant(key: string, known: readonly string[]): string {
  const near = nearestWord(key, known);
  return near === null ? `known: ${known.join(', ')}` : `did you mean "${near}"?`;
}

/** Enough of a value to know it by; of a list or object only what it is. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

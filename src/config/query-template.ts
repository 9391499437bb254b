import { nearestWord } from '../fleet/nearest-word.ts';
import { FILLED_IN, type FilledIn, type QueryPart } from '../fleet/query-part.ts';

/** Something wrong with a query, with its place in the text. */
export interface QueryProblem {
  readonly message: string;
  readonly offset: number;
  readonly length: number;
}

export interface QueryTemplate {
  readonly parts: readonly QueryPart[];
  readonly problems: readonly QueryProblem[];
  /** One metric and its labels and nothing around them: only of such a query can the age of the samples be asked. */
  readonly isPlainSelector: boolean;
}

const SHOWN = FILLED_IN.map((word) => `{${word}}`).join(', ');

/** A PromQL text in quotes, and how what it is held against is written before it. */
interface Literal {
  readonly quote: '"' | "'" | '`';
  readonly matcher: '=' | '!=' | '=~' | '!~' | null;
  /** Of the text inside the quotes. */
  readonly from: number;
  readonly to: number;
}

/**
 * Cuts a PromQL query up at its placeholders. A value may be filled in only where it cannot become anything but a value: in
 * the text in quotes behind a label matcher. Every other place is a problem.
 */
export function parseQueryTemplate(query: string): QueryTemplate {
  const problems: QueryProblem[] = [];
  const parts: QueryPart[] = [];
  const problem = (message: string, offset: number, length: number) => problems.push({ message, offset, length });
  const { literals, outside, open } = cutUp(query);
  if (open !== null) problem(`the text that begins here with ${query[open]} has no end`, open, 1);
  for (const { index, 0: text } of outside.matchAll(/\{\s*([a-z]+)\s*\}/g)) {
    problem(`${text} can stand only in the quotes behind a label, such as instance="{ip}:9400"`, index, text.length);
  }
  let done = 0;
  for (const literal of literals) {
    const inside = query.slice(literal.from, literal.to);
    for (const { index, 0: text, 1: word = '' } of inside.matchAll(/\{([a-z]+)\}/g)) {
      const at = literal.from + index;
      const of = FILLED_IN.find((each) => each === word);
      const wrong = of === undefined ? unknownWord(word) : misplaced(inside.slice(0, index), text, literal);
      if (of === undefined || wrong !== null) {
        problem(wrong ?? '', at, text.length);
        continue;
      }
      parts.push({ kind: 'text', text: query.slice(done, at) }, valuePart(of, literal));
      done = at + text.length;
    }
  }
  parts.push({ kind: 'text', text: query.slice(done) });
  const isPlainSelector = /^\s*(?:[a-zA-Z_:][\w:]*\s*(?:\{[^{}]*\})?|\{[^{}]+\})\s*$/.test(outside);
  return { parts: parts.filter((part) => part.kind === 'value' || part.text !== ''), problems, isPlainSelector };
}

function valuePart(of: FilledIn, { quote, matcher }: Literal): QueryPart {
  return { kind: 'value', of, quote, regex: matcher === '=~' || matcher === '!~' };
}

function unknownWord(word: string): string {
  const near = nearestWord(word, FILLED_IN);
  return `nothing is filled in for {${word}}; ${near === null ? `there are ${SHOWN}` : `did you mean {${near}}?`}`;
}

/** Why a value must not stand there; `null`: it may. `before`: the text of the literal up to it. */
function misplaced(before: string, text: string, { matcher }: Literal): string | null {
  if (matcher === null) return `${text} can stand only in the quotes behind a label, such as instance="{ip}:9400"`;
  if (/(?<!\\)(?:\\\\)*\\$/.test(before)) return `the backslash before ${text} would take it apart`;
  const isRegex = matcher === '=~' || matcher === '!~';
  const inClass =
    isRegex && before.replaceAll(/\\./gs, '').lastIndexOf('[') > before.replaceAll(/\\./gs, '').lastIndexOf(']');
  return inClass ? `${text} cannot stand between [ and ]: its characters would be taken one by one` : null;
}

/** Finds the texts in quotes, and gives the query with these and the comments blanked out, everything in its place. */
function cutUp(query: string): { literals: readonly Literal[]; outside: string; open: number | null } {
  const literals: Literal[] = [];
  let outside = '';
  let at = 0;
  while (at < query.length) {
    const char = query.charAt(at);
    if (char === '#') {
      const end = query.indexOf('\n', at);
      const until = end === -1 ? query.length : end;
      outside += ' '.repeat(until - at);
      at = until;
    } else if (char === '"' || char === "'" || char === '`') {
      const end = endOfLiteral(query, at, char);
      if (end === null) return { literals, outside, open: at };
      literals.push({ quote: char, matcher: matcherBefore(outside), from: at + 1, to: end });
      outside += ' '.repeat(end + 1 - at);
      at = end + 1;
    } else {
      outside += char;
      at += 1;
    }
  }
  return { literals, outside, open: null };
}

/** Where the quote is that ends the text; `null`: nowhere. Between backticks a backslash is a backslash. */
function endOfLiteral(query: string, from: number, quote: string): number | null {
  for (let at = from + 1; at < query.length; at += 1) {
    if (query.charAt(at) === quote) return at;
    if (query.charAt(at) === '\\' && quote !== '`') at += 1;
  }
  return null;
}

function matcherBefore(outside: string): Literal['matcher'] {
  const text = outside.trimEnd();
  if (text.endsWith('=~')) return '=~';
  if (text.endsWith('!~')) return '!~';
  if (text.endsWith('!=')) return '!=';
  return text.endsWith('=') && !text.endsWith('==') ? '=' : null;
}

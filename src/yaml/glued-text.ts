import type { Span } from './node.ts';

/** What is wrong with a text in plain words, at the place where it is to be mended. */
export interface SyntaxMistake extends Span {
  readonly message: string;
  readonly hint: string | null;
  /** What follows in the file was read as something else, so what is said about it means nothing. */
  readonly swallowsTheRest?: boolean;
  /** It spoils one value; everything around it was read as it is meant. */
  readonly isLocal?: boolean;
}

/** Characters that mean something to YAML where a value begins, and what it takes the text for. */
const SPECIAL: Readonly<Record<string, string>> = {
  '*': 'a reference to another place in the file (alias)',
  '&': 'a name for a value (anchor)',
  '!': 'a type (tag)',
  '%': 'a directive',
  '@': 'something reserved',
  '`': 'something reserved',
  '|': 'a text over several lines',
  '>': 'a text over several lines',
  '?': 'a key',
  ',': 'the end of a value',
};

/** A key, and what stands behind its colon, where no space does. */
const NO_SPACE = /^(["']?[A-Za-z][\w.-]*["']?):(?=[^\s/:])/;
/**
 * Says of a value that begins with something special how it is to be written.
 * @param shown the value as it may be quoted
 */
export function mustBeQuoted(first: string, shown: string): { readonly message: string; readonly hint: string } {
  return {
    message: `a value that begins with ${first} must stand in quotes: ${short(shown, 80)}`,
    hint: `without quotes YAML takes it for ${SPECIAL[first] ?? 'something else'}`,
  };
}

/**
 * Of a key whose value follows the colon without a space, which makes a longer text of both; `null`: it is none.
 * @param shown the same text as it may be quoted
 */
export function spaceMissing(start: number, text: string, shown: string): SyntaxMistake | null {
  const glued = NO_SPACE.exec(text);
  if (glued === null) return null;
  const value = shown.slice(glued[0].length).trimEnd();
  return {
    ...oneAt(start + glued[0].length),
    message: `a space is missing after the colon of ${glued[1]}`,
    hint: `write ${`${glued[1]}: ${value}`.slice(0, 80)}`,
  };
}

/** Of an entry of a list whose dash sticks to it, which makes a key of both; `null`: it is none. */
export function dashGlued(start: number, text: string): SyntaxMistake | null {
  if (!/^-[A-Za-z]/.test(text)) return null;
  return {
    ...oneAt(start),
    message: 'a space is missing after the dash',
    hint: 'write "- " before each entry of a list',
  };
}

/** The text that begins with a special character, as far as it was probably meant. */
export function quotableText(rest: string, isInFlow: boolean): string {
  const end = isInFlow ? /\s*[,\]}]|\s+#|\s*$/.exec(rest) : /\s+#|\s*$/.exec(rest);
  const text = rest.slice(0, end?.index);
  return text === '' ? rest.slice(0, 1) : text;
}

/** One letter. */
export function oneAt(start: number): Span {
  return { start, end: start + 1 };
}

/** A piece of a text for a sentence. */
export function short(text: string, most = 40): string {
  return JSON.stringify(text.length > most ? `${text.slice(0, most)}…` : text);
}

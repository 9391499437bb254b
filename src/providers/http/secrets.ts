import { inspect } from 'node:util';

const MAX_QUOTE = 200;
// Control and format characters (bidirectional marks among them): a vendor's text must not rewrite a terminal or a log.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;
/** What stands behind such a word in a sentence is a secret of somebody's, ours or not. */
const NAMED =
  /((?:pass(?:word|wd|phrase)?|secret|token|api[-_ ]?key|authorization|密码|口令|令牌)["']?\s*[:=：]\s*(?:bearer\s+|basic\s+)?)["']?[^\s"',;，；。]+["']?/giu;

/**
 * Holds an account's token where no error, log line or inspection can pick it up, and blots it out of texts.
 */
export class Secrets {
  readonly #values: readonly string[];

  constructor(values: readonly string[]) {
    this.#values = values.filter((value) => value !== '');
  }

  scrub(text: string): string {
    let clean = text;
    for (const value of this.#values) clean = clean.replaceAll(value, '***');
    return clean;
  }

  /** A vendor's text for people: scrubbed, also of what it calls a password or token itself, on one line, at most 200 characters. Anything but a string is named by type. */
  quote(text: unknown): string {
    if (typeof text !== 'string') return `(${text === null ? 'null' : typeof text})`;
    const clean = this.scrub(text.replace(UNPRINTABLE, ' ')).replace(NAMED, '$1***').trim();
    return clean.length > MAX_QUOTE ? `${clean.slice(0, MAX_QUOTE)}…` : clean;
  }

  /**
   * A copy of an error that keeps its name, code and scrubbed message and nothing else: what libraries hang on an error
   * (sockets, headers, bodies) stays behind.
   */
  causeOf(error: unknown): Error {
    if (!(error instanceof Error)) return new Error(this.quote(String(error)));
    const copy = new SafeCause(this.quote(error.message), errorCode(error));
    copy.name = error.name;
    return copy;
  }

  toJSON(): string {
    return '[secrets]';
  }

  [inspect.custom](): string {
    return '[secrets]';
  }
}

class SafeCause extends Error {
  readonly code: string | null;

  constructor(message: string, code: string | null) {
    super(message);
    this.code = code;
  }
}

/** The `code` of a Node or undici error. Of several failed addresses the first one's. */
export function errorCode(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return errorCode(error.errors[0]);
  return null;
}

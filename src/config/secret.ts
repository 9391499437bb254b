const HIDDEN = '[secret]';

/** A token, password or address that must not be shown. Whatever prints it by accident prints "[secret]". */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself, for the one place that sends it. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return HIDDEN;
  }
}

/** What is wrong with a token or shared secret; `null`: nothing. Never quotes it. */
export function secretProblem(text: string): string | null {
  if (text === '') return 'is empty';
  if (/^bearer\s/i.test(text)) return 'begins with "Bearer "; give the token alone';
  if (/\s/.test(text)) return 'contains white space';
  if (/["'`]/.test(text)) return 'contains a quotation mark; give the token alone';
  return /^[\x21-\x7e]+$/.test(text) ? null : 'contains characters that no token has';
}

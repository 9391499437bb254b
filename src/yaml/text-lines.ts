/** One line of a text, without its end. */
export interface Line {
  /** The offset of its first letter. */
  readonly start: number;
  readonly text: string;
}

/** How many spaces and tabs it begins with. */
export function indentOf(line: string): number {
  return /^[ \t]*/.exec(line)?.[0].length ?? 0;
}

/** Finds lines in a text by offsets. */
export class TextLines {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The line of an offset. */
  at(offset: number): Line {
    const start = this.startOf(Math.min(offset, this.#text.length));
    const end = this.#text.indexOf('\n', start);
    return { start, text: this.#text.slice(start, end < 0 ? undefined : end).replace(/\r$/, '') };
  }

  /** Where the line of an offset begins. */
  startOf(offset: number): number {
    return offset === 0 ? 0 : this.#text.lastIndexOf('\n', offset - 1) + 1;
  }

  /** The next line that says something. */
  after(offset: number): Line | null {
    for (let end = this.#text.indexOf('\n', offset); end >= 0; end = this.#text.indexOf('\n', end + 1)) {
      const line = this.at(end + 1);
      if (/^\s*[^\s#]/.test(line.text)) return line;
    }
    return null;
  }

  /** The lines before one that begins at `start`, upwards. */
  *before(start: number): Generator<Line> {
    for (let at = start; at > 0; ) {
      at = this.startOf(at - 1);
      yield this.at(at);
    }
  }

  /** Counted from 1. */
  place(offset: number): { readonly line: number; readonly column: number } {
    const before = this.#text.slice(0, offset).split('\n');
    return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
  }
}

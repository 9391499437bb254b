import type { Located } from './located.ts';
import type { Span } from './node.ts';

/** Longer than any sentence of ours; some quote a name that may be as long as the file. */
const MAX_MESSAGE = 500;

function shortened(message: string): string {
  return message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message;
}

/** One file's text, able to turn offsets into lines and columns. */
export class SourceText {
  readonly file: string;
  readonly text: string;
  /** The text as it may be quoted. */
  readonly shown: string;
  readonly #lineStarts: readonly number[];

  /** @param shown the text as it may be quoted; equal in length, with secrets masked */
  constructor(file: string, text: string, shown: string = text) {
    this.file = file;
    this.text = text;
    this.shown = shown;
    const starts = [0];
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
    this.#lineStarts = starts;
  }

  /** The place of an offset; one past the end is allowed. */
  place(offset: number): { readonly line: number; readonly column: number } {
    const at = Math.max(0, Math.min(offset, this.text.length));
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#lineStarts[middle] ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: at - (this.#lineStarts[low] ?? 0) + 1 };
  }

  located(span: Span, message: string, hint: string | null = null): Located {
    const { line, column } = this.place(span.start);
    const sourceLine = this.#line(line);
    const room = Math.max(1, sourceLine.length - column + 1);
    const length = Math.max(1, Math.min(span.end - span.start, room));
    return { file: this.file, line, column, length, message: shortened(message), hint, sourceLine };
  }

  #line(line: number): string {
    const start = this.#lineStarts[line - 1] ?? 0;
    const end = this.#lineStarts[line] ?? this.shown.length + 1;
    return this.shown.slice(start, end - 1).replace(/\r$/, '');
  }
}

/** Something to say about a place in a file. Lines and columns count from 1, columns in UTF-16 units, as editors do. */
export interface Located {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** How much of the line is meant; at least 1. */
  readonly length: number;
  readonly message: string;
  /** What to do about it, where the message does not say it already. */
  readonly hint: string | null;
  /** The line as it may be shown: without line end, and with secrets masked. */
  readonly sourceLine: string;
}

/** By file, then by place; so that a person can go through a file from top to bottom. */
export function byPlace(a: Located, b: Located): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column || (a.message < b.message ? -1 : 1);
}

/** One line, for logs and events. */
export function summarise(located: Located): string {
  return `${located.file}:${located.line}:${located.column}: ${located.message}`;
}

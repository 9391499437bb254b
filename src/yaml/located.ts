import { displayWidth } from './display-width.ts';

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

/** Lines wider than this are cut around the place. */
const MAX_SHOWN = 160;

/** All of them, in the order of their places. */
export function renderAll(all: readonly Located[]): string {
  return [...all].sort(byPlace).map(renderLocated).join('\n');
}

/**
 * For people:
 *
 *     policies/night.yaml:6:5: unknown key "cooldwon"; did you mean "cooldown"?
 *         cooldwon: 10m
 *         ^^^^^^^^
 */
export function renderLocated(located: Located): string {
  const first = `${located.file}:${located.line}:${located.column}: ${located.message}`;
  const lines = [first, ...caretLines(located)];
  if (located.hint !== null) lines.push(`  hint: ${located.hint}`);
  return lines.join('\n');
}

/** The line with the caret below it; none where there is no line to show. */
export function caretLines(located: Located): string[] {
  const at = located.column - 1;
  // Without leaving out the start of a long line the caret would be far off the screen.
  const from = at < MAX_SHOWN / 2 ? 0 : at - MAX_SHOWN / 4;
  const shown = located.sourceLine.slice(from, from + MAX_SHOWN);
  if (shown.trim() === '') return [];
  const before = plain(shown.slice(0, at - from));
  const marked = plain(shown.slice(at - from, at - from + located.length));
  const caret = '^'.repeat(Math.max(1, displayWidth(marked)));
  return [`  ${plain(shown)}`, `  ${' '.repeat(displayWidth(before))}${caret}`];
}

/** Control and direction-changing characters would play tricks on the terminal. */
function plain(text: string): string {
  return text.replaceAll('\t', ' ').replaceAll(/[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, '\ufffd');
}

import { displayWidth } from './display-width.ts';
import { byPlace, type Located } from './located.ts';

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

function caretLines(located: Located): string[] {
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

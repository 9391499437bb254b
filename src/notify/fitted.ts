import type { Line, Message } from './message.ts';
import { truncateBytes } from './truncate-bytes.ts';

/** A value that is cut below this says nothing any more: rather whole lines go. */
const SHORTEST_VALUE_BYTES = 120;
const LONGEST_TITLE_BYTES = 360;
/** Nobody reads further, and no receiver takes more of them. */
const MOST_LINES = 200;
/** Tried one after the other. */
const VALUE_BYTES = [4_000, 2_000, 1_000, 500, 250, SHORTEST_VALUE_BYTES];
/** Down to this values are cut in favour of links; below it a line says more than a link that the console has as well. */
const LINKED_VALUE_BYTES = 250;

/**
 * A message in a format, as much of it as the receiver takes: long values are cut first, then the links of single lines go
 * from the end, then the lines, and one says how many. The title and the links of the whole always stay.
 * @param render puts a message into the format
 * @param fits does the receiver take it?
 */
export function fitted<T>(message: Message, render: (message: Message) => T, fits: (rendered: T) => boolean): T {
  const whole = render(message);
  if (fits(whole)) return whole;
  let cut: Message = { ...message, lines: message.lines.slice(0, MOST_LINES) };
  const withLines = (count: number, linked: number): Message => {
    const lines = cut.lines.slice(0, count).map((line, index) => (index < linked ? line : unlinked(line)));
    const left = message.lines.slice(count);
    return { ...cut, lines: left.length === 0 ? lines : [...lines, more(left, message.language)] };
  };
  for (const max of VALUE_BYTES) {
    const title = truncateBytes(cut.title, Math.min(max, LONGEST_TITLE_BYTES));
    const lines = cut.lines.map((line) => ({ ...line, text: truncateBytes(line.text, max) }));
    cut = { ...cut, title, lines };
    const all = lines.length;
    const rendered = render(withLines(all, all));
    if (fits(rendered)) return rendered;
    if (max > LINKED_VALUE_BYTES || !fits(render(withLines(all, 0)))) continue;
    return render(
      withLines(
        all,
        most(all, (linked) => fits(render(withLines(all, linked)))),
      ),
    );
  }
  return render(
    withLines(
      most(cut.lines.length, (count) => fits(render(withLines(count, 0)))),
      0,
    ),
  );
}

/** The greatest number below `tooMany` that is good, where every one below a good one is good; at least 0. */
function most(tooMany: number, isGood: (count: number) => boolean): number {
  let good = 0;
  let bad = tooMany;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (isGood(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

function unlinked({ label, text, tells }: Line): Line {
  return { label, text, ...(tells !== undefined && { tells }) };
}

/** What is cut off is counted: by what it tells of, or else by lines. */
function more(left: readonly Line[], language: Message['language']): Line {
  const told = left.reduce((sum, { tells = 0 }) => sum + tells, 0);
  if (told > 0) return { label: '', text: language === 'zh-CN' ? `……另有 ${told} 条` : `… and ${told} more` };
  const count = left.length;
  const text = language === 'zh-CN' ? `……还有 ${count} 行` : `… ${count} more ${count === 1 ? 'line' : 'lines'}`;
  return { label: '', text };
}

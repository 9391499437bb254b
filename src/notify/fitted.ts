import type { Line, Message } from './message.ts';
import { truncateBytes } from './truncate-bytes.ts';

/** A value that is cut below this says nothing any more: rather whole lines go. */
const SHORTEST_VALUE_BYTES = 120;
const LONGEST_TITLE_BYTES = 360;
/** Nobody reads further, and no receiver takes more of them. */
const MOST_LINES = 200;
/** Tried one after the other. */
const VALUE_BYTES = [4_000, 2_000, 1_000, 500, 250, SHORTEST_VALUE_BYTES];

/**
 * A message in a format, as much of it as the receiver takes: long values are cut first, then lines go from the end, and a
 * line says how many. Title and links always stay.
 * @param render puts a message into the format
 * @param fits does the receiver take it?
 */
export function fitted<T>(message: Message, render: (message: Message) => T, fits: (rendered: T) => boolean): T {
  const whole = render(message);
  if (fits(whole)) return whole;
  let cut: Message = { ...message, lines: message.lines.slice(0, MOST_LINES) };
  const withLines = (count: number): Message => {
    const left = message.lines.length - count;
    return left === 0 ? cut : { ...cut, lines: [...cut.lines.slice(0, count), more(left, message.language)] };
  };
  for (const max of VALUE_BYTES) {
    const title = truncateBytes(cut.title, Math.min(max, LONGEST_TITLE_BYTES));
    const lines = cut.lines.map(({ label, text }) => ({ label, text: truncateBytes(text, max) }));
    cut = { ...cut, title, lines };
    const rendered = render(withLines(lines.length));
    if (fits(rendered)) return rendered;
  }
  let fewest = 0;
  let tooMany = cut.lines.length;
  while (tooMany - fewest > 1) {
    const middle = Math.floor((fewest + tooMany) / 2);
    if (fits(render(withLines(middle)))) fewest = middle;
    else tooMany = middle;
  }
  return render(withLines(fewest));
}

function more(left: number, language: Message['language']): Line {
  const text = language === 'zh-CN' ? `……还有 ${left} 行` : `… ${left} more ${left === 1 ? 'line' : 'lines'}`;
  return { label: '', text };
}

/** Ends of lines, control characters, and what turns the direction of writing round so that a text reads as another. */
const UNSEEN = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

/** One line of plain text: a stranger's name can begin no line of its own and end no header. */
export function oneLine(text: string): string {
  return text.toWellFormed().replace(UNSEEN, ' ').trim();
}

const MARK = '…';

/**
 * The text in at most `max` bytes of UTF-8. It is cut between what people take for characters, so that an emoji of several
 * parts stays whole or goes, and ends in "…" where anything was cut.
 */
export function truncateBytes(text: string, max: number): string {
  return truncated(text, max, (each) => Buffer.byteLength(each));
}

/** The same in at most `max` units of UTF-16, by which JavaScript and Java count characters. */
export function truncateUnits(text: string, max: number): string {
  return truncated(text, max, ({ length }) => length);
}

function truncated(text: string, max: number, sizeOf: (text: string) => number): string {
  if (sizeOf(text) <= max) return text;
  let size = sizeOf(MARK);
  if (max < size) return '';
  // Each unit of UTF-16 is one of the others at least: beyond this nothing can fit, and a long text is not segmented to its end.
  const near = text.slice(0, max);
  let kept = '';
  for (const { segment } of new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(near)) {
    size += sizeOf(segment);
    if (size > max) break;
    kept += segment;
  }
  return kept.trimEnd() + MARK;
}

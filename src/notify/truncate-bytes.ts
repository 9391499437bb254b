const MARK = '…';
const MARK_BYTES = Buffer.byteLength(MARK);

/**
 * The text in at most `max` bytes of UTF-8. It is cut between what people take for characters, so that an emoji of several
 * parts stays whole or goes, and ends in "…" where anything was cut.
 */
export function truncateBytes(text: string, max: number): string {
  if (Buffer.byteLength(text) <= max) return text;
  if (max < MARK_BYTES) return '';
  // Each code unit is a byte at least: beyond this nothing can fit, and a long text is not segmented to its end.
  const near = text.slice(0, max);
  let kept = '';
  let bytes = MARK_BYTES;
  for (const { segment } of new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(near)) {
    bytes += Buffer.byteLength(segment);
    if (bytes > max) break;
    kept += segment;
  }
  return kept.trimEnd() + MARK;
}

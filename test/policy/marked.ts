/** Stands in a test's text right before the place where an error is expected. */
const MARK = '▶';

/** The text without its mark, and "line:column" of where the mark stood; `null` where there was none. */
export function unmark(marked: string): { readonly text: string; readonly place: string | null } {
  const at = marked.indexOf(MARK);
  if (at < 0) return { text: marked, place: null };
  const before = marked.slice(0, at).split('\n');
  return { text: marked.replace(MARK, ''), place: `${before.length}:${(before.at(-1) ?? '').length + 1}` };
}

/** The same for many marks: the text without them, and the places of all. */
export function unmarkAll(marked: string): { readonly text: string; readonly places: readonly string[] } {
  const places: string[] = [];
  let text = marked;
  for (let next = unmark(text); next.place !== null; next = unmark(text)) {
    places.push(next.place);
    text = next.text;
  }
  return { text, places };
}

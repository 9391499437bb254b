import type { DetailKind, DetailOf } from './detail.ts';
import type { Say } from './spec.ts';

/** A whole catalogue. */
export type Sentences = { readonly [K in DetailKind]: (given: DetailOf<K>, say: Say) => string };

/** One case for all kinds: of each kind the catalogue has the function that takes it. */
export function worded<K extends DetailKind>(sentences: Sentences, detail: DetailOf<K>, say: Say): string {
  return sentences[detail.kind](detail, say);
}

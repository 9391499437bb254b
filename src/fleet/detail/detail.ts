import type { DETAIL_KINDS } from './kinds.ts';
import type { ArgumentsOf } from './spec.ts';

type AllKinds = typeof DETAIL_KINDS;
export type DetailKind = keyof AllKinds;

/**
 * A sentence for people, as what it is made of: it is put into words where somebody reads it, in that reader's language and
 * with times in that reader's zone. See english.ts and chinese.ts.
 */
export type Detail = DetailOf<DetailKind>;

/** The details of some kinds. */
export type DetailOf<K extends DetailKind> = { [P in K]: { readonly kind: P } & ArgumentsOf<AllKinds[P]> }[K];

/** Words of a person or a cloud, which stay as they are. */
export function verbatim(text: string): Detail {
  return { kind: 'text', text };
}

/** As a cloud, a library or the network said it. */
export function asTold(text: string): Detail {
  return { kind: 'as-told', text };
}

/** Nothing to be said. */
export const NO_DETAIL: Detail = verbatim('');

/** Is there anything to be said? */
export function says(detail: Detail): boolean {
  return detail.kind !== 'text' || detail.text !== '';
}

/** Do they say the same? Neither has an order of its arguments that changes. */
export function isSame(a: Detail, b: Detail): boolean {
  return a.kind === b.kind && JSON.stringify(a) === JSON.stringify(b);
}

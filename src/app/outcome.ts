/** What became of a person's wish. The sentence is for the person. */
export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'not-found'; readonly message: string }
  | { readonly kind: 'invalid'; readonly message: string }
  | { readonly kind: 'refused'; readonly message: string };

export function refuse(message: string): { readonly kind: 'refused'; readonly message: string } {
  return { kind: 'refused', message };
}

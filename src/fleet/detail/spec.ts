import type { Detail } from './detail.ts';

/**
 * What an argument of a detail may be: `text` as it came from a person or a cloud · `word` of a closed list, which each
 * language translates · `number` · `at` epoch ms · `ms` a duration · `fen` money · `flag` · `detail` one more sentence.
 * With a `?` it may be `null`, which stands for what is not known or not said.
 */
export interface ArgumentTypes {
  readonly text: string;
  readonly word: string;
  readonly number: number;
  readonly at: number;
  readonly ms: number;
  readonly fen: number;
  readonly flag: boolean;
  readonly texts: readonly string[];
  readonly words: readonly string[];
  readonly detail: Detail;
  readonly details: readonly Detail[];
}
export type ArgumentName = keyof ArgumentTypes;
export type ArgumentSpec = ArgumentName | `${ArgumentName}?`;

/** Kinds of details with their arguments. From one such table come the type, the check of what was stored, and the tests. */
export type Kinds = Readonly<Record<string, Readonly<Record<string, ArgumentSpec>>>>;

type ArgumentOf<A> = A extends `${infer B extends ArgumentName}?`
  ? ArgumentTypes[B] | null
  : A extends ArgumentName
    ? ArgumentTypes[A]
    : never;

/** The arguments of one kind. */
export type ArgumentsOf<S> = { readonly [A in keyof S]: ArgumentOf<S[A]> };

/** What every catalogue may ask for to say an argument. */
export interface Say {
  /** An instant on the reader's clock; a time that nobody knows in words. */
  readonly time: (at: number | null) => string;
  readonly span: (ms: number | null) => string;
  /** Money with two decimals, without its unit. */
  readonly yuan: (fen: number | null) => string;
  readonly detail: (detail: Detail) => string;
  /** Several sentences as one. */
  readonly all: (details: readonly Detail[]) => string;
}

/** One language for a table of kinds: a kind without a sentence does not compile. */
export type Wording<S extends Kinds> = { readonly [K in keyof S]: (given: ArgumentsOf<S[K]>, say: Say) => string };

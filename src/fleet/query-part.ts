/** What is filled in for each instance. `ip` is the address by which the cloud's listing says the machine is reached. */
export const FILLED_IN = ['id', 'name', 'account', 'ip'] as const;
export type FilledIn = (typeof FILLED_IN)[number];

/**
 * A PromQL query cut up for filling in: text as it stands, and values inside string literals, of which it is known how
 * they are quoted and whether they are read as regular expressions.
 */
export type QueryPart =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'value';
      readonly of: FilledIn;
      readonly quote: '"' | "'" | '`';
      readonly regex: boolean;
    };

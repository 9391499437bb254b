/** By what a report of savings can be read. */
export const SAVINGS_BY = ['policy', 'account', 'instance', 'day', 'label'] as const;
export type SavingsBy = (typeof SAVINGS_BY)[number];

/** Time, cards and money of stops. Money in fen, not rounded: an estimate by prices, of what has one. */
export interface SavingsSum {
  readonly ms: number;
  readonly gpuMs: number;
  /** What that time would have cost, and what the machines cost while they were stopped. */
  readonly grossFen: number;
  readonly keptFen: number;
  readonly stops: number;
  /** Stops after which somebody was there again within half an hour. */
  readonly wrong: number;
  readonly instances: number;
  /** How many of them have no known price, so that no money of theirs is in the sums. */
  readonly unpriced: number;
  /** How many of them nobody says what they cost while stopped: it is taken for nothing. */
  readonly unkept: number;
}

/** What was saved, and apart from it what observing policies would have saved. */
export interface SavingsRow {
  /** A policy, account, "account/id" or day; the value of a label, `null` where it is not set. */
  readonly key: string | null;
  /** Of an instance. */
  readonly name: string | null;
  readonly saved: SavingsSum;
  readonly would: SavingsSum;
}

export interface SavingsReport {
  /** Whole local days, both included: `YYYY-MM-DD`. */
  readonly since: string;
  readonly until: string;
  readonly timezone: string;
  readonly by: SavingsBy;
  /** Of `by: label`. */
  readonly label: string | null;
  /** The most money first; days in their order. */
  readonly rows: readonly SavingsRow[];
  readonly total: SavingsRow;
  /** Accounts that were not watched some of the time: nothing is counted of it. */
  readonly unwatched: readonly { readonly account: string; readonly ms: number }[];
}

/** What was saved on one instance because of one policy on one local day. Money in fen, not rounded. */
export interface SavedTime {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly policy: string;
  /** The cloud's own id. */
  readonly instance: string;
  /** How long it stood stopped, and the same times its cards. */
  readonly ms: number;
  readonly gpuMs: number;
  /** What that time would have cost by its price, and what it cost stopped. */
  readonly grossFen: number;
  readonly keptFen: number;
  /** Of `ms`: without a known price, so that no money is in it; and with nobody saying what it costs stopped. */
  readonly unpricedMs: number;
  readonly unkeptMs: number;
  /** Stops that began, and those that were wrong. */
  readonly stops: number;
  readonly wrong: number;
}

/** What goes into the ledger of an account for the time between two of its listings. */
export interface LedgerEntry {
  /** Up to when the ledger had counted; `null`: it begins with this. */
  readonly from: number | null;
  readonly to: number;
  readonly saved: readonly SavedTime[];
  /** Time that nobody watched, and of which nothing is counted therefore. */
  readonly unwatched: readonly { readonly day: string; readonly ms: number }[];
}

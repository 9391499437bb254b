import type { Instance } from './instance.ts';
import type { Fen } from './money.ts';
import type { ProviderKind } from './provider-kind.ts';

/** Why a listing is not the whole truth. */
export const INCOMPLETE_REASONS = [
  'page-failed',
  'page-repeated',
  'total-mismatch',
  'total-changed',
  'duplicate-ids',
  'bad-rows',
  'unconfirmed-missing',
] as const;
export type IncompleteReason = (typeof INCOMPLETE_REASONS)[number];

/** One reading of an account's instances, as the provider client gives it. Times are epoch ms of our clock. */
export interface Listing {
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly instances: readonly Instance[];
  /** `null`: complete, that is every page read, count equal to the total, no id twice, nearly every row decoded. */
  readonly incomplete: IncompleteReason | null;
  /** Server time by the HTTP `Date` header of the answer, epoch ms, where given. */
  readonly serverTimeAt: number | null;
}

/** What is on the account. Cards (算力卡) may be bound to certain pods, so they are shown and never added to the cash. */
export interface Balance {
  readonly cashFen: Fen;
  readonly cardsFen: Fen;
  readonly at: number;
}

/** What we remember of an instance from one snapshot to the next. */
export interface Tracked {
  readonly instance: Instance;
  /** First seen by us, epoch ms. */
  readonly firstSeenAt: number;
  /** Since when the present status holds, as far as we saw. */
  readonly statusSince: number;
  /** Since when it is up (running without a stop in between), or `null` while it is not. A restart starts it anew. */
  readonly upSince: number | null;
  /** When somebody who was not us last started it, or `null`. */
  readonly personStartAt: number | null;
  /**
   * How it was stopped. `null`: not stopped, or stopped by somebody else, so that which start fits is not known.
   * huixingyun has two stops with a start each, and its listing does not tell which was used.
   */
  readonly stopMode: 'normal' | 'cardless' | null;
  /** The policy that stopped it; `null` where no policy did, or somebody has touched it since. */
  readonly stoppedBy: string | null;
  /** How many complete listings in a row have lacked it. Absent: it was in the last one. */
  readonly missing?: number;
}

/** One account as last seen: what is stored, decided on and shown. */
export interface Snapshot {
  readonly account: string;
  readonly provider: ProviderKind;
  readonly takenAt: number;
  readonly finishedAt: number;
  /** Grows by one with every stored snapshot of the account. */
  readonly generation: number;
  readonly complete: boolean;
  readonly incomplete: IncompleteReason | null;
  /** The listing shrank too much at once to be believed; see `shrunken-snapshot`. */
  readonly shrunken: boolean;
  readonly instances: readonly Tracked[];
  readonly balance: Balance | null;
}

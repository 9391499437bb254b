import type { Action } from './action.ts';
import type { Fen } from './money.ts';
import type { ProviderKind } from './provider-kind.ts';
import type { Billing, Status } from './status.ts';

/** What one card of a product costs, where the API does not say; see decide/price.ts for an instance of several. */
export interface Price {
  readonly hourlyFen: Fen | null;
  readonly dailyFen: Fen | null;
  readonly monthlyFen: Fen | null;
  /** What an hour costs while an hourly instance is stopped, and while it is stopped without cards; absent: nobody says. */
  readonly stoppedFen?: Fen;
  readonly cardlessFen?: Fen;
}

/** One set of credentials at one provider, as configured, without the credentials. */
export interface Account {
  readonly name: string;
  readonly provider: ProviderKind;
  readonly baseUrl: string;
  readonly pollEveryMs: number;
  readonly requestsPerSecond: number;
  readonly actions: readonly Action[];
  /** Keys in lower case. */
  readonly statusWords: ReadonlyMap<string, Status>;
  readonly billingWords: ReadonlyMap<string, Billing>;
  /** By the instance's `gpuType`. */
  readonly prices: ReadonlyMap<string, Price>;
  readonly spendLimit: { readonly perDayFen: Fen | null; readonly callsPerDay: number | null } | null;
}

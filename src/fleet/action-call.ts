/** One way to pay for an instance's time that can be renewed (慧星云 API doc, 实例续费: hourly cannot). */
export type PrepaidUnit = 'daily' | 'monthly';

/**
 * An action with its arguments, as the ledger keeps it and a provider carries it out.
 * `start` says how the instance was stopped, since huixingyun has one start for each stop; `unknown` where nobody knows.
 * `create` carries the provider's own order, already parsed by that provider.
 */
export type ActionCall =
  | { readonly kind: 'stop' }
  | { readonly kind: 'cardless-stop' }
  | { readonly kind: 'start'; readonly stopMode: 'normal' | 'cardless' | 'unknown' }
  | { readonly kind: 'restart' }
  | { readonly kind: 'snapshot'; readonly name: string }
  | { readonly kind: 'renew'; readonly unit: PrepaidUnit; readonly periods: number }
  | { readonly kind: 'lengthen'; readonly to: PrepaidUnit }
  | { readonly kind: 'destroy' }
  | { readonly kind: 'rebuild'; readonly imageId: string }
  | { readonly kind: 'create'; readonly order: Order }
  /** Arms the cloud's own shutdown timer, or cancels it with `null`. */
  | { readonly kind: 'shutdown-timer'; readonly at: number | null };

/** What to buy: flat and without secrets, so that it can be kept in the ledger. */
export type Order = Readonly<Record<string, string | number>>;

/** Periods that may be renewed at once (慧星云 API doc, 实例续费 `pay_period`). */
export const RENEWAL_PERIODS: Readonly<Record<PrepaidUnit, readonly number[]>> = {
  daily: [1, 3, 7],
  monthly: [1, 3, 12],
};

import type { Account } from '../../fleet/account.ts';
import type { Billing, Status } from '../../fleet/status.ts';

/**
 * chenyu v2 "instance/list", `status`. Other numbers exist (23, 25, 26 are left out, and the create sample shows 1):
 * they are `unknown`. v1 numbers the same states differently (1 is starting there), so nothing is shared with it.
 */
const DOCUMENTED: ReadonlyMap<number, Status> = new Map([
  [2, 'running'],
  [21, 'stopping'],
  [22, 'stopped'],
  [24, 'starting'],
  [27, 'restarting'],
]);

/** The account's own `statusWords` (the number as text) go before the documents. */
export function statusOf(status: number, account: Account): Status {
  return account.statusWords.get(String(status)) ?? DOCUMENTED.get(status) ?? 'unknown';
}

/** No page of either API says what the numbers of `charging_type` mean, so only `billingWords` can. */
export function billingOf(chargingType: number | null, account: Account): Billing {
  if (chargingType === null) return 'unknown';
  return account.billingWords.get(String(chargingType)) ?? 'unknown';
}

import type { Account } from '../../../src/fleet/account.ts';
import { ACTIONS } from '../../../src/fleet/action.ts';

/** An account that may do everything, fast. */
export function accountOf(baseUrl: string, changes: Partial<Account> = {}): Account {
  return {
    name: 'hxy',
    provider: 'huixingyun',
    baseUrl,
    pollEveryMs: 60_000,
    requestsPerSecond: 1000,
    actions: ACTIONS,
    statusWords: new Map(),
    billingWords: new Map(),
    prices: new Map(),
    spendLimit: null,
    ...changes,
  };
}

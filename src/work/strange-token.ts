import { strangeness } from '../decide/account-identity.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import type { AccountRuntime, Work } from './ports.ts';

/**
 * Why nothing that is asked with this account's token now may be believed or done: it seems to be another account's, or
 * has not been compared yet. `null`: it is the account's own. Asked before each act and each look at one, since a token
 * may be changed between two listings.
 */
export async function strangeToken(work: Work, { account, mark }: AccountRuntime): Promise<Detail | null> {
  return mark === undefined ? null : strangeness(account.name, await work.store.loadShrink(account.name), mark);
}

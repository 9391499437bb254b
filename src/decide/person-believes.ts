import { ANY_ACCOUNT, type Identity, identityOf } from './account-identity.ts';
import { ANY_SIZE, believeShrunken, type ShrinkState } from './listing-guard.ts';

/** What the guards of an account's listings remember, of its size and of whose it is. */
export interface Guarded extends Partial<ShrinkState> {
  readonly identity: Identity | null;
}

/**
 * What the guards remember after a person has looked at the account: what is listed now is right. Where that is another
 * account's, whatever its token lists next is the account.
 */
export function personBelieves(stored: unknown): Guarded {
  const identity = identityOf(stored);
  if (identity !== null && identity.foreign !== null) return { ...ANY_SIZE, identity: ANY_ACCOUNT };
  return { ...believeShrunken(stored), identity };
}

/**
 * Under which a person's word is kept until the next reading takes it up. Apart from what the guards remember, since a
 * reading that is under way would write over that.
 */
export function beliefKey(account: string): string {
  return `believed|${account}`;
}

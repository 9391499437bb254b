import type { Detail } from '../fleet/detail/detail.ts';
import type { Instance } from '../fleet/instance.ts';
import type { Listing, Snapshot } from '../fleet/snapshot.ts';

/**
 * With one token nobody mistakes an account. So a whole fleet that changed between two listings is believed where it was
 * small, as when the only machine of an account was replaced overnight.
 */
const FEW = 2;

/**
 * Whose listing is it? Neither cloud tells a token whose it is: 慧星云 names the owner only against the console's password,
 * and chenyu's answers (balance, bills, cards) name nobody. What tells accounts apart in all three APIs is their
 * instances: ids are the cloud's own, and no two accounts share one. So the token's digest says whether there is anything
 * to doubt, and one known instance in the listing settles it. An account without instances cannot be told from another.
 */
export interface Identity {
  /** The token by which what is known was read, as {@link Identity} knows it: a digest. `null`: whatever comes next. */
  readonly mark: string | null;
  /** The token that lists another account; `null`: none did lately. */
  readonly foreign: string | null;
}

export interface IdentityJudgement {
  readonly isForeign: boolean;
  readonly identity: Identity;
}

/** Is a listing read with the token of that `mark` the account that is known? `stored` is of whatever shape. */
export function judgeIdentity(
  previous: Snapshot | null,
  listing: Listing,
  stored: unknown,
  mark: string,
): IdentityJudgement {
  const known = identityOf(stored);
  const same = { isForeign: false, identity: { mark, foreign: null } };
  if (known === null || known.mark === null || previous === null || previous.instances.length === 0) return same;
  const before = new Map(previous.instances.map(({ instance }) => [instance.id, instance]));
  if (listing.instances.some((instance) => isKnown(before.get(instance.id), instance))) return same;
  // One token that lists nothing any more: that is for the guard against listings that shrink.
  const isDoubtful =
    known.mark === mark ? listing.instances.length > 0 && previous.instances.length > FEW : isWhole(listing);
  if (known.mark === mark && !isDoubtful) return same;
  // A new token whose listing is in part shows nobody that is known, and proves nothing yet.
  return { isForeign: true, identity: { mark: known.mark, foreign: isDoubtful ? mark : known.foreign } };
}

/** Why nothing may be done on an account with the token of that `mark`; `null`: it is the account's own. */
export function strangeness(account: string, stored: unknown, mark: string): Detail | null {
  const known = identityOf(stored);
  if (known === null) return null;
  if (known.foreign === mark) {
    return { kind: 'foreign-token', account };
  }
  if (known.mark === null || known.mark === mark) return null;
  return { kind: 'new-token', account };
}

/** A person has looked: whatever the next listing holds is the account. */
export const ANY_ACCOUNT: Identity = { mark: null, foreign: null };

function isKnown(before: Instance | undefined, now: Instance): boolean {
  if (before === undefined) return false;
  return before.createdAt === null || now.createdAt === null || before.createdAt === now.createdAt;
}

function isWhole(listing: Listing): boolean {
  return listing.incomplete === null;
}

/** What is stored may be older than this code. */
export function identityOf(stored: unknown): Identity | null {
  if (typeof stored !== 'object' || stored === null || !('identity' in stored)) return null;
  const { identity } = stored;
  if (typeof identity !== 'object' || identity === null || !('mark' in identity) || !('foreign' in identity))
    return null;
  const { mark, foreign } = identity;
  return { mark: typeof mark === 'string' ? mark : null, foreign: typeof foreign === 'string' ? foreign : null };
}

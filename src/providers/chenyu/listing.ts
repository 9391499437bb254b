import type { Account } from '../../fleet/account.ts';
import type { Instance } from '../../fleet/instance.ts';
import type { IncompleteReason } from '../../fleet/snapshot.ts';
import { tooManyBadRows } from '../bad-rows.ts';

export interface DecodedRows {
  readonly instances: readonly Instance[];
  readonly incomplete: IncompleteReason | null;
}

/**
 * Decodes the rows of a walk. A row without an id cannot be shown at all, so the listing is not the whole truth; an odd
 * row is left alone by itself, and many of them spoil the listing.
 */
export function decodeRows(
  walked: { readonly rows: readonly unknown[]; readonly incomplete: IncompleteReason | null },
  account: Account,
  decode: (row: unknown, account: Account) => Instance | null,
): DecodedRows {
  const instances: Instance[] = [];
  let nameless = 0;
  let odd = 0;
  for (const row of walked.rows) {
    const instance = decode(row, account);
    if (instance === null) nameless += 1;
    else instances.push(instance);
    if (instance !== null && instance.problems.length > 0) odd += 1;
  }
  const spoilt = nameless > 0 || tooManyBadRows(odd, walked.rows.length);
  return { instances, incomplete: walked.incomplete ?? (spoilt ? 'bad-rows' : null) };
}

import { actionClass, type CloudAction } from '../fleet/action.ts';
import type { Work } from '../work/ports.ts';

/** Why nothing paid or destructive is done at present; `null`: nothing stands against it. */
export async function frozenNo(work: Work, action: CloudAction): Promise<string | null> {
  if (actionClass(action) === 'reversible') return null;
  const off = work.paidWorkOff();
  if (off !== null) return `paid and destructive work is off: ${off}`;
  const frozen = await work.store.ledger.frozen();
  return frozen === null ? null : frozenSentence(frozen);
}

/** A freeze, in a sentence that says what ends it. */
export function frozenSentence(reason: string): string {
  const why =
    reason === 'amnesia' ? 'the ledger in Redis is not the one that was known, or is older than it was' : reason;
  return `paid and destructive work is frozen: ${why}; lamplighter reconcile ends that`;
}

import { actionClass, type CloudAction } from '../fleet/action.ts';
import type { FreezeReason, StandingFreeze } from '../fleet/freeze.ts';
import type { Work } from '../work/ports.ts';

/** Why nothing of this kind is done on the account at present; `null`: nothing stands against it. */
export async function frozenNo(work: Work, action: CloudAction, account: string): Promise<string | null> {
  const cls = actionClass(action);
  const off = cls === 'reversible' ? null : work.paidWorkOff();
  if (off !== null) return `paid and destructive work is off: ${off}`;
  const freezes = (await work.store.freezes()).filter((freeze) => freeze.class === cls);
  const freeze = freezes.find((each) => each.account === null || each.account === account);
  return freeze === undefined ? null : frozenSentence(freeze);
}

interface Frozen {
  readonly reason: FreezeReason;
  readonly detail: string;
  readonly account?: string | null;
}

/** A freeze, in a sentence that says what ends it. */
export function frozenSentence(freeze: Frozen): string {
  return `${whatIsFrozen(freeze)}; lamplighter reconcile ends that`;
}

/** Which work is frozen, and why. */
function whatIsFrozen(freeze: Frozen): string {
  const { reason, detail, account = null } = freeze;
  const what = account === null ? 'paid and destructive work' : `reversible work on account ${account}`;
  const why =
    reason === 'amnesia'
      ? 'the ledger in Redis is not the one that was known, or is older than it was'
      : `${reason}${detail === '' ? '' : `: ${detail}`}`;
  return `${what} is frozen: ${why}`;
}

/** Everything that is frozen, in one sentence; `null`: nothing is. */
export function frozenAll(freezes: readonly StandingFreeze[]): string | null {
  const sentences = new Set(freezes.map((freeze) => whatIsFrozen(freeze)));
  return sentences.size === 0 ? null : [...sentences].join('; ');
}

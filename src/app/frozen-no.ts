import { actionClass, type CloudAction } from '../fleet/action.ts';
import { type Detail, isSame } from '../fleet/detail/detail.ts';
import { english } from '../fleet/detail/english.ts';
import { readDetail } from '../fleet/detail/stored.ts';
import type { FreezeReason, StandingFreeze } from '../fleet/freeze.ts';
import { rfc3339 } from '../fleet/rfc3339.ts';
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
  return english(frozenDetail(freeze), rfc3339);
}

export function frozenDetail(freeze: Frozen): Detail {
  return { kind: 'ends-by-reconcile', what: whatIsFrozen(freeze) };
}

/** Which work is frozen, and why. */
function whatIsFrozen({ account = null, reason, detail }: Frozen): Detail {
  return { kind: 'work-frozen', account, reason, why: readDetail(detail) };
}

/** Everything that is frozen, in one sentence; `null`: nothing is. */
export function frozenAll(freezes: readonly StandingFreeze[]): string | null {
  const all = allFrozen(freezes);
  return all === null ? null : english(all, rfc3339);
}

export function allFrozen(freezes: readonly StandingFreeze[]): Detail | null {
  const parts = freezes.map((freeze) => whatIsFrozen(freeze));
  const apart = parts.filter((part, place) => parts.findIndex((each) => isSame(each, part)) === place);
  return apart.length === 0 ? null : { kind: 'parts', parts: apart };
}

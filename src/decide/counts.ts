import { POLICY_ACTIONS, type PolicyAction } from '../fleet/action.ts';
import { DECISION_REASONS, type DecisionReason } from '../fleet/reason.ts';

const REASON_INDEX: ReadonlyMap<DecisionReason, number> = new Map(
  DECISION_REASONS.map((reason, index) => [reason, index]),
);
/** A copy of this is made several times as quickly as a typed array, of which small ones are dear. */
const NONE: readonly number[] = DECISION_REASONS.map(() => 0);
const NOT_DUE = DECISION_REASONS.indexOf('not-due');

/** Key of one count: policy, action and reason with NUL between, which no name contains. */
export function countKey(policy: string, action: PolicyAction, reason: DecisionReason): string {
  return `${policy}\u0000${action}\u0000${reason}`;
}

export function parseCountKey(key: string): { policy: string; action: string; reason: string } {
  const [policy = '', action = '', reason = ''] = key.split('\u0000');
  return { policy, action, reason };
}

/** Counts the decisions of one policy, in cells, since `not-due` is counted for nearly every pair. */
export class PolicyCounts {
  readonly policy: string;
  readonly #rows = new Map<PolicyAction, number[]>();

  constructor(policy: string) {
    this.policy = policy;
  }

  /** The cells of one action; keep them at hand where it must be quick. */
  row(action: PolicyAction): number[] {
    let row = this.#rows.get(action);
    if (row === undefined) {
      row = NONE.slice();
      this.#rows.set(action, row);
    }
    return row;
  }

  add(action: PolicyAction, reason: DecisionReason): void {
    addTo(this.row(action), reason);
  }

  addInto(counts: Map<string, number>): void {
    for (const action of POLICY_ACTIONS) {
      const row = this.#rows.get(action);
      if (row === undefined) continue;
      for (const [index, reason] of DECISION_REASONS.entries()) {
        const count = row[index] ?? 0;
        if (count === 0) continue;
        const key = countKey(this.policy, action, reason);
        counts.set(key, (counts.get(key) ?? 0) + count);
      }
    }
  }
}

export function addTo(row: number[], reason: DecisionReason): void {
  const index = REASON_INDEX.get(reason) ?? NOT_DUE;
  row[index] = (row[index] ?? 0) + 1;
}

export function addNotDue(row: number[]): void {
  row[NOT_DUE] = (row[NOT_DUE] ?? 0) + 1;
}

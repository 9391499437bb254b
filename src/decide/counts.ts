import { POLICY_ACTIONS, type PolicyAction } from '../fleet/action.ts';
import { DECISION_REASONS, type DecisionReason } from '../fleet/reason.ts';

const REASON_INDEX: ReadonlyMap<DecisionReason, number> = new Map(
  DECISION_REASONS.map((reason, index) => [reason, index]),
);
const NOT_DUE = DECISION_REASONS.indexOf('not-due');

/** Key of one count: policy, action and reason with NUL between, which no name contains. */
export function countKey(policy: string, action: PolicyAction, reason: DecisionReason): string {
  return `${policy}\u0000${action}\u0000${reason}`;
}

export function parseCountKey(key: string): { policy: string; action: string; reason: string } {
  const [policy = '', action = '', reason = ''] = key.split('\u0000');
  return { policy, action, reason };
}

/** Counts the decisions of one policy. Typed cells, since `not-due` is counted for nearly every pair. */
export class PolicyCounts {
  readonly policy: string;
  readonly #rows = new Map<PolicyAction, Int32Array>();

  constructor(policy: string) {
    this.policy = policy;
  }

  /** The cells of one action; keep them at hand where it must be quick. */
  row(action: PolicyAction): Int32Array {
    let row = this.#rows.get(action);
    if (row === undefined) {
      row = new Int32Array(DECISION_REASONS.length);
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

export function addTo(row: Int32Array, reason: DecisionReason): void {
  const index = REASON_INDEX.get(reason) ?? NOT_DUE;
  row[index] = (row[index] ?? 0) + 1;
}

export function addNotDue(row: Int32Array): void {
  row[NOT_DUE] = (row[NOT_DUE] ?? 0) + 1;
}

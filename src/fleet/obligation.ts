import type { InstanceKey } from './instance.ts';

/**
 * "Start it again when the window closes": made by a policy with `afterwards: start` for an instance that was stopped
 * inside its window. Kept until the instance is up or the window opens again; survives the policy's removal.
 */
export interface ObligationDraft {
  readonly policy: string;
  readonly instance: InstanceKey;
  /** {@link incarnation} of the instance: another machine under the same id owes nothing. */
  readonly incarnation: string;
  /** When the window closes: from then on it is to be started. */
  readonly dueAt: number;
  /** When the window opens again: from then on the obligation lapses. `null`: never. */
  readonly lapsesAt: number | null;
}

export interface Obligation extends ObligationDraft {
  readonly stopMode: 'normal' | 'cardless' | 'unknown';
  readonly stoppedAt: number;
  /** Starts that failed so far, and when the next try may be. */
  readonly attempts: number;
  readonly nextTryAt: number;
}

/** One per (policy, incarnation, window end). */
export function obligationId(obligation: ObligationDraft): string {
  return `${obligation.policy}|${obligation.instance}|${obligation.incarnation}|${obligation.dueAt}`;
}

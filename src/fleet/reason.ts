/** Why nothing is done although a policy matches. One word for log, metric, audit, CLI and console. */
export const INACTION_REASONS = [
  'not-due',
  'paused',
  'observe',
  'hold',
  'protected',
  'not-allowed',
  'not-supported',
  'stale-snapshot',
  'incomplete-snapshot',
  'shrunken-snapshot',
  'unknown-status',
  'unknown-activity',
  'minimum-uptime',
  'open-operation',
  'cooldown',
  'limit-per-pass',
  'limit-per-hour',
  'limit-percent',
  'spend-limit',
  'notice',
  'conflict',
  'frozen',
  'breaker',
  'missed',
] as const;
export type InactionReason = (typeof INACTION_REASONS)[number];

/** Why something is done. */
export const ACT_REASONS = ['due', 'made-up', 'afterwards', 'by-hand'] as const;
export type ActReason = (typeof ACT_REASONS)[number];

export const DECISION_REASONS = [...ACT_REASONS, ...INACTION_REASONS] as const;
export type DecisionReason = (typeof DECISION_REASONS)[number];

/** Is it a reason for acting? */
export function isActReason(reason: DecisionReason): reason is ActReason {
  return ACT_REASONS.some((each) => each === reason);
}

/** Why an operation is in the state it is in. */
export const OPERATION_REASONS = [
  ...ACT_REASONS,
  /** A fresh read showed that the wanted state was there already. */
  'already-so',
  /** A fresh read showed that what the operation was about has changed: another expiry, another machine, gone. */
  'changed',
  /** On a second look the policy no longer asks for it. */
  'no-longer-due',
  'policy-removed',
  'hold',
  'protected',
  'paused',
  'not-allowed',
  'not-supported',
  'spend-limit',
  'limit-per-pass',
  'limit-per-hour',
  'limit-percent',
  'frozen',
  'breaker',
  'unknown-activity',
  'activity',
  'unknown-status',
  'stale-snapshot',
  /** The request is about to leave. */
  'sending',
  /** It took too long between writing SENDING and the first byte; nothing was sent. */
  'send-window',
  'not-sent',
  'not-sent-too-often',
  /** The cloud said yes and named the instance. */
  'accepted',
  /** A documented refusal that names the instance. */
  'refused',
  'unauthorised',
  'throttled',
  /** An answer that says neither yes nor no: a time-out, a reset, a 5xx, a page that is not JSON… */
  'uncertain',
  /** A SENDING record whose writer is gone. */
  'orphan',
  'verifying',
  /** A complete read that began after the request shows the wanted state. */
  'seen',
  'seen-late',
  /** More moved than was asked for. */
  'excess',
  /** Something moved, but not as asked. */
  'odd-change',
  'gone',
  'not-seen',
  /** A start that fell back to stopped, or an image that could not be saved. */
  'failed',
  'approved',
  'closed-by-person',
] as const;
export type OperationReason = (typeof OPERATION_REASONS)[number];

/** Why an operation is handed to a person. */
export const ESCALATION_REASONS = ['odd-change', 'gone', 'not-seen'] as const satisfies readonly OperationReason[];
export type EscalationReason = (typeof ESCALATION_REASONS)[number];

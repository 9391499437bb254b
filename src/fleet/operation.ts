import type { CloudAction } from './action.ts';
import type { ActionCall } from './action-call.ts';
import type { Detail } from './detail/detail.ts';
import type { InstanceKey } from './instance.ts';
import type { Fen } from './money.ts';
import type { ObligationDraft } from './obligation.ts';
import type { ProviderKind } from './provider-kind.ts';
import type { OperationReason } from './reason.ts';
import type { Billing, Status } from './status.ts';

/**
 * The life of one action on one instance:
 *
 *     armed → sending → accepted | uncertain → verifying → confirmed | escalated
 *       │        ├────→ rejected                              escalated → confirmed (seen late) | superseded (approved:
 *       │        └────→ armed (nothing was sent)                          a new attempt follows) | cancelled (closed)
 *       └→ superseded | cancelled
 *
 * `accepted` and `verifying` may also end `cancelled` where the action was only armed at the cloud and was taken back
 * (a shutdown timer), and `rejected` where a reversible action was seen to fail.
 */
export const OPERATION_STATES = [
  'armed',
  'sending',
  'accepted',
  'uncertain',
  'verifying',
  'confirmed',
  'rejected',
  'escalated',
  'superseded',
  'cancelled',
] as const;
export type OperationState = (typeof OPERATION_STATES)[number];

/** Asked for by a person who applied a plan: of a policy, whether it acts by itself or only observes. */
export function isApplied({ policy, by, transitions }: Pick<Operation, 'policy' | 'by' | 'transitions'>): boolean {
  return policy !== null && by.startsWith('person ') && transitions[0]?.reason !== 'approved';
}

/** Who asked for it, in words: a policy, a person, or a person who applied or approved what a policy asks for. */
export function askedBy({ policy, by }: Pick<Operation, 'policy' | 'by'>): string {
  return policy === null || !by.startsWith('person ') ? by : `${by}, for policy ${policy}`;
}

/** How an operation ended, or `null` while it has not. `escalated` waits for a person and may still be confirmed. */
export const OPERATION_OUTCOMES = ['confirmed', 'rejected', 'escalated', 'superseded', 'cancelled'] as const;
export type OperationOutcome = (typeof OPERATION_OUTCOMES)[number];

/** The edges of the map above; the store refuses every other. */
export const OPERATION_EDGES: Readonly<Record<OperationState, readonly OperationState[]>> = {
  armed: ['sending', 'superseded', 'cancelled', 'escalated'],
  sending: ['armed', 'accepted', 'uncertain', 'rejected', 'escalated'],
  accepted: ['verifying', 'confirmed', 'escalated', 'rejected', 'cancelled'],
  uncertain: ['verifying', 'confirmed', 'escalated', 'rejected'],
  verifying: ['verifying', 'confirmed', 'escalated', 'rejected', 'cancelled'],
  escalated: ['confirmed', 'superseded', 'cancelled'],
  confirmed: [],
  rejected: [],
  superseded: [],
  cancelled: [],
};

export function outcomeOf(state: OperationState): OperationOutcome | null {
  return OPERATION_OUTCOMES.find((outcome) => outcome === state) ?? null;
}

/** Nothing more will happen to it. */
export function isTerminal(state: OperationState): boolean {
  return OPERATION_EDGES[state].length === 0;
}

/** What the instance looked like when the operation was armed: the fence that a re-read is held against. */
export interface Observed {
  readonly status: Status;
  readonly billing: Billing;
  readonly createdAt: number | null;
  readonly startedAt: number | null;
  readonly expiresAt: number | null;
  readonly imageId: string | null;
  readonly gpuType: string;
  readonly gpuCount: number | null;
}

export interface Transition {
  readonly seq: number;
  readonly at: number;
  readonly from: OperationState | null;
  readonly to: OperationState;
  readonly reason: OperationReason;
  /** For people; no secret, no raw body. */
  readonly detail: Detail;
  /** "policy NAME", "person NAME" or "lamplighter". */
  readonly by: string;
}

/** What evidence a decision rested on: short facts for people and audit. Times as RFC 3339 text, money as yuan text. */
export type Evidence = Readonly<Record<string, string | number | boolean | null>>;

export interface Operation {
  readonly id: string;
  readonly account: string;
  readonly provider: ProviderKind;
  /** "account/id"; for a `create` that has no instance yet, "account/" and the slot name. */
  readonly instance: InstanceKey;
  readonly instanceId: string;
  readonly instanceName: string;
  readonly action: CloudAction;
  readonly call: ActionCall;
  /** Name of the policy, or `null` for a person's own. */
  readonly policy: string | null;
  /** Index in the policy's `do` list. */
  readonly step: number;
  readonly occurrence: string;
  /** Who asked: "policy NAME" or "person NAME". */
  readonly by: string;
  readonly attempt: number;
  readonly state: OperationState;
  readonly reason: OperationReason;
  readonly detail: Detail;
  /** Grows by one with each transition; the compare-and-set is on (state, version). */
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** When the last SENDING was written, our clock, epoch ms. */
  readonly sendingAt: number | null;
  /** From when on a read counts as after the request: sendingAt + send window + call time. */
  readonly deadlineAt: number | null;
  /** The cloud will carry it out then (chenyu v1's timed stop); else `null`. */
  readonly effectiveAt: number | null;
  /** When to look again; `null` when nothing is to be looked at. */
  readonly nextCheckAt: number | null;
  readonly checks: number;
  /** How often it went back from sending to armed because nothing was sent. */
  readonly tries: number;
  /** What was bought, where the cloud said. */
  readonly orderId: string | null;
  /** Of an order: the ids that the account listed right before it was sent. */
  readonly listedBefore: readonly string[] | null;
  /** What the action is held to cost, where prices are known. */
  readonly costFen: Fen | null;
  readonly observed: Observed;
  readonly evidence: Evidence;
  /** Made when this stop is confirmed. */
  readonly obligations: readonly ObligationDraft[];
  readonly transitions: readonly Transition[];
}

/** What arming needs: the rest is filled in by the ledger. */
export type OperationDraft = Pick<
  Operation,
  | 'id'
  | 'account'
  | 'provider'
  | 'instance'
  | 'instanceId'
  | 'instanceName'
  | 'action'
  | 'call'
  | 'policy'
  | 'step'
  | 'occurrence'
  | 'by'
  | 'attempt'
  | 'costFen'
  | 'observed'
  | 'evidence'
  | 'obligations'
> & { readonly reason: OperationReason; readonly detail: Detail };

/** Fields a transition may set besides the state. */
export type OperationPatch = Partial<
  Pick<
    Operation,
    | 'call'
    | 'sendingAt'
    | 'deadlineAt'
    | 'effectiveAt'
    | 'nextCheckAt'
    | 'checks'
    | 'tries'
    | 'orderId'
    | 'listedBefore'
  >
>;

import type { PolicyAction } from '../fleet/action.ts';
import type { ActionCall } from '../fleet/action-call.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import type { EventName, Severity } from '../fleet/event.ts';
import type { InstanceKey } from '../fleet/instance.ts';
import type { Fen } from '../fleet/money.ts';
import type { Notice } from '../fleet/notice.ts';
import type { Obligation, ObligationDraft } from '../fleet/obligation.ts';
import type { Evidence } from '../fleet/operation.ts';
import type { ActReason, InactionReason } from '../fleet/reason.ts';
import type { InstanceView } from './world.ts';

/** At most `max` of `amount` each within `windowMs` under one key; held again by the ledger, for several replicas. */
export interface Cap {
  readonly key: string;
  readonly reason: 'limit-per-pass' | 'limit-per-hour' | 'limit-percent';
  readonly windowMs: number;
  readonly max: number;
}

/** A step that is to be carried out now. */
export interface CloudAct {
  readonly kind: 'operation';
  readonly policy: string;
  readonly account: string;
  readonly view: InstanceView;
  readonly action: Exclude<PolicyAction, 'notify'>;
  readonly call: ActionCall;
  readonly step: number;
  readonly occurrence: string;
  readonly reason: ActReason;
  readonly evidence: Evidence;
  readonly caps: readonly Cap[];
  readonly costFen: Fen | null;
  readonly obligations: readonly ObligationDraft[];
  /** Set where this start keeps an obligation. */
  readonly obligation: Obligation | null;
}

export interface NotifyAct {
  readonly kind: 'notification';
  readonly policy: string;
  readonly account: string;
  readonly view: InstanceView | null;
  readonly step: number;
  readonly occurrence: string;
  readonly reason: ActReason;
  readonly event: EventName;
  readonly severity: Severity;
  readonly to: readonly string[] | null;
  readonly text: string;
  /** The same with its parts. */
  readonly told: Detail;
  readonly evidence: Evidence;
}

/** A due step that is announced first. */
export interface Announcement {
  readonly kind: 'announcement';
  readonly policy: string;
  readonly account: string;
  readonly view: InstanceView;
  readonly action: Exclude<PolicyAction, 'notify'>;
  readonly notice: Notice;
  readonly evidence: Evidence;
}

/** A policy matched and something kept it from acting. `not-due` is only listed when asked for. */
export interface Refusal {
  readonly kind: 'refusal';
  readonly policy: string;
  readonly account: string;
  /** `null`: decided for the account. */
  readonly instance: InstanceKey | null;
  /** Name of the instance; `null`: decided for the account. */
  readonly name: string | null;
  readonly action: PolicyAction;
  readonly step: number;
  readonly occurrence: string | null;
  readonly reason: InactionReason;
  /** One sentence with the values seen. */
  readonly detail: Detail;
}

/** Housekeeping that follows from what is true now. */
export type Tidy =
  | {
      readonly kind: 'drop-notice';
      readonly notice: Notice;
      readonly why: 'policy-removed' | 'hold' | 'activity' | 'no-longer-due' | 'done';
    }
  | { readonly kind: 'drop-obligation'; readonly obligation: Obligation; readonly why: 'up' | 'lapsed' | 'gone' }
  | { readonly kind: 'recovered'; readonly policy: string; readonly account: string; readonly occurrence: string };

export type Decision = CloudAct | NotifyAct | Announcement | Refusal;

export interface Evaluation {
  readonly at: number;
  readonly acts: readonly (CloudAct | NotifyAct)[];
  readonly announcements: readonly Announcement[];
  /** Due but refused; with `explain` also every `not-due`. */
  readonly refusals: readonly Refusal[];
  readonly tidy: readonly Tidy[];
  /** How often each reason was given, by policy and action: for the metric. */
  readonly counts: ReadonlyMap<string, number>;
  /** Instance × policy pairs looked at. */
  readonly evaluated: number;
}

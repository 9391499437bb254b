import type { CloudAction } from './action.ts';
import type { FreezeReason, FrozenClass } from './freeze.ts';
import type { OperationOutcome } from './operation.ts';
import type { OperationReason } from './reason.ts';

/**
 * Everything that people are told, with what is in it: the catalogue of each language turns it into sentences. Times are
 * epoch ms; `detail` and `own` are text that is shown as it is, in whatever language it is.
 */
export type Said =
  | {
      readonly kind: 'announced';
      readonly action: CloudAction;
      readonly deadlineAt: number;
      /** `null`: it does not rest on idleness. */
      readonly idleSinceAt: number | null;
      readonly probes: string | null;
      /** Two decimals; `null`: not known. */
      readonly yuanPerHour: string | null;
      /** What is lost by it, as the cloud's pages say, in English. */
      readonly aftermath: string;
    }
  | {
      readonly kind: 'notice-off';
      readonly action: CloudAction | null;
      readonly why: 'policy-removed' | 'hold' | 'activity' | 'no-longer-due' | OperationReason;
      readonly detail: string;
    }
  | {
      readonly kind: 'balance-low';
      /** The policy's own words; `null`: ours. */
      readonly own: string | null;
      readonly yuan: string | null;
      readonly belowYuan: string | null;
      /** A duration, such as "3d". */
      readonly runway: string | null;
      readonly runwayBelow: string | null;
    }
  | { readonly kind: 'balance-recovered' }
  | {
      readonly kind: 'expiry-soon';
      readonly own: string | null;
      readonly expiresAt: number | null;
    }
  | {
      readonly kind: 'stuck';
      readonly own: string | null;
      readonly status: string | null;
      readonly sinceAt: number | null;
    }
  | { readonly kind: 'policy-notice'; readonly own: string }
  | { readonly kind: 'lapsed'; readonly detail: string }
  | { readonly kind: 'unpaid'; readonly detail: string }
  | {
      readonly kind: 'restarted-soon';
      readonly restarts: number;
      readonly stoppedAt: number;
      readonly startedAt: number;
      readonly aloneFor: string;
    }
  | { readonly kind: 'unclear-payment'; readonly action: CloudAction; readonly expiresAt: number }
  | {
      readonly kind: 'blind';
      readonly count: number;
      /** Some of them, each with why nobody can tell. */
      readonly named: readonly string[];
      /** What they cost an hour together; `null`: not known. */
      readonly yuanPerHour: string | null;
    }
  | { readonly kind: 'busy-for-nothing'; readonly detail: string }
  | {
      readonly kind: 'frozen';
      readonly classes: readonly FrozenClass[];
      readonly reason: FreezeReason;
      readonly detail: string;
    }
  | { readonly kind: 'unfrozen'; readonly classes: readonly FrozenClass[] }
  | { readonly kind: 'breaker'; readonly limit: number }
  | { readonly kind: 'breaker-closed' }
  | { readonly kind: 'foreign-listing'; readonly known: number; readonly listed: number }
  | { readonly kind: 'shrunken-listing'; readonly before: number; readonly now: number }
  | { readonly kind: 'listing-recovered'; readonly listed: number }
  | { readonly kind: 'unreachable'; readonly detail: string }
  | { readonly kind: 'reachable' }
  | {
      readonly kind: 'outcome';
      readonly outcome: Exclude<OperationOutcome, 'cancelled'>;
      readonly action: CloudAction;
      readonly reason: OperationReason;
      readonly detail: string;
      /** Who asked for it, where no policy did. */
      readonly by: string;
      readonly operation: string;
    }
  | {
      readonly kind: 'operation-closed';
      readonly action: CloudAction;
      readonly operation: string;
      readonly detail: string;
    }
  | { readonly kind: 'reload-held'; readonly things: number; readonly example: string; readonly acknowledge: string }
  | { readonly kind: 'invalid'; readonly errors: number; readonly first: string }
  | { readonly kind: 'valid'; readonly policies: number };

export type SaidKind = Said['kind'];

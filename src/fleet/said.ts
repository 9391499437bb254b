import type { CloudAction } from './action.ts';
import type { Detail } from './detail/detail.ts';
import { isDetail } from './detail/stored.ts';
import type { FreezeReason, FrozenClass } from './freeze.ts';
import type { OperationOutcome } from './operation.ts';
import type { OperationReason } from './reason.ts';

/**
 * Everything that people are told, with what is in it: the catalogue of each language turns it into sentences. Times are
 * epoch ms; `own` is text that is shown as it is, in whatever language it is.
 */
export type Said =
  | {
      readonly kind: 'announced';
      readonly action: CloudAction;
      readonly deadlineAt: number;
      /** `null`: it does not rest on idleness. */
      readonly idleSinceAt: number | null;
      readonly probes: Detail | null;
      /** Two decimals; `null`: not known. */
      readonly yuanPerHour: string | null;
      /** What is lost by it, as the cloud's pages say. */
      readonly aftermath: Detail;
    }
  | {
      readonly kind: 'notice-off';
      readonly action: CloudAction | null;
      readonly why: 'policy-removed' | 'hold' | 'activity' | 'no-longer-due' | OperationReason;
      readonly detail: Detail;
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
  | { readonly kind: 'lapsed'; readonly detail: Detail }
  | { readonly kind: 'unpaid'; readonly detail: Detail }
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
      readonly named: readonly Detail[];
      /** What they cost an hour together; `null`: not known. */
      readonly yuanPerHour: string | null;
    }
  | {
      readonly kind: 'busy-for-nothing';
      readonly detail: Detail;
      /** `null`: not known, or not paid by the hour. */
      readonly yuanPerHour: string | null;
    }
  | {
      readonly kind: 'frozen';
      readonly classes: readonly FrozenClass[];
      readonly reason: FreezeReason;
      readonly detail: Detail;
    }
  | { readonly kind: 'unfrozen'; readonly classes: readonly FrozenClass[] }
  | { readonly kind: 'breaker'; readonly limit: number }
  | { readonly kind: 'breaker-closed' }
  | { readonly kind: 'foreign-listing'; readonly known: number; readonly listed: number }
  | { readonly kind: 'shrunken-listing'; readonly before: number; readonly now: number }
  | { readonly kind: 'listing-recovered'; readonly listed: number }
  | { readonly kind: 'unreachable'; readonly detail: Detail }
  | { readonly kind: 'reachable' }
  | {
      readonly kind: 'outcome';
      readonly outcome: Exclude<OperationOutcome, 'cancelled'>;
      readonly action: CloudAction;
      readonly reason: OperationReason;
      readonly detail: Detail;
      /** Who asked for it, where no policy did. */
      readonly by: string;
      readonly operation: string;
    }
  | {
      readonly kind: 'operation-closed';
      readonly action: CloudAction;
      readonly operation: string;
      readonly detail: Detail;
    }
  | { readonly kind: 'reload-held'; readonly things: number; readonly example: string; readonly acknowledge: string }
  /** More may be done than before, by `things` that are new beside the `before` that were allowed. */
  | { readonly kind: 'reach-widened'; readonly things: number; readonly before: number; readonly example: string }
  | { readonly kind: 'invalid'; readonly errors: number; readonly first: string }
  | { readonly kind: 'valid'; readonly policies: number };

export type SaidKind = Said['kind'];

/** A thing that is said with its details in words, as a catalogue of one language takes it. */
export type Spoken<S> = { readonly [P in keyof S]: SpokenPart<S[P]> };
type SpokenPart<T> = T extends Detail ? string : T extends readonly Detail[] ? readonly string[] : T;

/** Puts the details of what is said into words. */
export function spoken<S extends Said>(said: S, word: (detail: Detail) => string): Spoken<S>;
export function spoken(said: Said, word: (detail: Detail) => string): object {
  return Object.fromEntries(Object.entries(said).map(([name, value]) => [name, wordOf(value, word)]));
}

function wordOf(value: unknown, word: (detail: Detail) => string): unknown {
  if (isDetail(value)) return word(value);
  return Array.isArray(value) ? value.map((each: unknown) => wordOf(each, word)) : value;
}

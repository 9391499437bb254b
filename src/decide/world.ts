import type { Price } from '../fleet/account.ts';
import type { Action } from '../fleet/action.ts';
import type { Activity } from '../fleet/activity.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import type { Hold } from '../fleet/hold.ts';
import type { InstanceKey } from '../fleet/instance.ts';
import type { Labels } from '../fleet/label.ts';
import type { Fen } from '../fleet/money.ts';
import type { Notice } from '../fleet/notice.ts';
import type { Obligation } from '../fleet/obligation.ts';
import type { ProviderKind } from '../fleet/provider-kind.ts';
import type { Tracked } from '../fleet/snapshot.ts';

/** One instance with all that is known of it beside its row. */
export interface InstanceView {
  readonly key: InstanceKey;
  readonly tracked: Tracked;
  readonly labels: Labels;
  /** `null`: no probe is configured for it, which is as good as unknown. */
  readonly activity: Activity | null;
  /** When a hold on it ended that is over; absent or `null`: none has lately. Idleness is counted from then. */
  readonly heldUntil?: number | null;
}

/** How far the account's listing can be trusted, decided once per pass. */
export type Trust = 'good' | 'stale-snapshot' | 'incomplete-snapshot' | 'shrunken-snapshot';

/** One account as a pass sees it. All times epoch ms, money fen. */
export interface AccountView {
  readonly name: string;
  readonly provider: ProviderKind;
  /** What the configuration lets us do there. */
  readonly allowed: ReadonlySet<Action>;
  readonly trust: Trust;
  /** When the listing was taken; `null`: never. */
  readonly takenAt: number | null;
  readonly instances: readonly InstanceView[];
  readonly balanceFen: Fen | null;
  /** What is expected of it; see runway.ts. `null`: it does not end, or is not known. */
  readonly runwayMs: number | null;
  /** Why it is not known; absent or `null`: it is. */
  readonly runwayUnknown?: 'no-balance' | 'stale-balance' | 'no-burn' | null;
  /** Since when the balance has been below `fen` / the runway below `ms` without a break; `null`: it is not, or unknown. */
  balanceBelowSince(fen: Fen): number | null;
  runwayBelowSince(ms: number): number | null;
  /** May paid or destructive work leave? `frozen`: the ledger lost data or fell short; `breaker`: too many unclear answers. */
  readonly paidWork: 'open' | 'frozen' | 'breaker';
  /** Why it is frozen, where that is not for a person to reconcile: the settings of Redis, or the clock. */
  readonly paidWorkOff?: Detail | null;
  /** Why nothing reversible is done there either, until a person has looked; absent or `null`: it is. */
  readonly reversibleOff?: Detail | null;
  /** No action at all: the credentials are refused. */
  readonly breakerOpen: boolean;
  /** Why no action at all is done there: its token seems to be another account's. */
  readonly foreign?: Detail | null;
  readonly prices: ReadonlyMap<string, Price>;
  /** `null`: no limit is configured, so nothing is paid. */
  readonly spend: {
    readonly callsPerDay: number | null;
    readonly perDayFen: Fen | null;
    readonly callsToday: number;
    readonly spentTodayFen: Fen;
  } | null;
  /** When interrupting operations were armed on the account in the last 60 s, over all policies. */
  readonly interruptedAt: readonly number[];
}

/** How far one step of a policy has come for one occurrence. */
export type StepState = 'none' | 'open' | 'done' | 'failed';

/** What was done before, by target ("account/id", or the account's name for account-level policies). */
export interface History {
  /** State of step `step` of a policy for one target and occurrence. */
  step(policy: string, target: string, occurrence: string, step: number): StepState;
  /**
   * The occurrence for which the policy last did a step on the target, so that a list of steps goes on where its own
   * first step made its conditions fail. Without it such lists end there.
   */
  latestOccurrence?(policy: string, target: string): string | null;
  /** When the policy last acted on the target, for `cooldown`. */
  lastActedAt(policy: string, target: string): number | null;
  /** When the policy acted within the last hour, all targets of the account, for `limits`. */
  actedAt(policy: string, account: string): readonly number[];
  /** An unfinished operation: `any` blocks everything, `paid` (an escalated paid one) blocks what costs or destroys. */
  open(instance: InstanceKey): 'none' | 'any' | 'paid';
  lastRenewedAt(instance: InstanceKey): number | null;
  notice(policy: string, instance: InstanceKey, occurrence: string): Notice | null;
  notices(account: string): readonly Notice[];
  obligations(account: string): readonly Obligation[];
  /** The same for one instance, for a look at a few; absent: they are found among all. */
  noticesOf?(instance: InstanceKey): Iterable<Notice>;
  obligationsOf?(instance: InstanceKey): Iterable<Obligation>;
  /** When the daemon first saw a policy of that name; a tick before that is not missed. */
  policySince(policy: string): number | null;
  /** The account-level occurrences that were announced and have not recovered. */
  lowBalance(policy: string, account: string): string | null;
  /** When the policy last came to mean what it means; absent or `null`: longer ago than matters. */
  policyEditedAt?(policy: string): number | null;
  /** Only just before an operation is carried out: the occurrence that it was armed for. */
  armedFor?(policy: string, instance: InstanceKey): string | null;
  /** When a daemon last began while no other was at work; absent or `null`: longer ago than matters. */
  watchBeganAt?(): number | null;
  /** When the last hold on the instance ended, or will; absent or `null`: there was none lately. */
  heldUntil?(instance: InstanceKey): number | null;
  /** How often in a row people have started it soon after a stop for idleness; absent or `null`: they have not. */
  restarts?(instance: InstanceKey): { readonly count: number; readonly lastAt: number } | null;
}

/** Everything an evaluation may know. `now` is asked for once per pass. */
export interface World {
  readonly now: number;
  readonly paused: boolean;
  readonly accounts: readonly AccountView[];
  readonly holds: ReadonlyMap<InstanceKey, Hold>;
  readonly history: History;
}

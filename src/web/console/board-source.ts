import type { Action } from '../../fleet/action.ts';
import type { Detail } from '../../fleet/detail/detail.ts';
import type { Severity } from '../../fleet/event.ts';
import type { FreezeReason, FrozenClass } from '../../fleet/freeze.ts';
import type { Operation, OperationOutcome, OperationState } from '../../fleet/operation.ts';
import type { ProviderKind } from '../../fleet/provider-kind.ts';
import type { InactionReason } from '../../fleet/reason.ts';
import type { SavingsReport } from '../../fleet/savings-report.ts';
import type { Billing, Status } from '../../fleet/status.ts';

/** What the pages of operations, policies, accounts and queues show. Times epoch ms of the daemon's clock, money fen. */
export interface BoardSource {
  /** Of what is in force: cheap. */
  names(): { readonly accounts: readonly string[]; readonly policies: readonly string[] };
  operations(query: OperationQuery): Promise<OperationPage>;
  /** `null`: there is none of that id. */
  operation(id: string): Promise<OperationBoard | null>;
  policies(): Promise<PolicyList>;
  /** `null`: no policy in force has that name. */
  policy(name: string): Promise<PolicyBoard | null>;
  accounts(): Promise<readonly AccountBoard[]>;
  account(name: string): Promise<AccountBoard | null>;
  /** Oldest first. */
  money(account: string, range: MoneyRange): Promise<readonly MoneyPoint[]>;
  /** What was saved in the last 30 days, by day; `null`: on all accounts. */
  savings(account: string | null): Promise<SavingsReport>;
  queues(): Promise<readonly QueueBoard[]>;
}

export interface OperationQuery {
  readonly states: readonly OperationState[] | null;
  readonly account: string | null;
  readonly policy: string | null;
  readonly cursor: string | null;
  readonly limit: number;
}

export interface OperationPage {
  readonly items: readonly Operation[];
  readonly next: string | null;
}

export interface OperationBoard {
  readonly operation: Operation;
  /** The instance as last listed; `null`: its account lists it no more. */
  readonly instance: {
    readonly name: string;
    readonly status: Status;
    readonly billing: Billing;
    readonly expiresAt: number | null;
    readonly listedAt: number;
  } | null;
  /** Another machine has the id by now. */
  readonly isAnother: boolean;
  /** Why a person's approval would be refused now; `null`: it would not. */
  readonly cannotApprove: string | null;
  /** What the last look right before the sending has shown; `null`: none is kept. */
  readonly lastLook: {
    readonly at: number;
    readonly verdict: string;
    readonly since: number | null;
    readonly readings: readonly {
      readonly probe: string;
      readonly verdict: string;
      readonly at: number;
      readonly evidence: Detail;
    }[];
  } | null;
  /** The attempt that followed it, or that it followed. */
  readonly attempts: readonly { readonly id: string; readonly attempt: number; readonly state: OperationState }[];
}

/** A compiled policy as it is told in words: nothing of it is a function. */
export interface PolicyFacts {
  readonly name: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly mode: 'observe' | 'enforce';
  /** `null`: everything. */
  readonly match: MatchFacts | null;
  readonly conditions: readonly ConditionFacts[];
  readonly steps: readonly StepFacts[];
  readonly startsAfterwards: boolean;
  readonly noticeMs: number;
  readonly requireNotice: boolean;
  readonly minimumUptimeMs: number;
  readonly cooldownMs: number;
  readonly catchUpMs: number;
  readonly limits: {
    readonly perPass: number | null;
    readonly perHour: number | null;
    readonly percent: number | null;
  } | null;
  /** What holds for all policies together, where this one interrupts and has no limits of its own. */
  readonly commonLimits: { readonly percent: number; readonly most: number } | null;
  readonly scope: 'instance' | 'account';
  readonly place: { readonly file: string; readonly line: number };
}

/** All clauses must fit, and none of the maps under `not` may; of the values of a clause any may. */
export interface MatchFacts {
  readonly clauses: readonly MatchClause[];
  readonly not: readonly (readonly MatchClause[])[];
}

export type MatchClause =
  /** Patterns, with `*` and `?`. */
  | { readonly about: 'account' | 'gpu' | 'room' | 'id' | 'name'; readonly values: readonly string[] }
  | { readonly about: 'label'; readonly label: string; readonly values: readonly string[] }
  | { readonly about: 'provider'; readonly values: readonly ProviderKind[] }
  | { readonly about: 'status'; readonly values: readonly Status[] }
  | { readonly about: 'billing'; readonly values: readonly Billing[] };

/** One part of a window; days count from 0, Monday, and an end after 1440 lies on the next day. */
export type WindowFacts =
  | { readonly kind: 'always' | 'never'; readonly zone: string }
  | {
      readonly kind: 'weekly';
      readonly days: readonly number[];
      readonly startMinute: number;
      readonly endMinute: number;
      readonly zone: string;
    }
  | {
      readonly kind: 'calendar';
      readonly calendar: string;
      readonly dayKind: 'workdays' | 'restdays' | 'holidays';
      readonly startMinute: number;
      readonly endMinute: number;
      readonly zone: string;
    }
  | { readonly kind: 'interval'; readonly startAt: number; readonly endAt: number; readonly zone: string };

export type ConditionFacts =
  | {
      readonly kind: 'idleFor' | 'expiresWithin' | 'runningFor' | 'stoppedFor' | 'runwayBelow';
      readonly ms: number;
    }
  | { readonly kind: 'statusFor'; readonly ms: number; readonly status: readonly Status[] | null }
  | {
      readonly kind: 'during';
      readonly openings: readonly WindowFacts[];
      readonly inside: boolean;
      readonly changesAt: number | null;
    }
  | { readonly kind: 'cron'; readonly text: string; readonly timezone: string; readonly nextAt: number | null }
  | { readonly kind: 'balanceBelow'; readonly fen: number };

export type StepFacts =
  | { readonly kind: 'stop' | 'cardless-stop' | 'start' | 'restart' | 'destroy' }
  | { readonly kind: 'snapshot'; readonly name: string }
  | { readonly kind: 'renew'; readonly daily: number | null; readonly monthly: number | null }
  | { readonly kind: 'lengthen'; readonly to: 'daily' | 'monthly' }
  | {
      readonly kind: 'notify';
      readonly to: readonly string[] | null;
      readonly severity: Severity;
      /** `null`: a sentence about the facts. */
      readonly text: string | null;
    };

/** What a policy did, was kept from and saved in a stretch of time. */
export interface PolicyTally {
  readonly outcomes: ReadonlyMap<OperationOutcome, number>;
  /** How often it told people something. */
  readonly told: number;
  readonly refusals: ReadonlyMap<InactionReason, number>;
  readonly savedGpuSeconds: number;
  readonly savedFen: number;
}

/** What a policy would have stopped while it only watched, since the beginning. */
export interface ObservedTally {
  readonly stops: number;
  readonly right: number;
  readonly wrong: number;
  readonly unknown: number;
  /** Those of which it cannot be told yet. */
  readonly open: number;
  readonly savedGpuSeconds: number;
  readonly savedFen: number;
}

export interface PolicyRow {
  readonly facts: PolicyFacts;
  /** How many instances (or accounts, where it decides on those) it is about now; `null`: it is turned off. */
  readonly matches: number | null;
  readonly day: PolicyTally;
  readonly week: PolicyTally;
  /** Since the beginning. */
  readonly saved: { readonly gpuSeconds: number; readonly fen: number };
  /** Since the ledger of savings is kept; wrong: a person started it again within half an hour. */
  readonly stops: { readonly count: number; readonly wrong: number };
  readonly observed: ObservedTally;
}

export interface PolicyList {
  readonly rows: readonly PolicyRow[];
  readonly reload: ReloadState;
}

export interface PolicyBoard extends PolicyRow {
  /** What it is about now, and how it stands with each. */
  readonly stands: readonly {
    /** "account/id", or an account. */
    readonly target: string;
    readonly name: string;
    readonly decision: string;
    readonly action: string;
    readonly reason: string;
    readonly told: Detail;
  }[];
  readonly recent: readonly Operation[];
  readonly shadows: readonly {
    readonly instance: string;
    readonly name: string;
    readonly action: string;
    readonly at: number;
    readonly outcome: 'right' | 'wrong' | 'unknown' | 'open';
    readonly endedAt: number | null;
    readonly savedFen: number | null;
  }[];
}

/** A mistake in a file, with the place. Lines and columns count from 1. */
export interface FileMistake {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly hint: string | null;
  /** The line and the caret below it, as they stand in a terminal; empty where there is nothing to show. */
  readonly excerpt: readonly string[];
}

export interface ReloadState {
  readonly ok: boolean;
  readonly at: number | null;
  readonly detail: string;
  /** They come from Redis, since those of the folder cannot be used. */
  readonly fromLastGood: boolean;
  readonly mistakes: readonly FileMistake[];
  /** What `reload: careful` holds until a person says yes to it; `null`: nothing. */
  readonly held: { readonly id: string; readonly reach: readonly string[] } | null;
}

export interface AccountBoard {
  readonly name: string;
  readonly provider: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly failures: number;
  readonly triedAt: number | null;
  readonly okAt: number | null;
  readonly pollEveryMs: number;
  readonly instances: number | null;
  readonly running: number | null;
  /** Is the last listing whole, and believed? `null`: there is none. */
  readonly listing: 'whole' | 'incomplete' | 'shrunken' | null;
  readonly balanceFen: number | null;
  readonly cardsFen: number | null;
  readonly burnFenPerHour: number | null;
  /** What is expected, and the bounds of it; `null`: the money does not end, or it is not known when. */
  readonly runwayMs: number | null;
  readonly runwayPessimisticMs: number | null;
  readonly runwayOptimisticMs: number | null;
  /** Why it is not known; `null`: it is. */
  readonly runwayUnknown: 'no-balance' | 'stale-balance' | 'no-burn' | null;
  /** Products without a price, where that is why the burn or the runway is not known. */
  readonly unpriced: readonly string[];
  readonly spend: {
    readonly calls: number;
    readonly callsLimit: number | null;
    readonly fen: number;
    readonly fenLimit: number | null;
  };
  readonly actions: readonly Action[];
  readonly breakers: readonly {
    readonly kind: 'all' | 'paid';
    readonly until: number;
    readonly why: string;
  }[];
  /** Unclear answers to paid requests within the last hour. */
  readonly unclear: number;
  readonly freezes: readonly {
    readonly class: FrozenClass;
    readonly reason: FreezeReason;
    readonly detail: string;
    /** It is frozen on this account alone. */
    readonly here: boolean;
    readonly at: number | null;
  }[];
  readonly escalated: number;
}

export const MONEY_RANGES = ['6h', '3d', '90d'] as const;
export type MoneyRange = (typeof MONEY_RANGES)[number];

export interface MoneyPoint {
  readonly at: number;
  readonly balanceFen: number | null;
  readonly burnFenPerHour: number | null;
  readonly runwayMs: number | null;
}

/** A queue by its own numbers. Its times are of the real clock. */
export interface QueueBoard {
  readonly queue: string;
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  readonly retrying: number;
  readonly failed: number;
  readonly oldestMs: number | null;
  /** By the minute, oldest first. */
  readonly completed: readonly number[];
  readonly gaveUp: readonly number[];
  readonly failures: readonly {
    readonly jobId: string;
    /** How long ago, ms. */
    readonly agoMs: number | null;
    readonly attempts: number;
    readonly reason: string;
    readonly about: {
      readonly account: string | null;
      readonly operations: readonly string[];
      readonly notifier: string | null;
      readonly event: string | null;
    };
  }[];
}

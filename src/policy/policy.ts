import type { CronTicks } from '../calendar/cron.ts';
import type { Window } from '../calendar/window.ts';
import type { PolicyAction } from '../fleet/action.ts';
import type { PrepaidUnit } from '../fleet/action-call.ts';
import type { Severity } from '../fleet/event.ts';
import type { Instance } from '../fleet/instance.ts';
import type { Labels } from '../fleet/label.ts';
import type { Fen } from '../fleet/money.ts';
import type { Status } from '../fleet/status.ts';
import type { MatchText } from './match-grammar.ts';

export type Mode = 'observe' | 'enforce';

/** Where in which file something stands; lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The compiled `match` of a policy. Total, linear in the length of the names, and without side effects. */
export interface Match {
  /** Does it say `match: all`, or nothing that narrows it? */
  readonly all: boolean;
  /** May an instance of this account match at all? Lets a pass leave out whole accounts. */
  account(account: { readonly name: string; readonly provider: Instance['provider'] }): boolean;
  instance(instance: Instance, labels: Labels): boolean;
  /** Like `instance`, with the `status` clauses left out: what `afterwards` covers. */
  instanceWhateverStatus(instance: Instance, labels: Labels): boolean;
  /** As it was written; left out: not known. */
  readonly given?: MatchText;
  /** One line for people: `provider=huixingyun name=dev-*`. */
  readonly text: string;
}

/** One `when` key; all of a policy's must hold. */
export type Condition =
  | { readonly kind: 'idleFor'; readonly ms: number }
  | { readonly kind: 'during'; readonly window: Window; readonly text: string }
  | { readonly kind: 'cron'; readonly ticks: CronTicks; readonly text: string; readonly timezone: string }
  | { readonly kind: 'expiresWithin'; readonly ms: number }
  | { readonly kind: 'runningFor'; readonly ms: number }
  | { readonly kind: 'stoppedFor'; readonly ms: number }
  | { readonly kind: 'statusFor'; readonly status: readonly Status[] | null; readonly ms: number }
  | { readonly kind: 'balanceBelow'; readonly fen: Fen }
  | { readonly kind: 'runwayBelow'; readonly ms: number };

/** One entry of `do`. */
export type Step =
  | { readonly kind: 'stop' | 'cardless-stop' | 'start' | 'restart' | 'destroy' }
  /** The image's name; `{name}`, `{id}`, `{date}` and `{time}` are filled in. */
  | { readonly kind: 'snapshot'; readonly name: string }
  /** Periods by the instance's own unit; `null`: this policy does not renew that unit. */
  | { readonly kind: 'renew'; readonly periods: Readonly<Record<PrepaidUnit, number | null>> }
  | { readonly kind: 'lengthen'; readonly to: PrepaidUnit }
  | {
      readonly kind: 'notify';
      readonly to: readonly string[] | null;
      readonly severity: Severity;
      readonly text: string | null;
    };

export interface Limits {
  readonly perPass: number | null;
  readonly perHour: number | null;
  /** Of an account's instances, 1 to 100. */
  readonly percent: number | null;
}

/** A checked and compiled policy. Only the policy room makes these. */
export interface Policy {
  readonly name: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly mode: Mode;
  readonly match: Match;
  readonly conditions: readonly Condition[];
  readonly steps: readonly Step[];
  /** `afterwards: start`; only with `during` and a stop. */
  readonly afterwards: 'start' | null;
  readonly noticeMs: number;
  readonly requireNotice: boolean;
  /** Only with `idleFor`; 0 where it does not apply. */
  readonly minimumUptimeMs: number;
  readonly cooldownMs: number;
  readonly catchUpMs: number;
  /** `null`: the default limits over all policies hold. */
  readonly limits: Limits | null;
  readonly timezone: string;
  /** Its conditions are about the account alone (balance, runway, calendar with only notify): decided once per account. */
  readonly scope: 'instance' | 'account';
  readonly place: Place;
  /** Of its text as compiled: changes when, and only when, its meaning may have changed. */
  readonly hash: string;
}

/** Which actions a step list asks for. */
export function policyActions(policy: Policy): readonly PolicyAction[] {
  return policy.steps.map((step) => step.kind);
}

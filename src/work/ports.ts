import type { ActivityObserver } from '../activity/observer.ts';
import type { Zone } from '../calendar/zone.ts';
import type { Cap, Evaluation, Refusal } from '../decide/decision.ts';
import type { History } from '../decide/world.ts';
import type { Account } from '../fleet/account.ts';
import type { CloudAction } from '../fleet/action.ts';
import type { Activity } from '../fleet/activity.ts';
import type { Clock } from '../fleet/clock.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import type { FreezeReason, FrozenClass, StandingFreeze } from '../fleet/freeze.ts';
import type { Hold } from '../fleet/hold.ts';
import type { Instance, InstanceKey } from '../fleet/instance.ts';
import type { Labels } from '../fleet/label.ts';
import type { Fen } from '../fleet/money.ts';
import type { Notice } from '../fleet/notice.ts';
import type { Obligation } from '../fleet/obligation.ts';
import type { Operation, OperationDraft, OperationOutcome } from '../fleet/operation.ts';
import type { OpenThread, Parcel } from '../fleet/parcel.ts';
import type { OperationReason } from '../fleet/reason.ts';
import type { LedgerEntry } from '../fleet/saved-time.ts';
import type { Snapshot } from '../fleet/snapshot.ts';
import type { Notifier } from '../notify/notifier.ts';
import type { Links } from '../notify/words/draft.ts';
import type { PolicyFile } from '../policy/compile.ts';
import type { Mode, Policy } from '../policy/policy.ts';
import type { Provider } from '../providers/port.ts';
import type { HistoryRows } from '../store/history.ts';
import type { ArmResult, TransitionRequest, TransitionResult } from '../store/ledger.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { InstanceFacts, PassFacts } from './facts.ts';
import type { ShadowPort } from './shadow.ts';

/** One account with its open client. */
export interface AccountRuntime {
  readonly account: Account;
  readonly provider: Provider;
  /** Tells its token from another one; a digest. Absent where nobody compares. */
  readonly mark?: string;
}

/** What is in force. Replaced as a whole at a reload; a job takes it once and keeps to it. */
export interface Standing {
  readonly policies: readonly Policy[];
  readonly accounts: ReadonlyMap<string, AccountRuntime>;
  readonly observer: ActivityObserver;
  /** In the order of the configuration. */
  readonly notifiers: ReadonlyMap<string, Notifier>;
  readonly zone: Zone;
  readonly labels: (instance: Instance) => Labels;
  /** What the policies were made of, for whoever keeps it; absent where nobody does. */
  readonly source?: PolicySource;
}

/** The texts of the policies, and what gives them their meaning. */
export interface PolicySource {
  readonly files: readonly PolicyFile[];
  readonly timezone: string;
  readonly mode: Mode;
  /** When they were read, epoch ms. */
  readonly at: number;
}

/** The ledger as the work room asks for it. */
export interface LedgerPort {
  arm(draft: OperationDraft, options: { readonly now: number; readonly caps: readonly Cap[] }): Promise<ArmResult>;
  transition(id: string, request: TransitionRequest): Promise<TransitionResult>;
  get(id: string): Promise<Operation | null>;
  /** All that have not ended, escalated ones included. */
  unfinished(): Promise<readonly Operation[]>;
  /** Operations of the account that were made last, newest first. */
  recent(account: string, limit: number): Promise<readonly Operation[]>;
  /** So many operations of each of these instances that were made last, newest first of each. */
  lastOf(instances: readonly InstanceKey[], count: number): Promise<readonly Operation[]>;
  /** Is the ledger still the one that this machine knows, and as far on? What costs or destroys is frozen where it is not. */
  lookAgain(now: number): Promise<unknown>;
  /** Why paid and destructive work is frozen; `null`: it is not. */
  frozen(): Promise<string | null>;
  /** Nothing of that class is sent until a person reconciles. */
  freeze(cls: 'paid' | 'destructive', reason: FreezeReason, now: number, detail?: string): Promise<void>;
}

/** With what it is answered from, where that can be had: only then can a pass be recorded. */
export type KeptHistory = History & { readonly rows?: HistoryRows };

/** Everything kept in Redis, as the work room asks for it. */
export interface StorePort {
  readonly ledger: LedgerPort;
  /** Looks whether Redis was started anew; what that holds is told by `paidWorkOff`. Answers which start of Redis it is. */
  lookAtRun(now: number): Promise<string>;
  /** How often Redis went away so far. */
  outages(): number;
  loadSnapshot(account: string): Promise<Snapshot | null>;
  /** `false`: a newer one was there already. */
  saveSnapshot(snapshot: Snapshot, now: number): Promise<boolean>;
  loadShrink(account: string): Promise<unknown>;
  saveShrink(account: string, state: unknown): Promise<void>;
  addBalance(account: string, sample: { readonly at: number; readonly fen: Fen }): Promise<void>;
  balances(account: string): Promise<readonly { readonly at: number; readonly fen: Fen }[]>;
  /** Without `hourly` what was armed in the last hour is not read, and asking for it is an error. */
  history(account: string, now: number, needs?: { readonly hourly: boolean }): Promise<KeptHistory>;
  holds(now: number): Promise<readonly Hold[]>;
  paused(): Promise<boolean>;
  spentToday(account: string, day: string): Promise<{ readonly calls: number; readonly fen: Fen }>;
  /** When interrupting operations were armed on the account lately. */
  interruptedAt(account: string, since: number): Promise<readonly number[]>;
  breaker(account: string, now: number): Promise<{ readonly all: boolean; readonly paid: boolean }>;
  tripBreaker(account: string, what: 'all' | 'paid', until: number, why: string): Promise<void>;
  /** Counts an unclear answer on a paid call; answers how many there were in the last hour. */
  countUncertain(account: string, now: number): Promise<number>;
  putNotice(notice: Notice): Promise<boolean>;
  dropNotice(notice: Notice): Promise<void>;
  noticeDelivered(notice: Pick<Notice, 'policy' | 'instance' | 'occurrence'>): Promise<void>;
  obligationsOf(account: string): Promise<readonly Obligation[]>;
  dropObligation(obligation: Obligation): Promise<void>;
  postponeObligation(obligation: Obligation, attempts: number, nextTryAt: number): Promise<void>;
  /** Claims a notification step: `true` once per policy, target, occurrence and step. */
  claim(policy: string, target: string, occurrence: string, step: number, now: number): Promise<boolean>;
  setLowBalance(policy: string, account: string, occurrence: string | null): Promise<void>;
  sawPolicies(names: readonly string[], now: number): Promise<void>;
  audit(entry: AuditEntry): Promise<void>;
  /** Says a thing once until it is unsaid: `true` when it was not said yet. */
  sayOnce(key: string, now: number): Promise<boolean>;
  wasSaid(key: string): Promise<boolean>;
  /** Operations whose outcome nobody has been told of, as far as is known, and since when. */
  untold(before: number): Promise<readonly string[]>;
  markTold(operationId: string): Promise<void>;
  unsay(key: string): Promise<boolean>;
  /** Up to when the ledger of savings has counted; `null`: it has not begun. */
  savingsCountedTo(account: string): Promise<number | null>;
  /** Writes an entry where the ledger still stands at its `from`; answers where it stands now. */
  countSavings(
    account: string,
    entry: LedgerEntry,
    called: ReadonlyMap<string, { readonly name: string; readonly labels: Labels }>,
  ): Promise<{ readonly isCounted: boolean; readonly countedTo: number | null }>;
  /** Everything that is frozen, and why. */
  freezes(): Promise<readonly StandingFreeze[]>;
  /** Freezes a class until a person reconciles; `reversible` needs the account, and leaves the others alone. */
  freezeClass(
    cls: FrozenClass,
    account: string | null,
    reason: FreezeReason,
    detail: string,
    now: number,
  ): Promise<void>;
  /** How long the effects of paid and destructive requests have been seen to take there, in ms, where anything is known. */
  settleTimes(account: string): Promise<ReadonlyMap<CloudAction, number>>;
  learnSettle(account: string, action: CloudAction, delayMs: number): Promise<void>;
  /** When the account was last decided on, by whichever replica; `null`: never. */
  passedAt(account: string): Promise<number | null>;
  savePassedAt(account: string, at: number): Promise<void>;
  health(account: string): Promise<AccountHealth>;
  saveHealth(account: string, health: AccountHealth): Promise<void>;
}

/** How polling an account has gone lately. */
export interface AccountHealth {
  readonly triedAt: number | null;
  readonly okAt: number | null;
  readonly failures: number;
  readonly detail: string;
}

export interface AuditEntry {
  readonly at: number;
  readonly kind:
    | 'decision'
    | 'announcement'
    | 'notification'
    | 'hold'
    | 'pause'
    | 'reload'
    | 'tidy'
    | 'missed'
    | 'breaker'
    | 'freeze'
    | 'refusal'
    | 'account';
  readonly account: string | null;
  readonly instance: InstanceKey | null;
  readonly policy: string | null;
  readonly reason: string;
  readonly text: string;
  /** The same with its parts, where it has any. */
  readonly told?: Detail;
  readonly data: Readonly<Record<string, string | number | boolean | null>>;
}

export type ActQueue = 'act-reversible' | 'act-paid' | 'act-destructive';

export interface QueuePort {
  poll(account: string): Promise<void>;
  evaluate(account: string, cause: string): Promise<void>;
  act(queue: ActQueue, operationId: string, jobId: string, delayMs: number): Promise<void>;
  verify(operationId: string, jobId: string, delayMs: number): Promise<void>;
  /** Rings once, about then, for whatever is due on the account: asked again for the same second it does nothing. */
  look(account: string, delayMs: number): Promise<void>;
  /**
   * Keeps it for the notifier until that has taken it. `waitMs`: it may wait so long for more of its kind; `lookMs`: what it
   * opens is looked at again after so long.
   */
  notify(
    notifier: string,
    parcel: Parcel,
    options: { readonly waitMs: number; readonly lookMs: number },
  ): Promise<void>;
}

/** Counts restarts by people; see decide/leash.ts. Answers how many there are now; 0: this one was counted already. */
export interface LeashPort {
  add(instance: InstanceKey, startedAt: number, lastsMs: number): Promise<number>;
}

/** What was seen at the last look before an operation was sent, kept for as long as the operation is. */
export interface EvidencePort {
  save(operationId: string, activity: Activity): Promise<void>;
}

/** Keeps how the money of each account went, for people to look at. */
export interface MoneyHistoryPort {
  add(
    account: string,
    point: {
      readonly at: number;
      readonly balanceFen: number | null;
      readonly burnFenPerHour: number | null;
      readonly runwayMs: number | null;
    },
  ): Promise<void>;
}

/** Counts what each policy did and saved, by the hour, for people to look at. */
export interface TallyPort {
  outcome(policy: string, outcome: OperationOutcome, at: number): Promise<void>;
  /** A `notify` of it was told. */
  told(policy: string, at: number): Promise<void>;
  saved(policy: string, saving: { readonly gpuSeconds: number; readonly fen: Fen }, at: number): Promise<void>;
}

/** What people were told of and what is not over; see open-threads.ts. */
export interface ThreadPort {
  /** Which of the notifiers were told of it and not of its end, each with the id of what told it. */
  knowing(thread: string, notifiers: readonly string[]): Promise<ReadonlyMap<string, string>>;
  dueThreads(notifier: string, now: number, most: number): Promise<readonly OpenThread[]>;
  /** `repeats`: how often it has been told again by now; `null`: as often as before. */
  lookLater(notifier: string, open: OpenThread, at: number, repeats: number | null): Promise<void>;
  close(notifier: string, thread: string): Promise<void>;
}

/** Keeps what passes knew and what they decided; see app/recording. Never fails and never waits. */
export interface RecorderPort {
  note(seen: {
    /** Absent: nobody knows what the policies were made of, and nothing is kept. */
    readonly source: PolicySource | undefined;
    readonly facts: PassFacts;
    readonly evaluation: Evaluation;
  }): void;
  /** The last look at what a policy has decided, right before it is sent. */
  look(seen: LastLookSeen): void;
}

export interface LastLookSeen {
  /** Epoch ms. */
  readonly at: number;
  readonly operation: Operation;
  /** The machine as it was read then; `null`: it was not read, or is not the same any more. */
  readonly seen: InstanceFacts | null;
  /** Why it is not sent; `null`: it is still due. */
  readonly no: { readonly reason: OperationReason; readonly detail: Detail; readonly later?: true } | null;
}

/** What every processor works with. */
export interface Work {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  readonly newId: () => string;
  readonly store: StorePort;
  readonly queue: QueuePort;
  /** Absent: what observing policies would have stopped is not kept. */
  readonly shadows?: ShadowPort;
  /** Absent: nobody counts who is started again soon after a stop. */
  readonly leashes?: LeashPort;
  /** Absent: the evidence of an operation is what it was armed with. */
  readonly evidence?: EvidencePort;
  /** Absent: how the money went is not kept. */
  readonly moneyHistory?: MoneyHistoryPort;
  /** Absent: nobody counts what each policy did. */
  readonly tallies?: TallyPort;
  /** Absent: nobody is told again, nor of an end that their routes leave out. */
  readonly threads?: ThreadPort;
  /** Absent: nothing is recorded. */
  readonly recorder?: RecorderPort;
  /** Where the console is for whoever gets a message. Absent: nowhere. */
  readonly links?: () => Links | null;
  readonly standing: () => Standing;
  /** Is Redis fit to keep a ledger for paid work? `null`: yes; else what is wrong with it. */
  readonly paidWorkOff: () => string | null;
  /** Whose fault that is, where people are to be told of it. Absent: nobody's. */
  readonly paidWorkOffBy?: () => 'redis' | 'settling' | 'clock' | null;
  /** Told of every transition and decision that acted, for whoever watches (the demo's own lines). */
  readonly onEvent: (line: string) => void;
  /** Told, after each pass over an account, what was due there and is kept from being done, and by the listing of when. */
  readonly onRefusals: (account: string, refusals: readonly Refusal[], takenAt: number | null) => void;
}

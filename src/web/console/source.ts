import type { ActivityVerdict } from '../../fleet/activity.ts';
import type { Detail } from '../../fleet/detail/detail.ts';
import type { Billing, Status } from '../../fleet/status.ts';

/** All times epoch ms of the daemon's clock, money fen. Everything the pages show, without secrets. */
export interface ConsoleSource {
  now(): number;
  /** IANA: for every time on a page. */
  timezone(): string;
  /** What stands around every page. */
  chrome(): Promise<Chrome>;
  fleet(): Promise<Fleet>;
  /** Everything known of "account/id"; `null`: no account lists it. */
  instance(key: string): Promise<InstanceBoard | null>;
  timeline(): Promise<Timeline>;
}

export interface Chrome {
  readonly ready: boolean;
  /** Checks that fail, with why. */
  readonly problems: readonly { readonly name: string; readonly told: Detail }[];
  /** `false`: nothing else can be asked. */
  readonly redis: boolean;
  readonly paused: { readonly by: string; readonly reason: string; readonly at: number } | null;
  readonly escalated: number;
}

export interface HoldRow {
  readonly id: string;
  /** "account/id". */
  readonly instance: string;
  readonly owner: string;
  readonly reason: string;
  readonly createdAt: number;
  readonly until: number;
}

/** Something that will happen to an instance, if everything goes on as it is. */
export interface Coming {
  /** `kept`: it is due then, and something forbids it. `observe`: its policy only watches. */
  readonly kind: 'act' | 'announce' | 'notify' | 'observe' | 'kept';
  readonly at: number;
  /** It is so at the time of looking: `at` tells no more. */
  readonly isNow: boolean;
  readonly action: string;
  readonly policy: string;
  readonly reason: string;
  /** One sentence. */
  readonly told: Detail;
  /** It rests on the activity staying as it is. */
  readonly assumesIdle: boolean;
}

export interface FleetRow {
  /** "account/id". */
  readonly key: string;
  readonly account: string;
  readonly id: string;
  readonly name: string;
  readonly provider: string;
  readonly status: Status;
  readonly cardless: boolean;
  readonly statusSince: number;
  readonly billing: Billing;
  readonly gpu: string;
  readonly gpuCount: number | null;
  readonly room: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly isProtected: boolean;
  readonly expiresAt: number | null;
  readonly activity: {
    readonly verdict: ActivityVerdict;
    readonly since: number | null;
    /** Why it cannot be told. */
    readonly why: Detail | null;
  } | null;
  readonly hold: HoldRow | null;
  /** Fen an hour at present; 0: nothing. `null`: no price is known. */
  readonly costFenPerHour: number | null;
  /** Since local midnight, as far as it is seen. `null`: no price is known. */
  readonly todayFen: number | null;
  /** What happens next; `null`: nothing is foreseen, or nobody has looked yet. */
  readonly next: Coming | null;
  /** Was it looked at what is coming? Right after a start, or a hold, that is still being worked out. */
  readonly isForeseen: boolean;
  readonly problems: readonly Detail[];
}

export interface Fleet {
  readonly rows: readonly FleetRow[];
  readonly accounts: readonly {
    readonly name: string;
    readonly provider: string;
    readonly ok: boolean;
    readonly detail: string;
    readonly listedAt: number | null;
  }[];
}

/** What is coming within a day, by instance. */
export interface Timeline {
  readonly from: number;
  readonly until: number;
  readonly rows: readonly {
    readonly row: FleetRow;
    /** By time. */
    readonly coming: readonly Coming[];
  }[];
  /** Of accounts as a whole. */
  readonly accounts: readonly { readonly account: string; readonly coming: readonly Coming[] }[];
  /** Accounts of which nothing can be told: not listed yet, or still being worked out. */
  readonly missing: readonly string[];
}

/** Times as RFC 3339 from here on, as `lamplighter why` and the API tell them. */
export interface ReadingBoard {
  readonly probe: string;
  readonly verdict: string;
  readonly reason: string | null;
  readonly judges: string;
  readonly at: string;
  readonly age: string | null;
  readonly lastActiveAt: string | null;
  readonly lastPresentAt: string | null;
  readonly told: Detail;
  readonly signals: readonly {
    readonly signal: string;
    readonly verdict: string;
    readonly judges: string;
    readonly value: number | null;
    readonly threshold: number | null;
    readonly unit: string;
    readonly onlyPositive: boolean;
    readonly lastActiveAt: string | null;
    readonly told: Detail;
  }[];
}

export interface IdleBoard {
  readonly verdict: string;
  readonly causeTold: Detail | null;
  readonly since: string | null;
  readonly remarkTold: Detail | null;
  readonly watchedFrom: string | null;
  readonly missed: readonly { readonly at: string; readonly for: string }[];
  readonly protection: { readonly by: string; readonly until: string } | null;
  readonly keepAlive: { readonly owner: string; readonly reason: string; readonly endsAt: string } | null;
  readonly nextCheckAt: string | null;
  readonly readings: readonly ReadingBoard[];
  readonly policies: readonly {
    readonly policy: string;
    readonly idleFor: string;
    readonly provenFor: string;
    readonly countedFrom: string | null;
    readonly countedSince: string | null;
    readonly eligibleAt: string | null;
    readonly notice: string;
    readonly blockers: readonly { readonly what: string; readonly until: string | null; readonly told: Detail }[];
  }[];
}

export interface InstanceBoard {
  readonly row: FleetRow;
  readonly rawStatus: string;
  readonly upSince: number | null;
  readonly createdAt: number | null;
  readonly listedAt: number | null;
  /** By time, within a day. */
  readonly coming: readonly Coming[];
  readonly policies: readonly {
    readonly policy: string;
    readonly mode: string;
    readonly reason: string;
    readonly action: string;
    readonly told: Detail;
    readonly place: string;
  }[];
  readonly notices: readonly {
    readonly policy: string;
    readonly announcedAt: string;
    readonly deadlineAt: string;
    readonly delivered: boolean;
  }[];
  readonly obligations: readonly { readonly policy: string; readonly stoppedAt: string; readonly dueAt: string }[];
  readonly idle: IdleBoard | null;
  readonly operations: readonly {
    readonly id: string;
    readonly action: string;
    readonly policy: string | null;
    readonly by: string;
    readonly state: string;
    readonly reason: string;
    readonly told: Detail;
    readonly createdAt: string;
    readonly updatedAt: string;
    readonly costYuan: string | null;
    readonly evidence: Readonly<Record<string, unknown>>;
  }[];
  readonly audit: readonly {
    readonly at: string;
    readonly kind: string;
    readonly reason: string;
    readonly told: Detail;
  }[];
}

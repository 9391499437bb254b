import type { ActivityVerdict } from '../../fleet/activity.ts';
import type { Billing, Status } from '../../fleet/status.ts';

/** All times epoch ms of the daemon's clock, money fen. Everything the pages show, without secrets. */
export interface ConsoleSource {
  now(): number;
  /** IANA: for every time on a page. */
  timezone(): string;
  /** What stands around every page. */
  chrome(): Promise<Chrome>;
  fleet(): Promise<Fleet>;
}

export interface Chrome {
  readonly ready: boolean;
  /** Checks that fail, with why. */
  readonly problems: readonly { readonly name: string; readonly detail: string }[];
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
  readonly action: string;
  readonly policy: string;
  readonly reason: string;
  /** One sentence. */
  readonly detail: string;
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
    readonly why: string | null;
  } | null;
  readonly hold: HoldRow | null;
  /** Fen an hour at present; 0: nothing. `null`: no price is known. */
  readonly costFenPerHour: number | null;
  /** Since local midnight, as far as it is seen. `null`: no price is known. */
  readonly todayFen: number | null;
  /** What happens next; `null`: nothing is foreseen. */
  readonly next: Coming | null;
  readonly problems: readonly string[];
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

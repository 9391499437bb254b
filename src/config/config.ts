import type { Window } from '../calendar/window.ts';
import type { Account } from '../fleet/account.ts';
import type { Judged } from '../fleet/activity.ts';
import type { EventName, Severity } from '../fleet/event.ts';
import type { Labels } from '../fleet/label.ts';
import type { QueryPart } from '../fleet/query-part.ts';
import type { ServiceKind } from '../fleet/service-kind.ts';
import type { SshOptional, SshThresholds } from '../fleet/ssh-settings.ts';
import type { Match, Mode } from '../policy/policy.ts';
import type { Located } from '../yaml/located.ts';
import type { NotifierConfig } from './notifier-config.ts';
import type { Secret } from './secret.ts';

export interface Listen {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

/** Gives labels to the instances that match. */
export interface LabelRule {
  readonly match: Match;
  readonly set: Labels;
}

export type ProbeConfig =
  /** `url`: with `{id}`, `{name}`, `{account}` and `{ip}` to be filled in; `null`: what the cloud lists. */
  | {
      readonly kind: 'service';
      readonly service: 'jupyter' | ServiceKind;
      readonly url: string | null;
      /** It need not run. */
      readonly optional: boolean;
      readonly token: Secret | null;
    }
  | {
      readonly kind: 'prometheus';
      readonly name: string;
      readonly url: string;
      readonly query: readonly QueryPart[];
      readonly threshold: number;
      readonly judges: Judged;
      /** `null`: the query is not one of which the age of its samples can be asked. */
      readonly staleAfterMs: number | null;
      readonly token: Secret | null;
    }
  | SshConfig
  /** `staleAfterMs` `null`: the probe's own default. */
  | { readonly kind: 'push'; readonly staleAfterMs: number | null };

/** `null` each time: what the cloud lists, or the probe's own default. */
export interface SshConfig {
  readonly kind: 'ssh';
  /** With `{id}`, `{name}` and `{account}` to be filled in. */
  readonly host: string | null;
  readonly port: number | null;
  readonly user: string | null;
  readonly proof:
    | { readonly kind: 'password'; readonly password: Secret }
    | { readonly kind: 'key'; readonly privateKey: Secret; readonly passphrase: Secret | null }
    | null;
  readonly keepAliveFile: string | null;
  readonly optional: readonly SshOptional[];
  readonly thresholds: Partial<SshThresholds>;
  readonly timeoutMs: number | null;
}

export interface ActivityConfig {
  readonly match: Match;
  readonly everyMs: number;
  /** How long people protect after their last sign of life. */
  readonly presenceMs: number;
  readonly probes: readonly ProbeConfig[];
}

/** Which notifications a notifier gets; all of it must fit. `null` each time: whatever it is. */
export interface RouteConfig {
  readonly events: readonly EventName[] | null;
  /** Only this severity or above. */
  readonly severity: Severity;
  readonly accounts: readonly string[] | null;
  /** Of the instance that it is about; of each label any of the values. */
  readonly labels: Readonly<Record<string, readonly string[]>> | null;
}

/** Who is told by a notifier, in which words and when, whatever its type. */
export interface TellingConfig {
  /** One that fits is enough. */
  readonly routes: readonly RouteConfig[];
  readonly language: 'en' | 'zh-CN';
  /** IANA name. */
  readonly timezone: string;
  /** When what is only information waits; `null`: never. */
  readonly quietHours: Window | null;
  /** `null`: as the type needs it, which mostly is not at all. */
  readonly repeatEveryMs: number | null;
}

/** How people reach the console. */
export interface ConsoleConfig {
  /** An origin, such as `https://lamplighter.example.com`. `null`: nobody said. */
  readonly url: string | null;
  /** `null`: only the control token opens it. */
  readonly viewerToken: Secret | null;
}

/** How much is kept of what passes knew and decided. */
export interface RecordingConfig {
  readonly keepMs: number;
  readonly maxBytes: number;
}

/** lamplighter.yaml, checked, with defaults filled in, paths made absolute and secrets read. */
export interface Config {
  readonly file: string;
  readonly timezone: string;
  readonly mode: Mode;
  readonly policiesDir: string;
  /** The address may hold a password. */
  readonly redis: Secret;
  readonly listen: Listen;
  /** In file order. */
  readonly accounts: readonly Account[];
  /** API tokens by account name. */
  readonly tokens: ReadonlyMap<string, Secret>;
  readonly labels: readonly LabelRule[];
  readonly activity: readonly ActivityConfig[];
  /** CIDRs. */
  readonly allowedNetworks: readonly string[];
  readonly notifiers: readonly NotifierConfig[];
  /** By the names of the notifiers, of every one of them. */
  readonly tellings: ReadonlyMap<string, TellingConfig>;
  /** `null`: no control API. */
  readonly controlToken: Secret | null;
  readonly console: ConsoleConfig;
  readonly stateDir: string;
  /** `null`: nothing is recorded. */
  readonly recording: RecordingConfig | null;
  readonly reload: 'normal' | 'careful';
  /** Legal but odd. */
  readonly warnings: readonly Located[];
}

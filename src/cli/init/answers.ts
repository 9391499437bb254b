import { assertNever } from '../../fleet/assert-never.ts';
import type { ProviderKind } from '../../fleet/provider-kind.ts';

/** Those that are reached by an address which is as good as a password. */
const HOOK_TYPES = ['feishu', 'dingtalk', 'wecom', 'slack', 'webhook'] as const;
export type HookType = (typeof HOOK_TYPES)[number];

/** The channels that init can set up. `none`: nobody is told for now. */
export const INIT_NOTIFIERS = [...HOOK_TYPES, 'email', 'alertmanager', 'none'] as const;
export type InitNotifier = (typeof INIT_NOTIFIERS)[number];

/** A secret of somebody's: in a file that is there, or typed, to be written into `file`. */
export type GivenSecret =
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'typed'; readonly file: string; readonly text: string };

export interface Answers {
  readonly accounts: readonly { readonly name: string; readonly provider: ProviderKind; readonly token: GivenSecret }[];
  /** `null`: none. */
  readonly notifier: NotifierAnswer | null;
  readonly redis: string;
  readonly stateDir: string;
  /** Names of machines that may be stopped when nobody works on them, with `*` and `?`. */
  readonly devNames: string;
  /** Names of machines that are always to be there. */
  readonly prodNames: string;
}

export type NotifierAnswer =
  | {
      readonly kind: 'hook';
      readonly type: HookType;
      readonly url: GivenSecret;
      /** `null`: it signs nothing. */
      readonly secret: GivenSecret | null;
    }
  | { readonly kind: 'alertmanager'; readonly url: string | GivenSecret }
  | {
      readonly kind: 'email';
      readonly host: string;
      readonly from: string;
      readonly to: readonly string[];
      /** `null`: the server asks for none. */
      readonly login: { readonly user: string; readonly password: GivenSecret } | null;
    };

/** What of it may have been typed, and is to be written into its file. */
export function secretsOf(notifier: NotifierAnswer | null): readonly GivenSecret[] {
  if (notifier === null) return [];
  switch (notifier.kind) {
    case 'hook':
      return [notifier.url, ...(notifier.secret === null ? [] : [notifier.secret])];
    case 'alertmanager':
      return typeof notifier.url === 'string' ? [] : [notifier.url];
    case 'email':
      return notifier.login === null ? [] : [notifier.login.password];
    default:
      return assertNever(notifier);
  }
}

/** Those that can sign what they send. */
export const SIGNING: readonly HookType[] = ['feishu', 'dingtalk', 'webhook'];

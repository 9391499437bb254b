import type { ProviderKind } from '../../fleet/provider-kind.ts';

/** The channels that init can set up: those of one address. `none`: nobody is told for now. */
export const INIT_NOTIFIERS = ['feishu', 'dingtalk', 'wecom', 'slack', 'webhook', 'none'] as const;
export type InitNotifier = (typeof INIT_NOTIFIERS)[number];

/** A secret of somebody's: in a file that is there, or typed, to be written into `file`. */
export type GivenSecret =
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'typed'; readonly file: string; readonly text: string };

export interface Answers {
  readonly accounts: readonly { readonly name: string; readonly provider: ProviderKind; readonly token: GivenSecret }[];
  /** `null`: none. */
  readonly notifier: {
    readonly type: Exclude<InitNotifier, 'none'>;
    readonly url: GivenSecret;
    /** `null`: it signs nothing. */
    readonly secret: GivenSecret | null;
  } | null;
  readonly redis: string;
  readonly stateDir: string;
  /** Names of machines that may be stopped when nobody works on them, with `*` and `?`. */
  readonly devNames: string;
  /** Names of machines that are always to be there. */
  readonly prodNames: string;
}

/** Those that can sign what they send. */
export const SIGNING: readonly InitNotifier[] = ['feishu', 'dingtalk', 'webhook'];

import type { Severity } from '../fleet/event.ts';
import type { Mailbox } from './mailbox.ts';
import type { Secret } from './secret.ts';

/** Who is mentioned from a severity on, besides those of the lower ones. */
export type Mentions = Readonly<Record<Severity, readonly string[]>>;

interface Common {
  readonly name: string;
}

interface WebhookConfig extends Common {
  readonly type: 'webhook';
  readonly url: Secret;
  readonly secret: Secret | null;
}

interface SignedBotConfig extends Common {
  readonly type: 'feishu' | 'dingtalk';
  readonly url: Secret;
  /** `null`: its security setting is another. */
  readonly secret: Secret | null;
  readonly keyword: string | null;
  readonly mentions: Mentions;
}

interface PlainBotConfig extends Common {
  readonly type: 'wecom' | 'slack';
  readonly url: Secret;
  readonly mentions: Mentions;
}

interface EmailConfig extends Common {
  readonly type: 'email';
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; else STARTTLS. */
  readonly secure: boolean;
  /** `null`: the server asks for none. */
  readonly login: { readonly user: string; readonly password: Secret } | null;
  readonly from: Mailbox;
  readonly to: readonly Mailbox[];
}

interface AlertmanagerConfig extends Common {
  readonly type: 'alertmanager';
  readonly url: Secret;
  readonly labels: Readonly<Record<string, string>>;
  readonly auth:
    | { readonly kind: 'bearer'; readonly token: Secret }
    | { readonly kind: 'basic'; readonly user: string; readonly password: Secret }
    | null;
}

/** One notifier, checked, with its secrets read. */
export type NotifierConfig = WebhookConfig | SignedBotConfig | PlainBotConfig | EmailConfig | AlertmanagerConfig;

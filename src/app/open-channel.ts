import type { NotifierConfig } from '../config/notifier-config.ts';
import { assertNever } from '../fleet/assert-never.ts';
import type { Clock } from '../fleet/clock.ts';
import { Alertmanager, type AlertmanagerAuth } from '../notify/alertmanager.ts';
import type { Channel } from '../notify/channel.ts';
import { DingTalk } from '../notify/dingtalk.ts';
import { Email } from '../notify/email.ts';
import { Feishu } from '../notify/feishu.ts';
import { secretsInUrl } from '../notify/in-their-words.ts';
import { Slack } from '../notify/slack.ts';
import { Webhook } from '../notify/webhook.ts';
import { WeCom } from '../notify/wecom.ts';

/**
 * What a notifier of the configuration sends through. Nothing is opened before the first message.
 * @param repeatEveryMs how often the configuration has what is open told again; `null`: it does not say
 */
export function openChannel(
  notifier: NotifierConfig,
  clock: Pick<Clock, 'now'>,
  repeatEveryMs: number | null,
): Channel {
  const { name } = notifier;
  const now = () => clock.now();
  switch (notifier.type) {
    case 'webhook':
      return new Webhook({ name, ...urlOf(notifier), secret: () => notifier.secret?.reveal() ?? null, now });
    case 'feishu': {
      const { keyword, mentions, secret } = notifier;
      return new Feishu({ name, ...urlOf(notifier), secret: () => secret?.reveal() ?? null, keyword, mentions, now });
    }
    case 'dingtalk': {
      const { keyword, mentions, secret } = notifier;
      return new DingTalk({ name, ...urlOf(notifier), secret: () => secret?.reveal() ?? null, keyword, mentions, now });
    }
    case 'wecom':
      return new WeCom({ name, ...urlOf(notifier), mentions: notifier.mentions, now });
    case 'slack':
      return new Slack({ name, ...urlOf(notifier), mentions: notifier.mentions, now });
    case 'email': {
      const { host, port, secure, login, from, to } = notifier;
      const auth = login === null ? null : { user: login.user, password: () => login.password.reveal() };
      return new Email({ name, host, port, secure, login: auth, from, to, now });
    }
    case 'alertmanager': {
      const { labels, auth } = notifier;
      return new Alertmanager({ name, ...urlOf(notifier), labels, auth: authOf(auth), repeatEveryMs, now });
    }
    default:
      return assertNever(notifier);
  }
}

/** For the one request that it is asked for. */
function urlOf({ url }: Exclude<NotifierConfig, { readonly type: 'email' }>): { readonly url: () => string } {
  return { url: () => url.reveal() };
}

function authOf(auth: Extract<NotifierConfig, { readonly type: 'alertmanager' }>['auth']): AlertmanagerAuth {
  if (auth === null) return null;
  if (auth.kind === 'bearer') return { kind: 'bearer', token: () => auth.token.reveal() };
  return { kind: 'basic', user: auth.user, password: () => auth.password.reveal() };
}

/** What of a notifier must never be shown. */
export function notifierSecrets(notifier: NotifierConfig): readonly string[] {
  switch (notifier.type) {
    case 'webhook':
      return [notifier.url.reveal(), ...(notifier.secret === null ? [] : [notifier.secret.reveal()])];
    case 'feishu':
    case 'dingtalk':
      return [...secretsInUrl(notifier.url.reveal()), ...(notifier.secret === null ? [] : [notifier.secret.reveal()])];
    case 'wecom':
    case 'slack':
      return secretsInUrl(notifier.url.reveal());
    case 'email':
      return notifier.login === null ? [] : [notifier.login.password.reveal()];
    case 'alertmanager': {
      const { auth } = notifier;
      if (auth === null) return [];
      return [auth.kind === 'bearer' ? auth.token.reveal() : auth.password.reveal()];
    }
    default:
      return assertNever(notifier);
  }
}

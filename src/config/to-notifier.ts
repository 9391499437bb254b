import { assertNever } from '../fleet/assert-never.ts';
import type { Subject } from '../policy/findings.ts';
import { httpProblem, isLoopback } from './addresses.ts';
import { parseMailbox } from './mailbox.ts';
import type { Mentions, NotifierConfig } from './notifier-config.ts';
import type { NotifierParts, NotifierType, PartsOf } from './notifier-grammar.ts';
import type { Secret } from './secret.ts';
import type { SecretTaker } from './secret-taker.ts';
import { passwordProblem } from './to-ssh.ts';

type Parts<T extends NotifierType> = PartsOf[T];

/** The Standard Webhooks specification asks for 24 to 64 bytes. */
const SHORTEST_KEY_BYTES = 24;

/** What the address of each bot looks like: that of a page about it is copied just as easily. */
const ADDRESSES = {
  feishu: { fits: /\/open-apis\/bot\/v2\/hook\/[^/?]+$/, like: 'https://open.feishu.cn/open-apis/bot/v2/hook/…' },
  dingtalk: { fits: /\?(?:.*&)?access_token=[^&]+/, like: 'https://oapi.dingtalk.com/robot/send?access_token=…' },
  wecom: { fits: /\?(?:.*&)?key=[^&]+/, like: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…' },
  slack: { fits: /./, like: 'https://hooks.slack.com/services/…' },
} as const;

/** `subject` is the notifier's own map. `null`: refused, with an error. */
export async function toNotifier(
  name: string,
  text: NotifierParts,
  subject: Subject,
  secrets: SecretTaker,
): Promise<NotifierConfig | null> {
  const common = { name };
  switch (text.type) {
    case undefined:
      return null;
    case 'webhook': {
      const url = await takeUrl(text, subject, secrets, httpProblem);
      const secret = await takeSecret(text, subject, secrets);
      const unsigned = secret === null ? null : signingProblem(secret.reveal());
      if (unsigned !== null) {
        subject.error([text.secret === undefined ? 'secretFile' : 'secret'], `the secret ${unsigned}`);
      }
      return url === null ? null : { ...common, type: text.type, url, secret };
    }
    case 'feishu':
    case 'dingtalk': {
      const url = await takeBotUrl(text.type, text, subject, secrets);
      const secret = await takeSecret(text, subject, secrets);
      if (url === null) return null;
      return { ...common, type: text.type, url, secret, keyword: text.keyword ?? null, mentions: mentionsOf(text) };
    }
    case 'wecom':
    case 'slack': {
      const url = await takeBotUrl(text.type, text, subject, secrets);
      return url === null ? null : { ...common, type: text.type, url, mentions: mentionsOf(text) };
    }
    case 'email':
      return { ...common, ...(await toEmail(text, subject, secrets)) };
    case 'alertmanager': {
      const auth = await takeAuth(text, subject, secrets);
      const isOpen = auth === null && !['token', 'tokenFile', 'password', 'passwordFile'].some((key) => key in text);
      const url = await takeUrl(text, subject, secrets, (address) => alertmanagerProblem(address, isOpen));
      return url === null ? null : { ...common, type: text.type, url, labels: text.labels ?? {}, auth };
    }
    default:
      return assertNever(text);
  }
}

type UrlText = { readonly url?: string | undefined; readonly urlFile?: string | undefined };

/** The address as it was given, or `null` with an error. */
async function takeUrl(
  text: UrlText,
  subject: Subject,
  secrets: SecretTaker,
  problemOf: (address: string) => string | null,
): Promise<Secret | null> {
  const url = await secrets.take(subject, [], 'url', { inline: text.url, file: text.urlFile, needed: true });
  if (url === null) return null;
  const problem = problemOf(url.reveal());
  if (problem !== null) subject.error([urlKey(text)], `the address ${problem}`);
  return url;
}

function takeSecret(
  text: { readonly secret?: string | undefined; readonly secretFile?: string | undefined },
  subject: Subject,
  secrets: SecretTaker,
): Promise<Secret | null> {
  return secrets.take(subject, [], 'secret', { inline: text.secret, file: text.secretFile });
}

function urlKey({ url }: UrlText): string {
  return url === undefined ? 'urlFile' : 'url';
}

async function takeBotUrl(
  type: keyof typeof ADDRESSES,
  text: UrlText,
  subject: Subject,
  secrets: SecretTaker,
): Promise<Secret | null> {
  const url = await takeUrl(text, subject, secrets, botUrlProblem);
  const { fits, like } = ADDRESSES[type];
  if (url !== null && !fits.test(url.reveal())) {
    subject.warn([urlKey(text)], `the address does not look like that of a ${type} bot, ${like}`);
  }
  return url;
}

/** Who has the address can write there, so it goes through no net in the clear. */
function botUrlProblem(text: string): string | null {
  const problem = httpProblem(text);
  const url = URL.parse(text);
  if (problem !== null || url === null) return problem;
  if (url.username !== '' || url.password !== '') return 'must hold no user and no password';
  return url.protocol === 'https:' || isLoopback(url.hostname)
    ? null
    : 'must be https, since it is as good as a password; http only for this machine itself';
}

/** Inside a cluster or a compose network Alertmanager has no TLS; what must not be heard there are passwords. */
function alertmanagerProblem(text: string, isOpen: boolean): string | null {
  const problem = httpProblem(text);
  const url = URL.parse(text);
  if (problem !== null || url === null) return problem;
  if (url.username !== '' || url.password !== '') return 'must hold no user and no password; there are keys for them';
  if (url.search !== '' || url.hash !== '') return 'must end with its path; api/v2/alerts is added';
  if (url.pathname.includes('/api/v')) return 'must be without api/v2/alerts, which is added';
  return isOpen || url.protocol === 'https:' || isLoopback(url.hostname)
    ? null
    : 'must be https, since a password goes there; http only for this machine itself';
}

async function takeAuth(text: Parts<'alertmanager'>, subject: Subject, secrets: SecretTaker) {
  const token = await secrets.take(subject, [], 'token', { inline: text.token, file: text.tokenFile });
  const login = await takeLogin(text, subject, secrets);
  if (token !== null && login !== null) {
    subject.error(['user'], 'a token and a user are both set; keep one', { part: 'key' });
    return null;
  }
  if (token !== null) return { kind: 'bearer', token } as const;
  return login === null ? null : ({ kind: 'basic', ...login } as const);
}

async function takeLogin(text: Parts<'alertmanager' | 'email'>, subject: Subject, secrets: SecretTaker) {
  const { user, password: inline, passwordFile: file } = text;
  const given = { inline, file, needed: user !== undefined, problem: passwordProblem };
  const password = await secrets.take(subject, [], 'password', given);
  if (user === undefined && (inline !== undefined || file !== undefined) && !subject.lost.perhaps(['user'])) {
    subject.error([inline === undefined ? 'passwordFile' : 'password'], 'there is a password and no user', {
      part: 'key',
    });
  }
  return user === undefined || password === null ? null : { user, password };
}

const SMTPS = 465;
const SUBMISSION = 587;

async function toEmail(text: Parts<'email'>, subject: Subject, secrets: SecretTaker) {
  const { host = '', from = '', to = [] } = text;
  const port = text.port ?? (text.secure === false ? SUBMISSION : SMTPS);
  const secure = text.secure ?? port === SMTPS;
  const login = await takeLogin(text, subject, secrets);
  return {
    type: 'email',
    host,
    port,
    secure,
    login,
    from: parseMailbox(from) ?? { name: '', address: '' },
    to: to.flatMap((each) => parseMailbox(each) ?? []),
  } as const;
}

function mentionsOf({ mentions }: Parts<'feishu' | 'dingtalk' | 'wecom' | 'slack'>): Mentions {
  const { info = [], warning = [], critical = [] } = mentions ?? {};
  return { info, warning, critical };
}

/** What is wrong with a signing secret; `null`: nothing. Base64 that is none would sign with an empty key, which anybody has. */
function signingProblem(secret: string): string | null {
  if (!secret.startsWith('whsec_')) return null;
  const rest = secret.slice('whsec_'.length);
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(rest) && rest.length % 4 === 0;
  const isLong = Buffer.from(rest, 'base64').length >= SHORTEST_KEY_BYTES;
  return isBase64 && isLong ? null : `must be base64 of at least ${SHORTEST_KEY_BYTES} bytes behind whsec_`;
}

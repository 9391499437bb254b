import { closed, type Hint } from './bot-answer.ts';
import type { Channel, Delivery } from './channel.ts';
import { fitted } from './fitted.ts';
import { inTheirWords } from './in-their-words.ts';
import type { Link, Message } from './message.ts';
import { mark, plainLines, plainLinks, safeUrl, titleOf } from './message-parts.ts';
import { oneLine } from './one-line.ts';
import { mailIds } from './thread.ts';
import { truncateBytes } from './truncate-bytes.ts';

/** One mail in all: servers that greet late to keep spam away take their time. */
const TIMEOUT_MS = 30_000;
const LONGEST_SUBJECT_BYTES = 240;
const MAX_TEXT_BYTES = 64 * 1024;

export interface Mailbox {
  readonly name: string;
  readonly address: string;
}

export interface EmailOptions {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; else STARTTLS. */
  readonly secure: boolean;
  readonly login: { readonly user: string; readonly password: () => string } | null;
  readonly from: Mailbox;
  readonly to: readonly Mailbox[];
  readonly now: () => number;
  readonly timeoutMs?: number;
}

/** Mail by SMTP, never in the clear but to this machine itself. */
export class Email implements Channel {
  readonly name: string;
  readonly kind = 'email';
  readonly reader = 'person';
  /** Mail servers name no common limit; whoever sends faster than this is taken for spam by some. */
  readonly limits = [{ max: 30, perMs: 60_000 }];
  readonly #options: EmailOptions;

  constructor(options: EmailOptions) {
    this.name = options.name;
    this.#options = options;
  }

  async send(message: Message, signal: AbortSignal): Promise<Delivery> {
    const { host, port, secure, login, from, to, now, timeoutMs = TIMEOUT_MS } = this.#options;
    const limit = AbortSignal.timeout(timeoutMs);
    const password = login?.password();
    const isHere = isLoopback(host);
    // Twenty megabytes and a third of a second that nobody without mail has to spend.
    const { createTransport } = await import('nodemailer');
    const transport = createTransport({
      host,
      port,
      secure,
      // Without it a man in the middle who takes STARTTLS out of the greeting reads password and mail.
      requireTLS: !secure && !isHere,
      // Nobody stands between this machine and itself, and the certificate of a mail server there is seldom one.
      tls: { minVersion: 'TLSv1.2', rejectUnauthorized: !isHere },
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      disableFileAccess: true,
      disableUrlAccess: true,
      ...(login === null || password === undefined ? {} : { auth: { user: login.user, pass: password } }),
    });
    try {
      const info = await transport.sendMail({
        ...mailOf(message, from, to, now()),
        signal: AbortSignal.any([signal, limit]),
      });
      const words = inTheirWords(String(info.response ?? ''), secretsOf(login?.user, password));
      const refused = (info.rejected ?? []).map(String).join(', ');
      return { kind: 'delivered', answer: refused === '' ? words : `${words}; not for ${oneLine(refused)}` };
    } catch (error) {
      signal.throwIfAborted();
      if (limit.aborted) return { kind: 'retry', detail: `no mail sent within ${timeoutMs / 1000} s`, afterMs: null };
      return judge(error, message, secretsOf(login?.user, password));
    } finally {
      transport.close();
    }
  }
}

/** Header texts are one line each, and addresses come from the configuration alone. */
export function mailOf(message: Message, from: Mailbox, to: readonly Mailbox[], now: number) {
  const subject = `${mark(message)} [Lamplighter] ${titleOf(message)}`;
  const { messageId, references } = mailIds(message, from.address.slice(from.address.lastIndexOf('@') + 1));
  const inReplyTo = references.at(-1);
  const isUrgent = message.severity === 'critical' && message.mood !== 'recovered';
  return {
    from,
    to: [...to],
    subject: truncateBytes(subject, LONGEST_SUBJECT_BYTES),
    text: fitted(message, plainOf, (text) => Buffer.byteLength(text) <= MAX_TEXT_BYTES),
    html: fitted(message, htmlOf, (text) => Buffer.byteLength(text) <= 2 * MAX_TEXT_BYTES),
    date: new Date(now),
    messageId,
    ...(inReplyTo === undefined ? {} : { references: [...references], inReplyTo }),
    ...(isUrgent ? { priority: 'high' as const } : {}),
    // So that no holiday notice answers.
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
  };
}

function plainOf(message: Message): string {
  const lines = message.lines.flatMap((line) => plainLines(line, message));
  const parts = [titleOf(message), lines.join('\n'), plainLinks(message.links, message).join('\n')];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function htmlOf(message: Message): string {
  const cell = 'padding:2px 12px 2px 0;vertical-align:top';
  const rows = message.lines.map(({ label, text, link }) => {
    const value = [escaped(text), ...htmlLinks(link === undefined ? [] : [link])].join(' ');
    return label === ''
      ? `<tr><td colspan="2" style="${cell}">${value}</td></tr>`
      : `<tr><td style="${cell};color:#6b7280;white-space:nowrap">${escaped(label)}</td><td style="${cell}">${value}</td></tr>`;
  });
  const links = htmlLinks(message.links);
  return [
    `<!doctype html><html lang="${message.language}"><body style="font:15px/1.5 sans-serif">`,
    `<p style="border-left:4px solid ${colour(message)};padding-left:12px;font-weight:600">${escaped(titleOf(message))}</p>`,
    rows.length === 0 ? '' : `<table style="border-collapse:collapse">${rows.join('')}</table>`,
    links.length === 0 ? '' : `<p>${links.join(' · ')}</p>`,
    '</body></html>',
  ].join('\n');
}

function htmlLinks(links: readonly Link[]): readonly string[] {
  return links.flatMap(({ label, url }) => {
    const safe = safeUrl(url);
    return safe === null ? [] : [`<a href="${escaped(safe)}">${escaped(label)}</a>`];
  });
}

function colour({ mood, severity }: Message): string {
  if (mood === 'recovered') return '#16a34a';
  return severity === 'critical' ? '#dc2626' : severity === 'warning' ? '#d97706' : '#2563eb';
}

function escaped(text: string): string {
  return oneLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** The password and the forms in which it goes over the line, which servers like to quote. */
function secretsOf(user: string | undefined, password: string | undefined): readonly string[] {
  if (password === undefined) return [];
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  return [password, base64(password), base64(`\u0000${user ?? ''}\u0000${password}`)];
}

const EAUTH: Hint = {
  en: 'user and passwordFile are not what the server asks for; many (QQ, 163, Gmail) want a code made for programs instead of the password',
  'zh-CN': 'user 或 passwordFile 不对；QQ、163、企业邮箱等多要用「授权码」而不是登录密码',
};
const ETLS: Hint = {
  en: 'the server has no STARTTLS on this port: set port 465, where TLS is there from the start',
  'zh-CN': '服务器在这个端口不支持 STARTTLS：改用 465 端口（一开始就是 TLS）',
};

/** RFC 4954: all of them are about who sends, wherever in the talk they come. */
const WHO_ARE_YOU: readonly number[] = [530, 534, 535, 538];

/** By nodemailer's codes. */
const HINTS: Readonly<Record<string, Hint>> = { EAUTH, ETLS };

function judge(error: unknown, { language }: Message, secrets: readonly string[]): Delivery {
  const code = textOf(error, 'code');
  const status = numberOf(error, 'responseCode');
  const words = inTheirWords(textOf(error, 'response') || (error instanceof Error ? error.message : ''), secrets);
  if (status === null) {
    const detail = `not delivered: ${code === '' ? 'no code' : code}${words === '' ? '' : `, ${words}`}`;
    return { kind: 'retry', detail, afterMs: null };
  }
  const detail = `the mail server answered ${status}: ${words}`;
  if (status < 500) return { kind: 'retry', detail, afterMs: null };
  const hint = WHO_ARE_YOU.includes(status) ? EAUTH : HINTS[code];
  return hint === undefined ? { kind: 'failed', detail, hint: null } : closed(detail, hint[language]);
}

function textOf(error: unknown, key: 'code' | 'response'): string {
  const value = error instanceof Error && key in error ? Reflect.get(error, key) : undefined;
  return typeof value === 'string' ? value : '';
}

function numberOf(error: unknown, key: 'responseCode'): number | null {
  const value = error instanceof Error && key in error ? Reflect.get(error, key) : undefined;
  return typeof value === 'number' ? value : null;
}

import { EVENTS, type EventName, type Notification, SEVERITIES, type Severity } from '../fleet/event.ts';
import { closed, elsewhere, type Hint } from './bot-answer.ts';
import type { Channel, Delivery } from './channel.ts';
import { inTheirWords, secretsInUrl } from './in-their-words.ts';
import type { Language, Message } from './message.ts';
import { lineText, safeUrl } from './message-parts.ts';
import { oneLine } from './one-line.ts';
import { type Answer, postJson } from './post-json.ts';

/** Alertmanager forgets an alert that nobody sends again: its clients do so every minute or so. */
const REPEAT_MS = 60_000;
/** What happened once is shown for the time that Alertmanager itself gives an alert (`resolve_timeout`). */
const SHORTEST_HOLD_MS = 300_000;
/** So many repeats may get lost before an alert that is still open ends there. */
const REPEATS_HELD = 3;

export type AlertmanagerAuth =
  | { readonly kind: 'bearer'; readonly token: () => string }
  | { readonly kind: 'basic'; readonly user: string; readonly password: () => string }
  | null;

export interface AlertmanagerOptions {
  readonly name: string;
  /** Without api/v2/alerts. */
  readonly url: () => string;
  readonly auth: AlertmanagerAuth;
  /** For every alert, besides ours. */
  readonly labels: Readonly<Record<string, string>>;
  /** How often what is open is sent again, where the configuration says so. */
  readonly repeatEveryMs: number | null;
  readonly now: () => number;
  readonly timeoutMs?: number;
}

interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL?: string;
}

/**
 * Prometheus' Alertmanager, API v2. Which alert it is, is its labels, so nothing that changes stands in these. It is told of
 * what is open again and again, and of its end by the same labels.
 */
export class Alertmanager implements Channel {
  readonly name: string;
  readonly kind = 'alertmanager';
  readonly reader = 'program';
  readonly limits = [];
  readonly repeatEveryMs: number;
  readonly #options: AlertmanagerOptions;

  constructor(options: AlertmanagerOptions) {
    this.name = options.name;
    this.repeatEveryMs = options.repeatEveryMs ?? REPEAT_MS;
    this.#options = options;
  }

  async send(message: Message, signal: AbortSignal): Promise<Delivery> {
    const { auth, labels, timeoutMs } = this.#options;
    const [url, now] = [this.#options.url(), this.#options.now()];
    const holdMs = Math.max(SHORTEST_HOLD_MS, REPEATS_HELD * this.repeatEveryMs);
    const alerts = alertsOf(message, { labels, now, holdMs });
    const { header, secrets } = authorization(auth);
    const answer = await postJson(`${url.replace(/\/+$/, '')}/api/v2/alerts`, JSON.stringify(alerts), {
      headers: header === null ? {} : { authorization: header },
      signal,
      now,
      timeoutMs,
    });
    return judge(answer, alerts.length, message.language, [...secretsInUrl(url), ...secrets]);
  }
}

interface AlertOptions {
  readonly labels: Readonly<Record<string, string>>;
  readonly now: number;
  readonly holdMs: number;
}

/** @returns what is to be posted; of a message that all is well the ends of all alerts that it may be the end of */
export function alertsOf(message: Message, { labels, now, holdMs }: AlertOptions): readonly Alert[] {
  const generatorURL = message.links.map(({ url }) => safeUrl(url)).find((url) => url !== null);
  return message.notifications.flatMap((notification) => {
    const base = {
      annotations: annotationsOf(message, notification),
      ...(generatorURL === undefined ? {} : { generatorURL }),
    };
    const began = Date.parse(notification.at);
    const startsAt = new Date(Number.isNaN(began) ? now : Math.min(began, now)).toISOString();
    if (message.mood !== 'recovered') {
      const own = labelsOf(notification, notification.event, notification.severity);
      return [{ labels: { ...labels, ...own }, ...base, startsAt, endsAt: new Date(now + holdMs).toISOString() }];
    }
    // How severe it was that is over now, nobody says here; the end of an alert that never began is no news.
    const endsAt = new Date(now).toISOString();
    return endedBy(notification.event).flatMap((event) =>
      SEVERITIES.map((severity) => {
        const own = labelsOf(notification, event, severity);
        // It began before it ended, or Alertmanager refuses it.
        return { labels: { ...labels, ...own }, ...base, startsAt: endsAt, endsAt };
      }),
    );
  });
}

/** The events of the same kind of thing: what is confirmed at last is no longer escalated. */
function endedBy(event: EventName): readonly EventName[] {
  if (event === 'policy.notice') return ['decision.announced'];
  const [kind] = event.split('.', 1);
  return EVENTS.filter((each) => each !== event && each.split('.', 1)[0] === kind);
}

function labelsOf(
  { account, instance, policy, action, reason, details }: Notification,
  event: EventName,
  severity: Severity,
): Readonly<Record<string, string>> {
  const all: Readonly<Record<string, string | null>> = {
    alertname: details.test === true ? 'LamplighterTest' : alertName(event),
    severity,
    account,
    // Its name can change.
    instance: instance === null ? null : `${account ?? ''}/${instance.id}`,
    policy,
    action,
    reason: isAspect(event, reason) ? reason : null,
  };
  // To Alertmanager an empty label is none.
  const some = Object.entries(all).flatMap(([key, value]) =>
    value === null || value === '' ? [] : [[key, oneLine(value)] as const],
  );
  return Object.fromEntries(some);
}

/** Of these one event is said of different matters, and of the end of each with the same reason; other reasons come and go. */
function isAspect(event: EventName, reason: string | null): boolean {
  return event.startsWith('snapshot.') || (event.startsWith('account.') && reason === 'breaker');
}

/** `operation.escalated` is LamplighterOperationEscalated: names of alerts are written so. */
export function alertName(event: string): string {
  const words = event.split('.').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `Lamplighter${words.join('')}`;
}

function annotationsOf(message: Message, { text }: Notification): Readonly<Record<string, string>> {
  if (message.notifications.length > 1) return { summary: oneLine(text) };
  const description = message.lines.map((line) => lineText(line, message)).join('\n');
  const summary = { summary: oneLine(message.title) };
  return description === '' ? summary : { ...summary, description };
}

function authorization(auth: AlertmanagerAuth): {
  readonly header: string | null;
  readonly secrets: readonly string[];
} {
  if (auth === null) return { header: null, secrets: [] };
  if (auth.kind === 'bearer') {
    const token = auth.token();
    return { header: `Bearer ${token}`, secrets: [token] };
  }
  const password = auth.password();
  const both = Buffer.from(`${auth.user}:${password}`).toString('base64');
  return { header: `Basic ${both}`, secrets: [password, both] };
}

const LABELS: Hint = {
  en: 'Alertmanager does not take the labels under labels',
  'zh-CN': 'Alertmanager 不接受 labels 里的标签',
};
/** What ends only when a person mends it. */
const HINTS: Readonly<Record<number, Hint>> = {
  401: {
    en: 'tokenFile, or user and passwordFile, are not what it asks for',
    'zh-CN': 'tokenFile 或 user、passwordFile 不对',
  },
  403: { en: 'whoever logs in may not post alerts', 'zh-CN': '登录的用户没有发送告警的权限' },
  404: {
    en: 'url is where Alertmanager is, without api/v2/alerts; it needs version 0.16 or newer',
    'zh-CN': 'url 只写 Alertmanager 的地址，不带 api/v2/alerts；需要 0.16 或更新的版本',
  },
};

function judge(answer: Answer, count: number, language: Language, secrets: readonly string[]): Delivery {
  if (answer.kind === 'none') return { kind: 'retry', detail: answer.detail, afterMs: null };
  const { status, body, retryAfterMs } = answer;
  if (status === 200) return { kind: 'delivered', answer: `200, ${count} ${count === 1 ? 'alert' : 'alerts'}` };
  const words = inTheirWords(body, secrets);
  const detail = `alertmanager answered ${status}${words === '' ? '' : `: ${words}`}`;
  if (status >= 500 || status === 408 || status === 425 || status === 429) {
    return { kind: 'retry', detail, afterMs: retryAfterMs };
  }
  const hint = HINTS[status];
  if (hint !== undefined) return closed(detail, hint[language]);
  if (status === 400) return { kind: 'failed', detail, hint: LABELS[language] };
  return elsewhere(detail, status, language) ?? { kind: 'failed', detail, hint: null };
}

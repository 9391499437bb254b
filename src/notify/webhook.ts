import type { Notification } from '../fleet/event.ts';
import type { Channel, Delivery } from './channel.ts';
import type { Message } from './message.ts';
import { retryAfterMs, TIMEOUT_MS, whyNot } from './post-json.ts';
import { signatureHeaders } from './standard-webhooks.ts';

export interface WebhookOptions {
  readonly name: string;
  readonly url: () => string;
  /** Signs by Standard Webhooks when there is one. */
  readonly secret: () => string | null;
  readonly now: () => number;
  /** Real ms for one attempt in all; 10 s where absent. */
  readonly timeoutMs?: number;
}

/** `POST`s the notification as JSON. A 2xx is success; 4xx other than 408, 425 and 429 will not get better by repeating. */
export class Webhook implements Channel {
  readonly name: string;
  readonly kind = 'webhook';
  readonly reader = 'program';
  readonly limits = [];
  readonly #options: WebhookOptions;

  constructor(options: WebhookOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** One request for each notification; of several the first that is not taken decides what becomes of them all. */
  async send({ notifications }: Message, signal: AbortSignal): Promise<Delivery> {
    let last: Delivery = { kind: 'delivered', answer: '' };
    for (const notification of notifications) {
      last = await this.#post(notification, signal);
      if (last.kind !== 'delivered') break;
    }
    return last;
  }

  async #post(notification: Notification, signal: AbortSignal): Promise<Delivery> {
    const body = bodyOf(notification);
    const timeoutMs = this.#options.timeoutMs ?? TIMEOUT_MS;
    const limit = AbortSignal.timeout(timeoutMs);
    try {
      const secret = this.#options.secret();
      const now = this.#options.now();
      const headers = {
        'content-type': 'application/json; charset=utf-8',
        'user-agent': 'lamplighter',
        'webhook-id': notification.id,
        ...(secret === null ? {} : signatureHeaders(secret, notification.id, now, body)),
      };
      const response = await fetch(this.#options.url(), {
        method: 'POST',
        headers,
        body,
        redirect: 'manual',
        signal: AbortSignal.any([signal, limit]),
      });
      // The body is not wanted, but the connection is.
      await response.body?.cancel();
      return judgeStatus(response.status, response.headers.get('retry-after'), now);
    } catch (error) {
      signal.throwIfAborted();
      const detail = limit.aborted ? `no answer within ${timeoutMs / 1000} s` : whyNot(error);
      return { kind: 'retry', detail, afterMs: null };
    }
  }
}

/** Exactly the public fields, and nothing that somebody hung onto the object. */
function bodyOf(notification: Notification): string {
  const { version, id, event, severity, at, account, provider, instance, policy, action } = notification;
  const { occurrence, reason, text, details } = notification;
  const machine = instance === null ? null : { id: instance.id, name: instance.name, status: instance.status };
  const who = { account, provider, instance: machine };
  const what = { policy, action, occurrence, reason, text, details };
  return JSON.stringify({ version, id, event, severity, at, ...who, ...what });
}

function judgeStatus(status: number, retryAfter: string | null, now: number): Delivery {
  if (status >= 200 && status < 300) return { kind: 'delivered', answer: String(status) };
  const detail = `the receiver answered ${status}`;
  if (status >= 500 || status === 408 || status === 425 || status === 429) {
    return { kind: 'retry', detail, afterMs: retryAfterMs(retryAfter, now) };
  }
  return { kind: 'failed', detail, hint: null };
}

import { type EventName, type Notification, SEVERITIES, type Severity } from '../fleet/event.ts';
import type { Channel, Delivery } from './channel.ts';
import { signatureHeaders } from './standard-webhooks.ts';

/** A receiver that takes longer is asked again later; the receiver drops the repeat by its id. */
const TIMEOUT_MS = 10_000;
const SHORTEST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 3_600_000;

export interface WebhookOptions {
  readonly name: string;
  readonly url: () => string;
  /** Signs by Standard Webhooks when there is one. */
  readonly secret: () => string | null;
  /** `null`: every event. */
  readonly events: readonly EventName[] | null;
  readonly atLeast: Severity;
  readonly now: () => number;
}

/** `POST`s the notification as JSON. A 2xx is success; 4xx other than 408, 425 and 429 will not get better by repeating. */
export class Webhook implements Channel {
  readonly name: string;
  readonly #options: WebhookOptions;

  constructor(options: WebhookOptions) {
    this.name = options.name;
    this.#options = options;
  }

  accepts(notification: Notification): boolean {
    const { events, atLeast } = this.#options;
    return (
      (events === null || events.includes(notification.event)) &&
      SEVERITIES.indexOf(notification.severity) >= SEVERITIES.indexOf(atLeast)
    );
  }

  async send(notification: Notification, signal: AbortSignal): Promise<Delivery> {
    const body = JSON.stringify(notification);
    const secret = this.#options.secret();
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      'user-agent': 'lamplighter',
      'webhook-id': notification.id,
      ...(secret === null ? {} : signatureHeaders(secret, notification.id, this.#options.now(), body)),
    };
    try {
      const response = await fetch(this.#options.url(), {
        method: 'POST',
        headers,
        body,
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      // The body is not wanted, but the connection is.
      await response.body?.cancel();
      return judgeStatus(response.status, response.headers.get('retry-after'));
    } catch (error) {
      signal.throwIfAborted();
      return { kind: 'retry', detail: why(error), afterMs: null };
    }
  }
}

function judgeStatus(status: number, retryAfter: string | null): Delivery {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  const detail = `the receiver answered ${status}`;
  if (status >= 500 || status === 408 || status === 425 || status === 429) {
    const seconds = retryAfter !== null && /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) : null;
    const afterMs = seconds === null ? null : Math.min(LONGEST_RETRY_MS, Math.max(SHORTEST_RETRY_MS, seconds * 1000));
    return { kind: 'retry', detail, afterMs };
  }
  return { kind: 'failed', detail };
}

/** The URL of a webhook is a credential, so only the code of the failure is told. */
function why(error: unknown): string {
  if (error instanceof Error) {
    if (error.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1000} s`;
    const cause = error.cause;
    if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string')
      return `not delivered: ${cause.code}`;
  }
  return 'not delivered';
}

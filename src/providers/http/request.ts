import type { CallOutcome, ReadFailure } from '../port.ts';

/** One request below the account's origin. */
export interface HttpRequest {
  /** What it is called in errors, metrics and logs, such as "instances/list". */
  readonly operation: string;
  readonly method: 'GET' | 'POST';
  /** Starts with a slash. */
  readonly path: string;
  /** Sent in this order. */
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: Readonly<Record<string, unknown>>;
  /** Largest body read; otherwise the client's own limit. */
  readonly maxBytes?: number;
  /** Makes `body` of the answer's bytes, in the place of `JSON.parse`. Rejects where they are not JSON. */
  readonly parse?: (raw: Buffer) => Promise<unknown>;
}

/** An answer that was JSON. `body` goes into a decoder and nowhere else: it may hold passwords. */
export interface JsonAnswer {
  readonly status: number;
  readonly body: unknown;
  /** When the attempt that got this answer began and when its last byte was read, epoch ms. */
  readonly startedAt: number;
  readonly finishedAt: number;
  /** The HTTP `Date` header, epoch ms. */
  readonly serverTimeAt: number | null;
  /** Makes a vendor's own text fit for an error: secrets blotted out, control characters gone, at most 200 characters. */
  readonly quote: (text: unknown) => string;
}

/** What a decoder makes of the answer to a read. */
export type Decoded<T> =
  | { readonly kind: 'value'; readonly value: T }
  | {
      readonly kind: 'failed';
      readonly failure: Exclude<ReadFailure, 'not-sent'>;
      readonly detail: string;
      readonly retryAfterMs?: number;
    };

export function decoded<T>(value: T): Decoded<T> {
  return { kind: 'value', value };
}

/** The answer is not in the documented shape; `where` names the field and what is wrong with it, never its value. */
export function undocumented(where: string): {
  readonly kind: 'failed';
  readonly failure: 'protocol';
  readonly detail: string;
} {
  return { kind: 'failed', failure: 'protocol', detail: `the answer is not as documented: ${where}` };
}

/** A refusal in the vendor's own documented form. */
export type Refusal =
  | { readonly kind: 'rejected' | 'unauthorised' | 'uncertain'; readonly detail: string }
  | { readonly kind: 'throttled'; readonly retryAfterMs: number; readonly detail: string };

/**
 * Reads a vendor's documented refusal out of any JSON answer (status 2xx or 4xx); `null`: this is none. Asked before the
 * decoder and before the HTTP status is judged. For reads `uncertain` is tried again.
 */
export type RefusalReader = (answer: JsonAnswer) => Refusal | null;

export type ReadDecoder<T> = (answer: JsonAnswer) => Decoded<T>;
/** Only asked for a 2xx answer. What it throws counts as `uncertain`. */
export type SendDecoder = (answer: JsonAnswer) => CallOutcome;

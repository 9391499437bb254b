import type { Message } from './message.ts';

/**
 * What became of one attempt to deliver. No text in it holds an address or a secret.
 * `delivered`: the receiver itself said so, by its body where it has one; `answer` is what it said, short.
 * `retry`: the same message may be sent again, with the same id; `afterMs`: the receiver asked for so long a pause; `hint`:
 * the receiver takes nothing at all from us before a person has done this, and the message is kept until then.
 * `muted`: the receiver takes nothing at all for `forMs`; nothing is tried there before.
 * `failed`: repeating does not help; `hint` says what a person can do about it.
 */
export type Delivery =
  | { readonly kind: 'delivered'; readonly answer: string }
  | { readonly kind: 'retry'; readonly detail: string; readonly afterMs: number | null; readonly hint?: string | null }
  | { readonly kind: 'muted'; readonly detail: string; readonly forMs: number }
  | { readonly kind: 'failed'; readonly detail: string; readonly hint: string | null };

/** So many sends in any stretch of so many ms, over all replicas. */
export interface RateLimit {
  readonly max: number;
  readonly perMs: number;
}

/** One way to reach somebody. `send` never throws for what the receiver does. */
export interface Channel {
  readonly name: string;
  /** As in the configuration: feishu, webhook… */
  readonly kind: string;
  /**
   * Who reads it. A person gets bursts as one message; a program gets every notification by itself and at once, so that
   * `message.notifications` has one entry.
   */
  readonly reader: 'person' | 'program';
  /** Every one of them is kept; empty: the receiver names none. */
  readonly limits: readonly RateLimit[];
  /** What is open is sent again so often where the configuration does not say; absent: not at all. */
  readonly repeatEveryMs?: number;
  send(message: Message, signal: AbortSignal): Promise<Delivery>;
}

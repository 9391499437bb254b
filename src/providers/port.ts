import type { ActionCall, Order } from '../fleet/action-call.ts';
import type { Instance } from '../fleet/instance.ts';
import type { ProviderKind } from '../fleet/provider-kind.ts';
import type { Balance, Listing } from '../fleet/snapshot.ts';
import type { SshAccess } from '../fleet/ssh-access.ts';

/**
 * What became of one request that changes something. Classified once, in the HTTP client and the decoder; callers ask
 * the `kind` and never read messages.
 */
export type CallOutcome =
  /** Documented success that names the instance. Still to be verified. `effectiveAt`: when the cloud will do it, if later. */
  | {
      readonly kind: 'accepted';
      readonly orderId: string | null;
      readonly effectiveAt: number | null;
      readonly detail: string;
    }
  /** A documented refusal that names the instance, or (the gate not asked) a call that can never be sent: final. */
  | { readonly kind: 'rejected'; readonly detail: string }
  /** The credentials were refused before anything was done. */
  | { readonly kind: 'unauthorised'; readonly detail: string }
  /** The cloud asked to come back later, in its documented way, and did nothing. Clamped to 1 s .. 1 h. */
  | { readonly kind: 'throttled'; readonly retryAfterMs: number; readonly detail: string }
  /** Provably no byte of the request left. */
  | { readonly kind: 'not-sent'; readonly detail: string }
  /** Anything else: the cloud may or may not have done it. */
  | { readonly kind: 'uncertain'; readonly detail: string };

export type CallOutcomeKind = CallOutcome['kind'];

/** Why a read failed. `protocol`: an answer that is not in the documented shape. */
export const READ_FAILURES = ['not-sent', 'rejected', 'uncertain', 'unauthorised', 'throttled', 'protocol'] as const;
export type ReadFailure = (typeof READ_FAILURES)[number];

/** A failed read, with a message free of secrets and bodies. */
export class ProviderError extends Error {
  readonly kind: ReadFailure;
  readonly account: string;
  readonly operation: string;
  readonly retryAfterMs: number | null;

  constructor(
    kind: ReadFailure,
    account: string,
    operation: string,
    message: string,
    options: { cause?: unknown; retryAfterMs?: number } = {},
  ) {
    super(`${account}: ${operation}: ${message}`, { cause: options.cause });
    this.name = 'ProviderError';
    this.kind = kind;
    this.account = account;
    this.operation = operation;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

/** What somebody gave one of the reads of `lamplighter call` is not what it takes; the message says what is. */
export class BadArgument extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BadArgument';
  }
}

/** The send gate of a paid or destructive call: asked when connected and just before the first byte is written. */
export type SendGate = () => boolean | Promise<boolean>;

export interface ActOptions {
  readonly signal: AbortSignal;
  /** Answer `false` and nothing is sent: the outcome is `not-sent`. */
  readonly gate: SendGate;
}

/** How far a named image has come. */
export type SavedImage = 'absent' | 'saving' | 'saved' | 'failed';

/** One read-only vendor call for `lamplighter call`. */
export interface ReadOperation {
  readonly name: string;
  readonly summary: string;
  /** Validates the JSON argument strictly and returns decoded data without secrets. @throws BadArgument, ProviderError */
  run(argument: unknown, signal: AbortSignal): Promise<unknown>;
}

/** Which machine is to be logged in to, and how old the listing may be that says how. */
export interface SshAccessRequest {
  readonly id: string;
  /** An id may come back for another machine. */
  readonly createdAt: number | null;
  readonly maxAgeMs: number;
  /** Told when the cloud is asked for it, for metrics. */
  readonly onListing?: () => void;
}

/**
 * One account at one cloud: a handful of verbs. Every method may be called at any time and concurrently; the account's
 * rate budget is kept inside. Reads throw {@link ProviderError}; {@link act} never throws for what the cloud does.
 */
export interface Provider {
  readonly kind: ProviderKind;
  readonly account: string;
  /** The whole account. A listing that could be read in part is returned with `incomplete` set; nothing usable throws. */
  list(signal: AbortSignal): Promise<Listing>;
  /**
   * One instance as it is now: by id where the cloud has such a call (chenyu v2 `/instance/info`, v1 `/instance/status`
   * for the status), else by a listing. `null`: a complete answer does not contain it.
   */
  read(id: string, signal: AbortSignal): Promise<Instance | null>;
  /** `null`: this cloud has no balance call. */
  balance(signal: AbortSignal): Promise<Balance | null>;
  /** Sends exactly one request for one instance. Never retried inside. */
  act(id: string, call: ActionCall, options: ActOptions): Promise<CallOutcome>;
  savedImage(name: string, instance: Instance, signal: AbortSignal): Promise<SavedImage>;
  /**
   * How to log in to an instance, by the last listing that this process has read; where it has none so young, it reads one.
   * Never stored: it comes from a listing into memory. `null`: the cloud names no way in. Absent: it never does.
   */
  sshAccess?(request: SshAccessRequest, signal: AbortSignal): Promise<SshAccess | null>;
  /** Checks what `do create` was given; throws an Error that says what, the value and what is allowed. */
  parseOrder(argument: unknown): Order;
  readonly reads: readonly ReadOperation[];
  close(): Promise<void>;
}

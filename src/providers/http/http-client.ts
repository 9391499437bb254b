import type { ActionClass } from '../../fleet/action.ts';
import type { Clock } from '../../fleet/clock.ts';
import { type CallOutcome, ProviderError, type ReadFailure, type SendGate } from '../port.ts';
import {
  describeAnswer,
  failedRead,
  refusedRead,
  refusedSend,
  type StatusClass,
  statusClass,
  worthRetrying,
} from './classify.ts';
import { DEFAULT_LIMITS, type HttpLimits } from './limits.ts';
import { checkedOrigin } from './origin.ts';
import { RateBudget } from './rate-budget.ts';
import type { HttpRequest, JsonAnswer, ReadDecoder, Refusal, RefusalReader, SendDecoder } from './request.ts';
import { clampRetryAfter, httpDate, retryAfterMs } from './retry-after.ts';
import { Secrets } from './secrets.ts';
import { Transport, type WireAnswer, type WireRequest } from './transport.ts';

export interface HttpClientOptions {
  /** Name of the account, for errors. */
  readonly account: string;
  /** An origin; https unless its host is loopback. */
  readonly baseUrl: string;
  /** The bare token. `null`: calls carry none. */
  readonly token: string | null;
  /** The `Authorization` header made of the token; the token alone where absent. */
  readonly authorization?: (token: string) => string;
  readonly requestsPerSecond: number;
  readonly clock: Clock;
  /** 0 up to 1: jitter of retries. */
  readonly random: () => number;
  readonly limits?: Partial<HttpLimits>;
  /** The vendor's documented way of saying no; absent where it documents none. */
  readonly refusal?: RefusalReader;
  readonly onAnswer?: (time: AnswerTime) => void;
}

/** What an answer of a cloud says of the time there. Epoch ms of our clock, except where said. */
export interface AnswerTime {
  readonly startedAt: number;
  readonly finishedAt: number;
  /** How long that was on the monotonic clock, ms. */
  readonly tookMs: number;
  /** By its `Date` header, which tells whole seconds. */
  readonly serverTimeAt: number;
}

/** When an attempt began, on both clocks. */
interface Began {
  readonly at: number;
  readonly ms: number;
}

export interface ReadOptions {
  readonly signal: AbortSignal;
  /** Called once, when the first attempt is about to leave: who asks from now on may not be served by this answer. */
  readonly onStart?: () => void;
  /** 1 for what must not be repeated although it is no action, such as a call that carries a password. */
  readonly maxAttempts?: number;
}

export interface SendOptions {
  readonly signal: AbortSignal;
  readonly gate: SendGate;
  readonly actionClass: ActionClass;
}

const HEADER_SAFE = /^[\x21-\x7e]+$/;

/** A read and two retries. */
const MAX_ATTEMPTS = 3;
/** Full jitter over 0.5 s, then 1 s: long enough for a gateway to recover, short against the shortest poll interval. */
const RETRY_BASE_MS = 500;
/** A read does not wait longer than this for a cloud that asks to come back later; the next poll is the better retry. */
const LONGEST_RETRY_WAIT_MS = 5_000;

/** The two with which a `Retry-After` means "leave me alone so long" (RFC 9110 §10.2.3, RFC 6585 §4). */
const PAUSE_STATUSES: ReadonlySet<number> = new Set([429, 503]);

interface Understood {
  readonly status: StatusClass;
  readonly answer: JsonAnswer | null;
  readonly refusal: Refusal | null;
  /** Noted already; `null` where none was asked for. */
  readonly pauseMs: number | null;
}

interface FailedAttempt {
  readonly failure: ReadFailure;
  readonly detail: string;
  readonly retryAfterMs: number | null;
  readonly cause: unknown;
}

/**
 * One account's way to its cloud: rate budget, limits, retries of reads, classification, redaction. It knows no vendor.
 * The token is in private fields only; bodies go to the decoder that came with the request and nowhere else.
 */
export class HttpClient {
  readonly account: string;
  readonly #authorization: string | null;
  readonly #secrets: Secrets;
  readonly #limits: HttpLimits;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #refusal: RefusalReader;
  readonly #onAnswer: (time: AnswerTime) => void;
  readonly #budget: RateBudget;
  readonly #transport: Transport;
  /** Until when the cloud asked to be left alone, on the monotonic clock. */
  #throttledUntil = Number.NEGATIVE_INFINITY;

  /** @throws Error when the token cannot be sent, the base URL is not an origin or not https, or the rate is not above 0. */
  constructor(options: HttpClientOptions) {
    this.account = options.account;
    const { token } = options;
    if (token !== null && !HEADER_SAFE.test(token)) {
      throw new Error(
        `${options.account}: the token is empty or holds a space or a character that a header cannot hold`,
      );
    }
    this.#authorization = token === null ? null : (options.authorization?.(token) ?? token);
    this.#secrets = new Secrets(token === null ? [] : [token]);
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#clock = options.clock;
    this.#random = options.random;
    this.#refusal = options.refusal ?? (() => null);
    this.#onAnswer = options.onAnswer ?? (() => {});
    this.#budget = new RateBudget(options.requestsPerSecond, options.clock);
    this.#transport = new Transport(checkedOrigin(options.baseUrl), this.#limits);
  }

  /**
   * A call that changes nothing, whatever its method. Tried again, within the budget, after what may pass.
   * @throws ProviderError, always, when there is no decoded value in the end.
   */
  async read<T>(request: HttpRequest, decode: ReadDecoder<T>, options: ReadOptions): Promise<T> {
    const wire = this.#wire(request);
    let started = false;
    for (let retry = 0; ; retry += 1) {
      const failed = await this.#mayRead(options.signal);
      if (failed !== null) throw this.#error(request, failed);
      if (!started) options.onStart?.();
      started = true;
      const result = await this.#attempt(wire, request.parse, decode, options.signal);
      if (result.kind === 'value') return result.value;
      const waitMs = this.#retryWait(result.failed, retry, options);
      if (waitMs === null) throw this.#error(request, result.failed);
      try {
        await this.#clock.sleep(waitMs, options.signal);
      } catch {
        throw this.#error(request, result.failed);
      }
    }
  }

  /**
   * A call that changes something: one request at most, never repeated; one that pays or destroys on a connection of its
   * own. Never throws.
   * The gate is asked when the connection stands, just before the first byte.
   */
  async send(request: HttpRequest, decode: SendDecoder, options: SendOptions): Promise<CallOutcome> {
    const pauseMs = this.#throttledUntil - this.#clock.monotonic();
    if (pauseMs > 0) {
      return {
        kind: 'not-sent',
        detail: `not sent: the cloud asked for a pause, ${Math.ceil(pauseMs / 1000)} s of it left`,
      };
    }
    try {
      await this.#budget.take('act', options.signal);
    } catch {
      return { kind: 'not-sent', detail: 'not sent: given up while waiting for the rate budget' };
    }
    const began = this.#begin();
    const result = await this.#transport.send(this.#wire(request), {
      gate: options.gate,
      signal: options.signal,
      // What can be asked for again may share a connection; a payment that may have been lost with one calls a person.
      alone: options.actionClass !== 'reversible',
    });
    if (result.kind === 'failure') {
      const why = this.#secrets.causeOf(result.error).message;
      return result.dispatched
        ? { kind: 'uncertain', detail: `sent, no usable answer: ${why}` }
        : { kind: 'not-sent', detail: `not sent: ${why}` };
    }
    try {
      return this.#judgeSend(result.answer, began, decode, options.actionClass);
    } catch (error) {
      // The request has left, so even a bug in a decoder must not look like anything but "may have been done".
      const name = error instanceof Error ? error.name : 'an error';
      return {
        kind: 'uncertain',
        detail: `sent, but the answer could not be judged (${name}): ${describeAnswer(result.answer)}`,
      };
    }
  }

  /** Cuts what is still in the air after `limits.closeMs`. May be called more than once. */
  close(): Promise<void> {
    return this.#transport.close();
  }

  #judgeSend(wire: WireAnswer, began: Began, decode: SendDecoder, actionClass: ActionClass): CallOutcome {
    const { status, answer, refusal, pauseMs } = this.#understand(wire, began, jsonOf(wire));
    if (refusal !== null) return refusal;
    if (status === 'success') {
      if (answer !== null) return decode(answer);
      return { kind: 'uncertain', detail: `the answer is not JSON: ${describeAnswer(wire)}` };
    }
    const kind = refusedSend(status, actionClass);
    const detail = describeAnswer(wire);
    if (kind !== 'throttled') return { kind, detail };
    return { kind, retryAfterMs: pauseMs ?? clampRetryAfter(0), detail };
  }

  async #attempt<T>(
    wire: WireRequest,
    parse: HttpRequest['parse'],
    decode: ReadDecoder<T>,
    signal: AbortSignal,
  ): Promise<
    { readonly kind: 'value'; readonly value: T } | { readonly kind: 'failed'; readonly failed: FailedAttempt }
  > {
    const began = this.#begin();
    const fail = (failure: ReadFailure, detail: string, retryAfter: number | null = null, cause: unknown = null) =>
      ({ kind: 'failed', failed: { failure, detail, retryAfterMs: retryAfter, cause } }) as const;
    let raw: WireAnswer;
    try {
      raw = await this.#transport.read(wire, signal);
    } catch (error) {
      const cause = this.#secrets.causeOf(error);
      return fail(failedRead(error), cause.message, null, cause);
    }
    const json = parse === undefined ? jsonOf(raw) : await jsonBy(parse, raw);
    const { status, answer, refusal, pauseMs } = this.#understand(raw, began, json);
    if (refusal !== null) return fail(refusal.kind, refusal.detail, pauseMs);
    if (status !== 'success') return fail(refusedRead(status), describeAnswer(raw), pauseMs);
    if (answer === null) return fail('protocol', `the answer is not JSON: ${describeAnswer(raw)}`);
    try {
      const result = decode(answer);
      if (result.kind === 'value') return result;
      return fail(result.failure, `${result.detail} (${describeAnswer(raw)})`, result.retryAfterMs ?? null);
    } catch (error) {
      const name = error instanceof Error ? error.name : 'an error';
      return fail('protocol', `the answer could not be decoded (${name}): ${describeAnswer(raw)}`);
    }
  }

  /** Waits for the budget. Something else than `null`: why nothing may be read. */
  async #mayRead(signal: AbortSignal): Promise<FailedAttempt | null> {
    const pauseMs = this.#throttledUntil - this.#clock.monotonic();
    if (pauseMs > 0) {
      const detail = `not asked: the cloud wants a pause, ${Math.ceil(pauseMs / 1000)} s of it left`;
      return { failure: 'throttled', detail, retryAfterMs: clampRetryAfter(pauseMs), cause: null };
    }
    try {
      await this.#budget.take('read', signal);
      return null;
    } catch (error) {
      const cause = this.#secrets.causeOf(error);
      return { failure: 'not-sent', detail: 'given up while waiting for the rate budget', retryAfterMs: null, cause };
    }
  }

  /** How long to wait before the next attempt; `null`: there is none. */
  #retryWait(failed: FailedAttempt, retry: number, options: ReadOptions): number | null {
    if (retry + 1 >= (options.maxAttempts ?? MAX_ATTEMPTS) || options.signal.aborted) return null;
    if (this.#transport.closed || !worthRetrying(failed.failure)) return null;
    if (failed.retryAfterMs === null) return this.#random() * RETRY_BASE_MS * 2 ** retry;
    return failed.retryAfterMs <= LONGEST_RETRY_WAIT_MS ? failed.retryAfterMs : null;
  }

  /**
   * What an answer says before its decoder is asked, and the pause it asks for. Of a gateway's words (a redirect, a 5xx)
   * nothing is believed but the wish to be left alone.
   */
  #understand(wire: WireAnswer, began: Began, json: Json | null): Understood {
    this.#tellTime(wire, began);
    const status = statusClass(wire.status);
    const answer = json === null ? null : this.#answer(wire, began.at, json);
    const believable = answer !== null && status !== 'redirect' && status !== 'broken';
    const refusal = believable ? this.#refusal(answer) : null;
    if (refusal?.kind === 'throttled') return { status, answer, refusal, pauseMs: this.#pause(refusal.retryAfterMs) };
    const asked = PAUSE_STATUSES.has(wire.status) ? retryAfterMs(wire.retryAfter, this.#clock.now()) : null;
    return { status, answer, refusal, pauseMs: asked === null ? null : this.#pause(asked) };
  }

  #begin(): Began {
    return { at: this.#clock.now(), ms: this.#clock.monotonic() };
  }

  #tellTime(wire: WireAnswer, began: Began): void {
    const serverTimeAt = httpDate(wire.date);
    if (serverTimeAt === null) return;
    const tookMs = this.#clock.monotonic() - began.ms;
    this.#onAnswer({ startedAt: began.at, finishedAt: this.#clock.now(), tookMs, serverTimeAt });
  }

  #pause(ms: number): number {
    const clamped = clampRetryAfter(ms);
    this.#throttledUntil = Math.max(this.#throttledUntil, this.#clock.monotonic() + clamped);
    return clamped;
  }

  #error(request: HttpRequest, failed: FailedAttempt): ProviderError {
    return new ProviderError(failed.failure, this.account, request.operation, failed.detail, {
      ...(failed.cause === null ? {} : { cause: failed.cause }),
      ...(failed.retryAfterMs === null ? {} : { retryAfterMs: failed.retryAfterMs }),
    });
  }

  #wire(request: HttpRequest): WireRequest {
    const query = request.query === undefined ? '' : `?${new URLSearchParams(request.query).toString()}`;
    const body = request.body === undefined ? null : JSON.stringify(request.body);
    return {
      method: request.method,
      path: request.path + query,
      headers: {
        accept: 'application/json',
        // Nothing compressed: a small body that unpacks into a huge one cannot come.
        'accept-encoding': 'identity',
        'user-agent': 'lamplighter',
        ...(this.#authorization === null ? {} : { authorization: this.#authorization }),
        ...(body === null ? {} : { 'content-type': 'application/json' }),
      },
      body,
      maxBytes: request.maxBytes ?? this.#limits.maxBytes,
    };
  }

  #answer(raw: WireAnswer, startedAt: number, { body }: Json): JsonAnswer {
    return {
      status: raw.status,
      body,
      startedAt,
      finishedAt: this.#clock.now(),
      serverTimeAt: httpDate(raw.date),
      quote: (text) => this.#secrets.quote(text),
    };
  }
}

interface Json {
  readonly body: unknown;
}

function isPacked({ contentEncoding }: WireAnswer): boolean {
  return contentEncoding !== null && contentEncoding !== 'identity';
}

/** `null`: not JSON, or packed although asked not to. The content type is not trusted, only the content. */
function jsonOf(raw: WireAnswer): Json | null {
  if (isPacked(raw)) return null;
  try {
    return { body: JSON.parse(raw.body.toString('utf8')) };
  } catch {
    return null;
  }
}

/** Likewise, in the request's own way. */
async function jsonBy(parse: NonNullable<HttpRequest['parse']>, raw: WireAnswer): Promise<Json | null> {
  if (isPacked(raw)) return null;
  try {
    return { body: await parse(raw.body) };
  } catch {
    return null;
  }
}

import { buildConnector, type Dispatcher, Pool, request } from 'undici';
import type { SendGate } from '../port.ts';
import { withDeadline } from './deadline.ts';
import type { HttpLimits } from './limits.ts';
import { SendConnection, type Turn } from './send-connection.ts';

/** A request as it goes over the wire. */
export interface WireRequest {
  readonly method: 'GET' | 'POST';
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly maxBytes: number;
}

/** An answer as it came. The body stays in this directory. */
export interface WireAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly contentEncoding: string | null;
  readonly retryAfter: string | null;
  readonly date: string | null;
  readonly body: Buffer;
}

/** What came of one send: an answer, or a failure before (`dispatched: false`) or after its first byte may have left. */
export type WireResult =
  | { readonly kind: 'answer'; readonly answer: WireAnswer }
  | { readonly kind: 'failure'; readonly dispatched: boolean; readonly error: unknown };

/** How a request that acts is sent. */
export interface SendTerms {
  readonly gate: SendGate;
  readonly signal: AbortSignal;
  readonly alone: boolean;
}

/** Nothing is sent any more. */
export class ClosedError extends Error {
  readonly code = 'LAMPLIGHTER_CLOSED';

  constructor() {
    super('the client is closed');
    this.name = 'ClosedError';
  }
}

/** Of {@link OversizeError}. */
export const OVERSIZE_CODE = 'LAMPLIGHTER_OVERSIZE';

/** The body is larger than the request allows. */
export class OversizeError extends Error {
  readonly code = OVERSIZE_CODE;

  constructor(maxBytes: number) {
    super(`the answer is larger than ${maxBytes} bytes`);
    this.name = 'OversizeError';
  }
}

/**
 * Reads keep a few connections alive: enough for several readers of one account, few enough to be a polite client.
 * The rate budget, not this number, limits the load.
 */
const READ_CONNECTIONS = 8;

/** Connections that were used to act and may be used again: as many as a burst of acts has under way at once. */
const KEPT_CONNECTIONS = 100;

/** Certificates are checked, whatever NODE_TLS_REJECT_UNAUTHORIZED says: the token goes over this connection. */
const CONNECT = { allowH2: false, rejectUnauthorized: true } as const;

/**
 * The one place that speaks to the network, on undici. `undici.request` and not `fetch`: it neither follows redirects nor
 * keeps cookies nor sends anything twice. HTTP/2 is off, because undici repeats a request there after REFUSED_STREAM.
 */
export class Transport {
  readonly #origin: string;
  readonly #limits: HttpLimits;
  readonly #reads: Pool;
  readonly #connect: ReturnType<typeof buildConnector>;
  /** Aborted when closing has taken too long: cuts the calls in the air. */
  readonly #cut = new AbortController();
  readonly #inTheAir = new Set<Promise<unknown>>();
  /** Connections for acts that nobody uses now, the one used last at the end. */
  readonly #idle: SendConnection[] = [];
  #closing: Promise<void> | null = null;

  constructor(origin: string, limits: HttpLimits) {
    this.#origin = origin;
    this.#limits = limits;
    this.#connect = buildConnector({ ...CONNECT, timeout: limits.connectTimeoutMs });
    this.#reads = new Pool(origin, {
      connections: READ_CONNECTIONS,
      pipelining: 1,
      allowH2: false,
      headersTimeout: limits.headersTimeoutMs,
      bodyTimeout: limits.bodyTimeoutMs,
      connect: { ...CONNECT, timeout: limits.connectTimeoutMs },
    });
  }

  /** One attempt on a kept-alive connection. Rejects with what undici or the signal says. */
  async read(wire: WireRequest, signal: AbortSignal): Promise<WireAnswer> {
    return this.#track(
      withDeadline(this.#limits.deadlineMs, [signal, this.#cut.signal], (limited) =>
        this.#exchange(this.#reads, wire, limited, false),
      ),
    );
  }

  /**
   * Sends one request: connects, asks the gate, and only then lets undici write. So "not sent" is known and not guessed.
   * `alone`: on a connection of its own, over which nothing else goes, so that no kept connection can die under the
   * request and leave open whether it arrived. Never rejects.
   */
  async send(wire: WireRequest, options: SendTerms): Promise<WireResult> {
    const { gate, alone } = options;
    const state = { dispatched: false };
    try {
      const answer = await this.#track(
        withDeadline(this.#limits.deadlineMs, [options.signal, this.#cut.signal], async (signal) => {
          const connection = (alone ? null : this.#kept()) ?? this.#fresh(!alone);
          const turn: Turn = { gate, signal, asked: false, dispatched: false };
          let reusable = false;
          try {
            await connection.begin(turn);
            const whole = await this.#exchange(connection.client, wire, signal, alone);
            reusable = !alone;
            return whole;
          } finally {
            state.dispatched = turn.dispatched;
            connection.end();
            await this.#letGo(connection, reusable);
          }
        }),
      );
      return { kind: 'answer', answer };
    } catch (error) {
      return { kind: 'failure', dispatched: state.dispatched, error };
    }
  }

  get closed(): boolean {
    return this.#closing !== null;
  }

  /** Takes no more requests, waits a while for those in the air, then cuts them. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const timer = setTimeout(() => this.#cut.abort(new Error('the client was closed')), this.#limits.closeMs);
    while (this.#inTheAir.size > 0) await Promise.allSettled(this.#inTheAir);
    clearTimeout(timer);
    await Promise.all([this.#reads.destroy(), ...this.#idle.splice(0).map((connection) => connection.destroy())]);
  }

  /** The connection that was used last and still stands; `null`: there is none. */
  #kept(): SendConnection | null {
    for (let last = this.#idle.pop(); last !== undefined; last = this.#idle.pop()) {
      if (last.isOpen) return last;
      void last.destroy();
    }
    return null;
  }

  #fresh(kept: boolean): SendConnection {
    return new SendConnection(this.#origin, this.#limits, this.#connect, kept);
  }

  async #letGo(connection: SendConnection, reusable: boolean): Promise<void> {
    if (reusable && connection.isOpen && this.#closing === null && this.#idle.length < KEPT_CONNECTIONS) {
      this.#idle.push(connection);
    } else await connection.destroy();
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#inTheAir.add(work);
    const done = (): void => {
      this.#inTheAir.delete(work);
    };
    work.then(done, done);
    return work;
  }

  async #exchange(dispatcher: Dispatcher, wire: WireRequest, signal: AbortSignal, reset: boolean): Promise<WireAnswer> {
    if (this.#closing !== null) throw new ClosedError();
    signal.throwIfAborted();
    const { statusCode, headers, body } = await request(this.#origin + wire.path, {
      dispatcher,
      method: wire.method,
      headers: wire.headers,
      body: wire.body,
      signal,
      reset,
    });
    const length = Number(text(headers['content-length']) ?? 0);
    const pieces: Buffer[] = [];
    let size = 0;
    try {
      if (length > wire.maxBytes) throw new OversizeError(wire.maxBytes);
      for await (const piece of body) {
        if (!Buffer.isBuffer(piece)) throw new TypeError('the body came as something other than bytes');
        size += piece.length;
        if (size > wire.maxBytes) throw new OversizeError(wire.maxBytes);
        pieces.push(piece);
      }
    } catch (error) {
      // The listener takes the error that destroying causes; without one it would end the process.
      body.on('error', () => {}).destroy();
      throw error;
    }
    return {
      status: statusCode,
      contentType: text(headers['content-type']) ?? '',
      contentEncoding: text(headers['content-encoding']),
      retryAfter: text(headers['retry-after']),
      date: text(headers.date),
      body: pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces, size),
    };
  }
}

/** A header as one text; of a repeated one the first. */
function text(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  return typeof header === 'string' ? header : (header[0] ?? null);
}

import { buildConnector, Client, type Dispatcher, Pool, request } from 'undici';
import type { SendGate } from '../port.ts';
import { withDeadline } from './deadline.ts';
import type { HttpLimits } from './limits.ts';

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

/** The gate said no. */
export class GateRefusedError extends Error {
  constructor() {
    super('the send gate refused');
    this.name = 'GateRefusedError';
  }
}

/** Nothing is sent any more. */
export class ClosedError extends Error {
  readonly code = 'LAMPLIGHTER_CLOSED';

  constructor() {
    super('the client is closed');
    this.name = 'ClosedError';
  }
}

/** The body is larger than the request allows. */
export class OversizeError extends Error {
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

/** Why a connection of its own is let go. One for all: making an error for each request costs more than the rest of it. */
const OVER = new Error('the one request of this connection is over');

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
   * Sends one request on a connection of its own, over which nothing else goes: connects, asks the gate, and only then
   * lets undici write. So "not sent" is known and not guessed, and no keep-alive connection can die under the request.
   * Never rejects.
   */
  async send(wire: WireRequest, gate: SendGate, signal: AbortSignal): Promise<WireResult> {
    const state = { dispatched: false };
    try {
      const answer = await this.#track(
        withDeadline(this.#limits.deadlineMs, [signal, this.#cut.signal], async (limited) => {
          const client = new Client(this.#origin, {
            pipelining: 0,
            allowH2: false,
            headersTimeout: this.#limits.headersTimeoutMs,
            bodyTimeout: this.#limits.bodyTimeoutMs,
            connect: this.#gatedConnector(gate, limited, state),
          });
          try {
            return await this.#exchange(client, wire, limited, true);
          } finally {
            await client.destroy(OVER);
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
    await this.#reads.destroy();
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#inTheAir.add(work);
    const done = (): void => {
      this.#inTheAir.delete(work);
    };
    work.then(done, done);
    return work;
  }

  /**
   * A connector that hands undici its socket only after the gate has said yes. `dispatched` becomes true in the same
   * breath: from there on undici may write at any moment, so whatever happens counts as "may have been sent".
   */
  #gatedConnector(gate: SendGate, signal: AbortSignal, state: { dispatched: boolean }): buildConnector.connector {
    let used = false;
    return (options, callback) => {
      // undici connects anew by itself when a socket dies before the request is written. Never for a send.
      if (used) {
        callback(new Error('the connection was lost before the request was written'), null);
        return;
      }
      used = true;
      this.#connect(options, (error, socket) => {
        if (error !== null) {
          callback(error, null);
          return;
        }
        // Settles once: with the socket, or with a reason and a socket that is gone.
        let settled = false;
        const refuse = (reason: unknown): void => {
          if (settled) return;
          settled = true;
          signal.removeEventListener('abort', giveUp);
          socket.destroy();
          callback(reason instanceof Error ? reason : new Error(String(reason)), null);
        };
        const giveUp = (): void => refuse(signal.reason);
        if (signal.aborted) {
          giveUp();
          return;
        }
        // The time may run out while the gate is thinking: then it finds the door shut.
        signal.addEventListener('abort', giveUp, { once: true });
        const decide = (open: boolean): void => {
          if (settled) return;
          if (!open) refuse(new GateRefusedError());
          else if (socket.destroyed || !socket.writable) refuse(new Error('the server closed the connection'));
          else {
            settled = true;
            signal.removeEventListener('abort', giveUp);
            state.dispatched = true;
            callback(null, socket);
          }
        };
        Promise.resolve()
          .then(gate)
          .then(decide, refuse)
          // Only a fault inside undici gets here: the request then ends with its socket.
          .catch(() => socket.destroy());
      });
    };
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

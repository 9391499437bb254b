import type { Socket } from 'node:net';
import { type buildConnector, Client } from 'undici';
import type { SendGate } from '../port.ts';
import type { HttpLimits } from './limits.ts';

/** The gate said no. */
export class GateRefusedError extends Error {
  constructor() {
    super('the send gate refused');
    this.name = 'GateRefusedError';
  }
}

/** How far the one request under way has come. */
export interface Turn {
  readonly gate: SendGate;
  readonly signal: AbortSignal;
  /** The gate has been asked: it is never asked twice for one request. */
  asked: boolean;
  /** Its first byte may have left. */
  dispatched: boolean;
}

/**
 * An idle connection is let go before a cloud would: those keep theirs for 5 s and more (Node's own server 5 s, nginx 75 s),
 * so one that is used again has hardly ever been closed at the other end meanwhile.
 */
const IDLE_MS = 1_000;

/** Why a connection is let go. One for all: making an error for each costs more than the rest of it. */
const OVER = new Error('this connection is not used any more');

/**
 * One connection over which requests that act go, one at a time: the connection first, then the gate, and only then does
 * undici get to write. So "not sent" is known and not guessed.
 */
export class SendConnection {
  readonly client: Client;
  readonly #connect: buildConnector.connector;
  #socket: Socket | null = null;
  #turn: Turn | null = null;

  /** `kept`: it may carry another request afterwards. */
  constructor(origin: string, limits: HttpLimits, connect: buildConnector.connector, kept: boolean) {
    this.#connect = connect;
    this.client = new Client(origin, {
      pipelining: kept ? 1 : 0,
      allowH2: false,
      headersTimeout: limits.headersTimeoutMs,
      bodyTimeout: limits.bodyTimeoutMs,
      keepAliveTimeout: IDLE_MS,
      keepAliveMaxTimeout: IDLE_MS,
      connect: (options, callback) => this.#open(options, callback),
    });
  }

  /** Can it carry a request as it is? */
  get isOpen(): boolean {
    return this.#socket !== null && !this.#socket.destroyed && this.#socket.writable;
  }

  /**
   * Begins a request: on a connection that stands the gate is asked here, else when it has been opened. To be followed by
   * the request itself, and by {@link end}. @throws GateRefusedError; what the gate threw; the signal's reason
   */
  async begin(turn: Turn): Promise<void> {
    this.#turn = turn;
    if (!this.isOpen) return;
    turn.asked = true;
    if (!(await orAborted(turn.gate, turn.signal))) throw new GateRefusedError();
    if (!this.isOpen) throw new Error('the server closed the connection');
    turn.dispatched = true;
  }

  end(): void {
    this.#turn = null;
  }

  async destroy(): Promise<void> {
    await this.client.destroy(OVER);
  }

  /**
   * Hands undici its socket only after the gate has said yes. `dispatched` becomes true in the same breath: from there on
   * undici may write at any moment, so whatever happens counts as "may have been sent".
   */
  #open(...[options, callback]: Parameters<buildConnector.connector>): void {
    const turn = this.#turn;
    // undici connects anew by itself when a socket dies before the request is written. Never for one that acts.
    if (turn === null || turn.asked) {
      callback(new Error('the connection was lost before the request was written'), null);
      return;
    }
    turn.asked = true;
    this.#connect(options, (error, socket) => {
      if (error !== null) {
        callback(error, null);
        return;
      }
      // Only a fault inside undici gets to the end of this: the request then ends with its socket.
      void orAborted(turn.gate, turn.signal)
        .then((open) => {
          if (!open) throw new GateRefusedError();
          if (socket.destroyed || !socket.writable) throw new Error('the server closed the connection');
        })
        .then(
          () => {
            turn.dispatched = true;
            this.#socket = socket;
            callback(null, socket);
          },
          (reason: unknown) => {
            socket.destroy();
            callback(reason instanceof Error ? reason : new Error(String(reason)), null);
          },
        )
        .catch(() => socket.destroy());
    });
  }
}

/** Asks the gate; when the time runs out while it is thinking, it finds the door shut. */
function orAborted(gate: SendGate, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });
    Promise.resolve()
      .then(gate)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', giveUp));
  });
}

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import { createServer as createSecureServer } from 'node:https';
import { Server as NetServer, type Socket } from 'node:net';
import { z } from 'zod';
import type { TestCertificate } from './certificate.ts';

export interface FrontRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface FrontAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What is made of a request. `forward` asks the cloud behind, as often as it is called. */
export type Prank = (exchange: {
  readonly request: FrontRequest;
  readonly response: ServerResponse;
  readonly socket: Socket;
  readonly forward: () => Promise<FrontAnswer>;
}) => Promise<void> | void;

interface Rule {
  readonly fits: (request: FrontRequest) => boolean;
  readonly prank: Prank;
  left: number;
}

export interface FrontOptions {
  /** With it the front speaks TLS. */
  readonly certificate?: TestCertificate;
}

/** Stands before a simulated cloud and answers some requests in ways that no simulator would. */
export class Front {
  /** The origin behind; set when it is known. */
  target = '';
  readonly requests: FrontRequest[] = [];
  /** The protocols that clients offered in TLS, handshake by handshake. */
  readonly offered: (readonly string[])[] = [];
  /** The protocol that is agreed to; another one than is offered ends the handshake. */
  protocol = 'http/1.1';
  /** Connections that are refused at once, after they were accepted. */
  hangUp = false;
  #rules: Rule[] = [];
  readonly #server: Server | SecureServer;
  readonly #sockets = new Set<Socket>();
  readonly #scheme: string;
  #port = 0;

  constructor(options: FrontOptions = {}) {
    const listener = (request: IncomingMessage, response: ServerResponse) => {
      void this.#answer(request, response).catch(() => response.destroy());
    };
    const { certificate } = options;
    this.#scheme = certificate === undefined ? 'http' : 'https';
    this.#server =
      certificate === undefined
        ? createServer(listener)
        : createSecureServer(
            {
              ...certificate,
              ALPNCallback: ({ protocols }) => {
                this.offered.push(protocols);
                return protocols.includes(this.protocol) ? this.protocol : undefined;
              },
            },
            listener,
          );
    // Idle connections stay for as long as the test does.
    this.#server.keepAliveTimeout = 600_000;
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
      if (this.hangUp) socket.resetAndDestroy();
    });
  }

  async start(): Promise<this> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (typeof address === 'object' && address !== null) this.#port = address.port;
    return this;
  }

  get origin(): string {
    return `${this.#scheme}://127.0.0.1:${this.#port}`;
  }

  /** New connections get this certificate; those that stand keep theirs. */
  present(certificate: TestCertificate): void {
    if ('setSecureContext' in this.#server) this.#server.setSecureContext(certificate);
  }

  /** New connections are refused, and those that stand go on. `start` listens again. */
  refuse(): void {
    // An HTTP server's own `close` ends idle connections, too.
    NetServer.prototype.close.call(this.#server);
  }

  /** The next `times` requests to a path that ends so. */
  add(end: string, prank: Prank, times = 1): void {
    this.when((request) => request.path.endsWith(end), prank, times);
  }

  when(fits: (request: FrontRequest) => boolean, prank: Prank, times = 1): void {
    this.#rules.push({ fits, prank, left: times });
  }

  clear(): void {
    this.#rules = [];
  }

  asked(end: string): number {
    return this.requests.filter(({ path }) => path.endsWith(end)).length;
  }

  async stop(): Promise<void> {
    const closed = this.#server.listening ? once(this.#server, 'close') : Promise.resolve();
    if (this.#server.listening) this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    // The time is that of the cloud behind, or none at all.
    response.sendDate = false;
    const pieces: Buffer[] = [];
    for await (const piece of message) if (Buffer.isBuffer(piece)) pieces.push(piece);
    const body = Buffer.concat(pieces).toString();
    const url = message.url ?? '/';
    const [path = '/', query = ''] = url.split('?');
    const request: FrontRequest = { path, query: new URLSearchParams(query), headers: message.headers, body };
    this.requests.push(request);
    const forward = async (): Promise<FrontAnswer> => {
      const answer = await fetch(`${this.target}${url}`, {
        method: message.method ?? 'POST',
        headers: {
          authorization: message.headers.authorization ?? '',
          'content-type': 'application/json',
        },
        ...(body === '' ? {} : { body }),
      });
      const date = answer.headers.get('date');
      const headers = {
        'content-type': answer.headers.get('content-type') ?? '',
        ...(date === null ? {} : { date }),
      };
      return { status: answer.status, headers, body: await answer.text() };
    };
    const rule = this.#rules.find(({ fits, left }) => left > 0 && fits(request));
    if (rule === undefined) {
      const { status, headers, body: text } = await forward();
      response.writeHead(status, headers).end(text);
      return;
    }
    rule.left -= 1;
    await rule.prank({ request, response, socket: message.socket, forward });
  }
}

/** Answers what the cloud did, in other words. */
export function reword(change: (body: unknown) => unknown, status?: number): Prank {
  return async ({ response, forward }) => {
    const answer = await forward();
    const text = JSON.stringify(change(JSON.parse(answer.body)));
    response.writeHead(status ?? answer.status, answer.headers).end(text);
  };
}

/** Changes the rows of a listing, whichever API it is of, and the total with them unless it is told otherwise. */
export function relist(
  change: (rows: readonly Record<string, unknown>[]) => readonly unknown[],
  total?: (of: number) => number,
): Prank {
  return reword((body) => {
    const listing = LISTING.parse(body);
    const holder = listing.data ?? listing.result ?? listing;
    for (const key of ['items', 'instance_list']) {
      const rows = holder[key];
      if (rows === undefined) continue;
      const changed = change(z.array(z.record(z.string(), z.unknown())).parse(rows));
      holder[key] = changed;
      if (holder.total !== undefined) {
        const now = total?.(Number(holder.total)) ?? changed.length;
        holder.total = typeof holder.total === 'string' ? `${now}` : now;
      }
    }
    return listing;
  });
}

const OBJECT = z.record(z.string(), z.unknown());
const LISTING = z.looseObject({ data: OBJECT.optional(), result: OBJECT.optional() });

/** Answers so, without asking the cloud. */
export function say(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Prank {
  return ({ response }) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
  };
}

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import type { WebEnv } from './own-host.ts';

/** A client that sends its headers more slowly than this is not one of ours. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;

/** The HTTP listener. `start` binds and says where; a port in use is an error that names it. */
export class WebServer {
  readonly #server: Server;
  readonly #host: string;
  readonly #port: number;

  constructor(app: Hono<WebEnv>, host: string, port: number) {
    this.#host = host;
    this.#port = port;
    const listener = getRequestListener(app.fetch);
    this.#server = createServer(
      { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
      (req, res) => {
        // The listener answers its own failures with 500.
        void listener(req, res);
      },
    );
  }

  /** Resolves with the address that is really bound, so port 0 works. @throws Error when it cannot be bound. */
  async start(): Promise<{ readonly host: string; readonly port: number }> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onError = (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'the port is in use' : (error.code ?? error.message);
      reject(new Error(`cannot listen on ${this.#host}:${this.#port}: ${why}`, { cause: error }));
    };
    this.#server.once('error', onError);
    this.#server.listen({ host: this.#host, port: this.#port }, () => resolve());
    await promise;
    this.#server.off('error', onError);
    const address: AddressInfo | string | null = this.#server.address();
    return { host: this.#host, port: typeof address === 'object' && address !== null ? address.port : this.#port };
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }
}

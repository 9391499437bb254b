import { once } from 'node:events';
import { request as forward } from 'node:http';
import { createServer, type Server } from 'node:https';
import { certificate } from '../faults/certificate.ts';

const DAY_MS = 86_400_000;

/** The simulated clouds as containers reach them: by https, as they must be, under a name of this machine. */
export class TlsFront {
  readonly cert: string;
  /** How many notifications came in. */
  notifications = 0;
  readonly #server: Server;

  constructor(host: string, target: () => string) {
    const now = Date.now();
    const { key, cert } = certificate(host, now - DAY_MS, now + DAY_MS);
    this.cert = cert;
    this.#server = createServer({ key, cert }, (incoming, outgoing) => {
      if (incoming.url === '/hook') {
        this.notifications += 1;
        incoming.resume();
        outgoing.writeHead(204).end();
        return;
      }
      const passed = forward(
        new URL(incoming.url ?? '/', target()),
        { method: incoming.method, headers: incoming.headers },
        (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(outgoing);
        },
      );
      // Whoever hangs up on one side hangs up on the other.
      passed.on('error', () => outgoing.destroy());
      outgoing.on('close', () => passed.destroy());
      incoming.pipe(passed);
    });
  }

  /** On every address: containers come from outside of loopback. Answers the port. */
  async start(): Promise<number> {
    this.#server.listen(0, '0.0.0.0');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the front does not listen');
    return address.port;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

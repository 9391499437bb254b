import { once } from 'node:events';
import { createServer, type Server } from 'node:http';

/** Takes the demo's notifications, as a team's own service would. What they say is printed by the demo anyway. */
export class DemoReceiver {
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      request.resume();
      request.on('end', () => response.writeHead(204).end());
    });
  }

  /** @throws Error before `start` */
  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the receiver has not been started');
    return `http://127.0.0.1:${address.port}/hook`;
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

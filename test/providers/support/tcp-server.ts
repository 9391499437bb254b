import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

/** A bare TCP server on loopback that counts connections and bytes and says nothing unless told to. */
export class TcpServer {
  readonly received: Buffer[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  connections = 0;
  onData: (socket: Socket) => void = () => {};
  #port = 0;

  constructor() {
    this.#server = createServer((socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('data', (piece: Buffer) => {
        this.received.push(piece);
        this.onData(socket);
      });
    });
  }

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (typeof address === 'object' && address !== null) this.#port = address.port;
    return this;
  }

  get port(): number {
    return this.#port;
  }

  get bytes(): number {
    return this.received.reduce((sum, piece) => sum + piece.length, 0);
  }

  /** Breaks off every connection. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Resolves when every connection made so far is closed: only then the byte count is final. */
  async quiet(): Promise<void> {
    await Promise.all([...this.#sockets].map((socket) => once(socket, 'close')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.hangUp();
    await closed;
  }
}

import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** One client's connection through the proxy. */
interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  /** What is held back, in order, with where it goes. */
  readonly held: { readonly to: Socket; readonly chunk: Buffer }[];
}

/** A trap for one answer: the request that fits passes, and what comes back for it does not. */
interface Trap {
  readonly fits: (request: Buffer) => boolean;
  readonly sprung: () => void;
}

/** Stands between a daemon and Redis, or a daemon and a cloud, and lets the line fail. */
export class TcpProxy {
  #port: () => number;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #mode: 'well' | 'cut' | 'hold' = 'well';
  #traps: Trap[] = [];
  /** Of connections over all time. */
  accepted = 0;

  /** @param port where the other end listens, asked for each connection */
  constructor(port: () => number) {
    this.#port = port;
    this.#server = createServer((client) => this.#join(client));
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen');
    return address.port;
  }

  /** Breaks every connection off, and each new one at once, until `heal`. */
  cut(): void {
    this.#mode = 'cut';
    for (const pair of this.#pairs) end(pair);
  }

  /** Nothing goes through in either direction, and nothing is lost, until `heal`. Connections stay open. */
  hold(): void {
    this.#mode = 'hold';
  }

  /** All is well again; what was held goes on its way. */
  heal(): void {
    this.#mode = 'well';
    for (const { held } of this.#pairs) for (const { to, chunk } of held.splice(0)) to.write(chunk);
  }

  /** From now on another end is behind it; who is connected to the old one is cut off. */
  redirect(port: number): void {
    this.#port = () => port;
    for (const pair of this.#pairs) end(pair);
  }

  /**
   * The next request that fits goes through, its answer is lost and the connection is cut when it would have come: the other
   * end has done what it was asked. Resolves when that has happened.
   */
  loseAnswerTo(fits: (request: Buffer) => boolean): Promise<void> {
    return new Promise((sprung) => this.#traps.push({ fits, sprung }));
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const pair of this.#pairs) end(pair);
    await closed;
  }

  #join(client: Socket): void {
    this.accepted += 1;
    if (this.#mode === 'cut') {
      client.on('error', () => {}).destroy();
      return;
    }
    const server = connect(this.#port(), '127.0.0.1');
    const pair: Pair = { client, server, held: [] };
    this.#pairs.add(pair);
    let trapped: Trap | null = null;
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#pairs.delete(pair);
        end(pair);
      });
    }
    client.on('data', (chunk: Buffer) => {
      trapped ??= this.#traps.find(({ fits }) => fits(chunk)) ?? null;
      if (trapped !== null) this.#traps = this.#traps.filter((trap) => trap !== trapped);
      this.#pass(pair, server, chunk);
    });
    server.on('data', (chunk: Buffer) => {
      if (trapped === null) {
        this.#pass(pair, client, chunk);
        return;
      }
      end(pair);
      trapped.sprung();
    });
  }

  #pass(pair: Pair, to: Socket, chunk: Buffer): void {
    if (this.#mode === 'hold' || pair.held.length > 0) pair.held.push({ to, chunk });
    else to.write(chunk);
  }
}

function end({ client, server }: Pair): void {
  client.destroy();
  server.destroy();
}

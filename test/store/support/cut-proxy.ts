import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Stands between a client and Redis, and can lose what Redis answers. */
export interface CutProxy {
  readonly url: string;
  /** From now on requests reach Redis and answers do not come back; the connection is cut when the first would have. */
  loseAnswers(): void;
  /** From now on all is well again, for new connections. */
  heal(): void;
  close(): Promise<void>;
}

export async function cutProxy(port: number): Promise<CutProxy> {
  let losing = false;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const redis = connect(port, '127.0.0.1');
    for (const socket of [client, redis]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('data', (chunk) => redis.write(chunk));
    redis.on('data', (chunk) => {
      if (losing) client.destroy();
      else client.write(chunk);
    });
    client.on('close', () => redis.end());
    redis.on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return {
    url: `redis://127.0.0.1:${address.port}/0`,
    loseAnswers() {
      losing = true;
    },
    heal() {
      losing = false;
    },
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

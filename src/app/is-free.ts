import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Listen } from '../config/config.ts';

/** Can somebody listen there now? Only a hint: a moment later somebody else may. */
export async function isFree(listen: Listen): Promise<boolean> {
  const server = createServer();
  server.listen({ host: listen.host, port: listen.port });
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}

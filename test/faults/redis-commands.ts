import { Redis } from 'ioredis';

/** One command by a client of the test's own. */
export async function ask(url: string, name: string, ...args: readonly string[]): Promise<unknown> {
  const client = new Redis(url);
  try {
    return await client.call(name, ...args);
  } finally {
    client.disconnect();
  }
}

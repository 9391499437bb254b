import type { StoreRedis } from './redis.ts';

/** Is this Redis fit to keep a ledger for paid and destructive work? Reading and reversible work go on in any case. */
export interface RedisChecks {
  readonly paidWork: 'ok' | 'short';
  /** One sentence each: what is set, and what is needed. */
  readonly problems: readonly string[];
  readonly version: string;
  /** From 7.2 on it can be asked whether a write is on disk. */
  readonly waitAof: boolean;
}

const NEEDED = [
  ['appendonly', 'yes', 'without it a restart loses the ledger'],
  ['appendfsync', 'always', 'otherwise a host that fails takes the last second of the ledger with it'],
  ['maxmemory-policy', 'noeviction', 'otherwise a full Redis throws away records'],
] as const;

/** Asks Redis how it is set up. What cannot be asked counts as a problem. @throws StoreDown */
export async function checkRedis(store: StoreRedis): Promise<RedisChecks> {
  const info = await store.ask('asking Redis for its version', (redis) => redis.info('server'));
  const version = /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'unknown';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const problems: string[] = [];
  if (!(major >= 7)) problems.push(`Redis is version ${version}, and 7.0 or newer is needed`);
  for (const [name, needed, why] of NEEDED) {
    const value = await setting(store, name);
    if (value === null) problems.push(`Redis does not tell its ${name}, which must be ${needed}: ${why}`);
    else if (value !== needed) problems.push(`Redis has ${name} ${value}, and ${needed} is needed: ${why}`);
  }
  const waitAof = major > 7 || (major === 7 && minor >= 2);
  return { paidWork: problems.length === 0 ? 'ok' : 'short', problems, version, waitAof };
}

/** `null`: Redis refuses to say (a managed Redis, or a user without the right). */
async function setting(store: StoreRedis, name: string): Promise<string | null> {
  return await store.ask(`asking Redis for ${name}`, async (redis) => {
    try {
      const answer: unknown = await redis.config('GET', name);
      return Array.isArray(answer) && typeof answer[1] === 'string' ? answer[1] : null;
    } catch (error) {
      // A refusal is an answer; a lost connection is not.
      if (error instanceof Error && /^(NOPERM|ERR)\b/.test(error.message)) return null;
      throw error;
    }
  });
}

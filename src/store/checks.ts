import type { StoreRedis } from './redis.ts';

/** One thing that was asked of Redis. */
export interface RedisCheck {
  readonly name: 'version' | 'appendonly' | 'appendfsync' | 'maxmemory-policy';
  /** `null`: Redis does not say. */
  readonly found: string | null;
  readonly wanted: string;
  readonly ok: boolean;
  /** Why it matters, and what a person does about it; empty where nothing is to be done. */
  readonly why: string;
  readonly mend: string;
}

/** Is this Redis fit to keep a ledger for paid and destructive work? Reading and reversible work go on in any case. */
export interface RedisChecks {
  readonly paidWork: 'ok' | 'short';
  readonly checks: readonly RedisCheck[];
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

/** There is no key of lamplighter.yaml by which a person could vouch for it: what cannot be seen is not believed. */
const LET_US_ASK =
  'give this user the right to CONFIG GET (ACL: +config|get), or use a Redis of your own: a managed one that hides its settings cannot be trusted with paid work';

/** Asks Redis how it is set up. What cannot be asked counts as a problem. @throws StoreDown */
export async function checkRedis(store: StoreRedis): Promise<RedisChecks> {
  const info = await store.ask('asking Redis for its version', (redis) => redis.info('server'));
  const version = /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'unknown';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const checks: RedisCheck[] = [
    {
      name: 'version',
      found: version,
      wanted: '7.0 or newer',
      ok: major >= 7,
      why: 'older ones are not tested, and lose writes that newer ones keep',
      mend: 'upgrade Redis, best to 7.2 or newer',
    },
  ];
  for (const [name, wanted, why] of NEEDED) {
    const found = await setting(store, name);
    const mend = found === null ? LET_US_ASK : `CONFIG SET ${name} ${wanted}, and the same in redis.conf`;
    checks.push({ name, found, wanted, ok: found === wanted, why, mend });
  }
  const problems = checks.filter(({ ok }) => !ok).map(problemOf);
  const waitAof = major > 7 || (major === 7 && minor >= 2);
  return { paidWork: problems.length === 0 ? 'ok' : 'short', checks, problems, version, waitAof };
}

function problemOf({ name, found, wanted, why, mend }: RedisCheck): string {
  if (name === 'version') return `Redis is version ${found}, and ${wanted} is needed`;
  if (found === null) return `Redis does not tell its ${name}, which must be ${wanted} (${why}): ${mend}`;
  return `Redis has ${name} ${found}, and ${wanted} is needed: ${why}`;
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

import { afterAll, afterEach, beforeAll } from 'vitest';
import { Bed, type BedOptions, type StartOptions } from './daemon.ts';
import { startRedis, type TestRedis, type TestRedisOptions } from './redis.ts';

/** Redis has sixteen databases unless told otherwise; a file may have more tests. */
const DATABASES = 64;

/** For a test file: one redis-server, a database of it for each bed, and everything closed after each test. */
export function useBeds(redisOptions: TestRedisOptions = {}) {
  let redis: TestRedis | null = null;
  let database = 0;
  const open: Bed[] = [];

  beforeAll(async () => {
    redis = await startRedis({
      ...redisOptions,
      extra: ['--databases', `${DATABASES}`, ...(redisOptions.extra ?? [])],
    });
  });
  afterEach(async () => {
    for (const bed of open.splice(0)) await bed.close();
  });
  afterAll(async () => {
    await redis?.stop();
  });

  function server(): TestRedis {
    if (redis === null) throw new Error('the Redis of this file has not been started');
    return redis;
  }

  /** A bed without a daemon. */
  async function prepare(options: Omit<BedOptions, 'redis'>): Promise<Bed> {
    const bed = new Bed({ redis: `redis://127.0.0.1:${server().port}/${database}`, ...options });
    database += 1;
    open.push(bed);
    await bed.open();
    return bed;
  }

  return {
    get redis(): TestRedis {
      return server();
    },
    prepare,
    /** A bed with a daemon. */
    async start(options: Omit<BedOptions, 'redis'>, how: StartOptions = {}): Promise<Bed> {
      const bed = await prepare(options);
      await bed.start(how);
      return bed;
    },
  };
}

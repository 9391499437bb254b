/**
 * The fault harness: daemons as real processes that are killed, stopped and paused at named points, lines that fail, a
 * Redis that comes back older than it was, and clouds with a true history to hold them against.
 *
 *     npm run test:faults                       every case
 *     npm run test:faults -- k-7 --seed 42      the files whose name contains k-7, with another seed
 *     npm run test:faults -- --long             the long run (k-7 with 500 kills, r-1 with an outage of two minutes)
 *
 * Which runs where goes by the name of the file: `*.test.ts` also in `npm test`, so these must be quick; `*.slow.test.ts`
 * only here; `*.long.test.ts` only with `--long`.
 *
 * A case:
 *
 *     const beds = useFaultBeds();                                  // one redis-server per file, one database per bed
 *
 *     test('K2: …', async () => {
 *       const bed = await beds.prepare({ accounts, policies });     // a Bed (test/support/daemon.ts) and more
 *       const first = await bed.spawnFaulty({ strikes: [{ point: 'after-sending', do: 'kill' }] });
 *       await first.ended;
 *       await bed.spawnFaulty();
 *       await bed.attend('…', MINUTE, async () => …);               // time passes with each listing that a daemon asks for
 *       expect(bed.requests()).toBe(0);                             // paid and destructive requests that reached a cloud
 *       await bed.expectSound();                                    // after every case; a case that forgets it fails
 *     });
 *
 * Points, in the order of an operation's life (`strikes[].point`; see fault-points.ts):
 *   before-list, after-list         around listing an account; its `instance` is the account
 *   before-arm, after-arm           around writing ARMED; after: it is in the ledger, its job is not queued
 *   before-ring, after-ring         around queueing its job
 *   before-read, after-read         around reading one instance anew, just before acting and when looking afterwards
 *   before-STATE, after-STATE       around each transition to STATE, e.g. before-sending, after-sending (the CAS is
 *                                   acknowledged, the send window not yet looked at), before-confirmed, after-confirmed
 *   gate-open                       the window was looked at; the connection is about to be given to undici
 *   request-left                    the kernel has every byte of the request (only kill and stop)
 *   answer-received                 the cloud's answer is in hand, nothing of it written down
 * What happens there (`do`): `kill` itself (-9), `stop` itself (SIGSTOP, until `child.thaw()`), `wait` (until
 * `child.go()`), `block` the event loop for `ms`, `throw`. `nth`, `instance` and `action` say when. Every point that is
 * reached is told: `child.points`, `child.reached('after-sending')`, `child.struck`.
 *
 * Lines: `prepare({ proxyRedis: true, proxyCloud: true })` gives `bed.redisProxy` and `bed.cloudProxy`, each with `cut()`,
 * `hold()`, `loseAnswerTo(fits)` and `heal()`. The test's own store (`bed.operations()`) goes round the proxy.
 * Redis: `beds.redis.kill()/start()/outage(ms)`, `bed.copyRedis(beds.redis)` and `bed.hostCrash(beds.redis, copy)`.
 * Clouds: `bed.sim.faults.add(…)`; the true history is `bed.sim.account(name).commits`, `bed.sent`, `bed.sim.calls`.
 * Daemons in this process: `bed.start()`, as in test/system; the fault points are for processes only.
 */
import { afterAll, afterEach, beforeAll, inject, vi } from 'vitest';
import { startRedis, type TestRedis, type TestRedisOptions } from '../support/redis.ts';
import { FaultBed, type FaultBedOptions } from './fault-bed.ts';

export { DAY, HOUR, MINUTE, NOON, SECOND, TestClock } from '../support/clock.ts';
export { account, busy, daily, idle } from '../support/cloud.ts';
export { canaryToken, FaultBed } from './fault-bed.ts';
export type { FaultChild } from './fault-child.ts';
export type { Point, StrikeInput } from './fault-points.ts';
export { TcpProxy } from './tcp-proxy.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** What random cases begin with; `null`: each has its own. */
    readonly faultSeed: number | null;
  }
}

/** Redis has sixteen databases unless told otherwise; a file may have more tests. */
const DATABASES = 64;
/** For one case; on a machine with nothing else to do it takes a tenth. */
const TEST_MS = 120_000;

export const KEEP_PAID = {
  'keep-paid.yaml': `
policies:
  - name: keep-paid
    match: { name: "prod-*" }
    when: { expiresWithin: 12h }
    do: { renew: { periods: 1 } }
`,
} as const;

/** The seed of a random case: what the command line says, else the case's own. Printed, so that a failure can be replayed. */
export function seedFor(name: string, own: number): number {
  const seed = inject('faultSeed') ?? own;
  process.stderr.write(`${name}: seed ${seed}; replay with: npm run test:faults -- ${name} --seed ${seed}\n`);
  return seed;
}

/** For a test file: one redis-server, a database of it for each bed, everything closed after each test, and nothing left unchecked. */
export function useFaultBeds(redisOptions: TestRedisOptions = {}) {
  vi.setConfig({ testTimeout: TEST_MS });
  let redis: TestRedis | null = null;
  let database = 0;
  const open: FaultBed[] = [];

  beforeAll(async () => {
    redis = await startRedis({
      ...redisOptions,
      extra: ['--databases', `${DATABASES}`, ...(redisOptions.extra ?? [])],
    });
  });
  afterEach(async ({ task }) => {
    const beds = open.splice(0);
    for (const bed of beds) await bed.close();
    const failed = (task.result?.errors?.length ?? 0) > 0;
    if (!failed && beds.some(({ checked }) => !checked)) throw new Error('this case did not ask expectSound()');
  });
  afterAll(async () => {
    await redis?.stop();
  });

  function server(): TestRedis {
    if (redis === null) throw new Error('the Redis of this file has not been started');
    return redis;
  }

  return {
    get redis(): TestRedis {
      return server();
    },
    /** A bed without a daemon. */
    async prepare(options: Omit<FaultBedOptions, 'redis'>): Promise<FaultBed> {
      const bed = new FaultBed({ redis: `redis://127.0.0.1:${server().port}/${database}`, ...options });
      database += 1;
      open.push(bed);
      await bed.open();
      return bed;
    },
  };
}

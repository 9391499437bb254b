import { expect } from 'vitest';
import type { TestRedis } from '../support/redis.ts';
import type { FaultBed } from './fault-bed.ts';
import type { FaultChild } from './fault-child.ts';
import { account, daily, MINUTE, NOON, SECOND } from './harness.ts';

/** After a Redis that was killed is back, daemons work again within this. */
const BACK_MS = 30_000;
const MACHINES = 6;

/** Machines of two accounts that are to be paid for. One cloud gives an id once. */
export const OUTAGE_ACCOUNTS = ['hxy-a', 'hxy-b'].map((name) =>
  account(
    'huixingyun',
    Array.from({ length: MACHINES / 2 }, (_, index) => daily(`${name.slice(-1)}${index}`, 5 + index)),
    { name },
  ),
);

async function answers(child: FaultChild, path: string): Promise<number> {
  const response = await fetch(`${child.origin}${path}`);
  await response.body?.cancel();
  return response.status;
}

/** Redis is killed while the daemon has nothing to do, and once more in the middle of its payments; it works again soon after. */
export async function outages(bed: FaultBed, redis: TestRedis, ms: number): Promise<void> {
  await bed.writePolicy('keep-paid.yaml', KEEP_PAID_TEXT.replace('prod-*', 'nobody'));
  const child = await bed.spawnFaulty();
  await bed.polling();

  await redis.outage(ms);
  await bed.polling(BACK_MS);
  await bed.until('it says that it is ready', async () => (await answers(child, '/readyz')) === 200, BACK_MS);
  const lastSuccess = 'poll_last_success_timestamp_seconds';
  await bed.pass(MINUTE);
  await bed.until('a poll has succeeded after the outage', async () => {
    const at = await bed.metricOf(child, lastSuccess, { account: 'hxy-a' });
    return at !== null && at >= (NOON + MINUTE) / 1000;
  });

  await bed.writePolicy('keep-paid.yaml', KEEP_PAID_TEXT);
  await bed.until('the first payment is out', () => bed.requests() > 0, BACK_MS);
  await redis.outage(ms);
  await bed.polling(BACK_MS);
  await bed.attend('every machine is paid for, or before a person', 20 * SECOND, async () => {
    const all = await bed.operations();
    const ended = all.filter(({ state }) => state === 'confirmed' || state === 'escalated');
    const open = all.some(({ state }) => state === 'armed' || state === 'sending' || state === 'uncertain');
    return !open && new Set(ended.map(({ instance }) => instance)).size === MACHINES;
  });
  expect(child.running).toBe(true);
  expect(await answers(child, '/healthz')).toBe(200);
  expect(await answers(child, '/readyz')).toBe(200);
  await bed.expectSound();
}

const KEEP_PAID_TEXT = `
policies:
  - name: keep-paid
    match: { name: "prod-*" }
    when: { expiresWithin: 12h }
    do: { renew: { periods: 1 } }
`;

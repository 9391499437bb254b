import { expect } from 'vitest';
import type { Bed } from '../support/daemon.ts';
import type { TestRedis } from '../support/redis.ts';

export const POLICIES = {
  'all.yaml': `
policies:
  - name: keep-paid
    match: { name: "prod-*" }
    when: { expiresWithin: 12h }
    do: { renew: { periods: 1 } }
  - name: dark
    match: { name: "dev-*" }
    when: { during: "Mon-Sun 12:30-24:00" }
    do: stop
    limits: { percent: "100%" }
`,
};

export async function ready(bed: Bed): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await bed.http('/readyz');
  return { status: response.status, body: await response.json() };
}

/** Redis is killed and comes back after a time; the daemon says so meanwhile, and that it is back. */
export async function away(bed: Bed, redis: TestRedis, ms: number): Promise<void> {
  const back = redis.outage(ms);
  await bed.until('/readyz says so', async () => (await ready(bed)).status === 503);
  expect((await ready(bed)).body).toMatchObject({ ready: false, checks: { redis: { ok: false } } });
  expect((await bed.http('/healthz')).status).toBe(200);
  const metrics = await bed.http('/metrics');
  expect(metrics.status).toBe(200);
  await metrics.body?.cancel();
  await back;
  await bed.until('/readyz says that it is back', async () => (await ready(bed)).status === 200);
}

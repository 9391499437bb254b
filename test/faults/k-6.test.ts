import { expect, test } from 'vitest';
import type { FaultHandle } from '../../src/simulator/faults.ts';
import type { Child } from '../support/child.ts';
import { account, daily, type FaultBed, KEEP_PAID, MINUTE, SECOND, TestClock, useFaultBeds } from './harness.ts';

/** The grace that deploy/ gives a container between SIGTERM and SIGKILL. */
const STOP_GRACE_MS = 45_000;

const beds = useFaultBeds();

/** `lamplighter run`, as in production, with one renewal that hangs at the cloud. */
async function hanging(): Promise<{
  readonly bed: FaultBed;
  readonly child: Child;
  readonly hang: FaultHandle;
}> {
  const now = Date.now();
  const bed = await beds.prepare({
    clock: new TestClock(now, true),
    accounts: [account('huixingyun', [daily('d', 0, { createdAt: now - 86_400_000, expiresAt: now + 21_600_000 })])],
    policies: KEEP_PAID,
    accountConfig: { hxy: { pollEvery: '1s' } },
  });
  const hang = bed.sim.faults.add({ kind: 'hang', operation: 'renew', effect: 'now' });
  const child = bed.run();
  await bed.until('the request is out', () => hang.hits === 1);
  return { bed, child, hang };
}

test('K6: SIGTERM with a call in flight: it waits for the answer, writes it down and ends well', async () => {
  const { bed, child, hang } = await hanging();
  child.process.kill('SIGTERM');
  await bed.until('it is stopping', () => child.stderr.includes('"msg":"stopping"'));
  hang.release();
  expect(await child.ended).toBe(0);
  const [operation] = await bed.operations();
  expect(operation?.transitions.map(({ to }) => to)).toContain('accepted');
  expect(bed.requests()).toBe(1);
  bed.run();
  await bed.until('it is confirmed', async () => (await bed.operations())[0]?.state === 'confirmed');
  await bed.expectSound();
});

test('K6: SIGTERM with a call in flight and Redis down: it ends within the grace, and not well', {
  timeout: 90_000,
}, async () => {
  const { bed, child, hang } = await hanging();
  await beds.redis.kill();
  const since = performance.now();
  child.process.kill('SIGTERM');
  await bed.until('it is stopping', () => child.stderr.includes('"msg":"stopping"'));
  hang.release();
  const code = await child.ended;
  expect(code).toBe(1);
  expect(performance.now() - since).toBeLessThan(STOP_GRACE_MS);
  await beds.redis.start();
  expect(bed.requests()).toBe(1);
  // Whoever comes later takes the SENDING of the one that is gone for what it is.
  bed.clock.pass(MINUTE);
  await bed.spawnFaulty();
  await bed.attend('it is confirmed', 20 * SECOND, async () => (await bed.operations())[0]?.state === 'confirmed');
  await bed.expectSound();
});

import { expect, test } from 'vitest';
import {
  account,
  daily,
  type FaultBed,
  type FaultChild,
  KEEP_PAID,
  type Point,
  SECOND,
  useFaultBeds,
} from './harness.ts';

/** What a daemon on a clock of the tests holds its jobs for: the shortest lock there is. */
const LOCK_MS = 3_000;

const beds = useFaultBeds();

async function blockedAt(point: Point): Promise<{ readonly bed: FaultBed; readonly first: FaultChild }> {
  const bed = await beds.prepare({ accounts: [account('huixingyun', [daily('d', 11)])], policies: KEEP_PAID });
  const first = await bed.spawnFaulty({ strikes: [{ point, do: 'block', ms: 2 * LOCK_MS + 500 }] });
  await bed.until('its loop stands still', () => first.struck);
  await bed.spawnFaulty();
  await bed.until('it has lost its locks', () => /lock|stalled/i.test(first.stderr), 20_000);
  return { bed, first };
}

async function once(bed: FaultBed, first: FaultChild): Promise<void> {
  await bed.attend('it is renewed', 20 * SECOND, async () =>
    (await bed.operations()).some(({ state }) => state === 'confirmed'),
  );
  expect(first.running).toBe(true);
  expect(bed.requests()).toBe(1);
  await bed.polling();
  await bed.expectSound();
}

test('R6: the loop blocks for two locks before the write: its job is lost, the other one does not send, and it does not either', async () => {
  const { bed, first } = await blockedAt('after-sending');
  await once(bed, first);
  const [operation] = await bed.operations();
  expect(operation?.transitions.map(({ to, reason }) => `${to} ${reason}`)).toContain('armed not-sent');
});

test('R6: the loop blocks for two locks with the answer in hand: the other one does not send', async () => {
  const { bed, first } = await blockedAt('answer-received');
  await once(bed, first);
});

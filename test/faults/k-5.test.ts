import { expect, test } from 'vitest';
import { SEND_WINDOW_MS } from '../../src/work/send.ts';
import { account, daily, type FaultBed, KEEP_PAID, MINUTE, SECOND, useFaultBeds } from './harness.ts';

const beds = useFaultBeds();

async function prepare(): Promise<FaultBed> {
  return await beds.prepare({ accounts: [account('huixingyun', [daily('d', 11)])], policies: KEEP_PAID });
}

test('K5: stopped for minutes between SENDING and the write, while a second daemon escalates, it wakes and does not send', async () => {
  const bed = await prepare();
  const first = await bed.spawnFaulty({ strikes: [{ point: 'after-sending', do: 'stop' }] });
  await bed.until('it stands still', () => first.struck);
  const since = performance.now();
  await bed.spawnFaulty();
  const lost = await bed.attend('the second has escalated', MINUTE, async () =>
    (await bed.operations()).find(({ state }) => state === 'escalated'),
  );
  // The window is measured by a clock that nobody sets.
  await bed.until('the window is over', () => performance.now() - since > SEND_WINDOW_MS);
  first.thaw();
  await bed.until('the first has seen that it moved', () => first.stderr.includes('an operation had moved already'));
  await bed.attend('minutes have passed', MINUTE, () => bed.clock.now() > lost.updatedAt + 15 * MINUTE);
  expect(first.running).toBe(true);
  expect(bed.requests()).toBe(0);
  const [only, ...more] = await bed.operations();
  expect(only).toMatchObject({ id: lost.id, state: 'escalated' });
  expect(more).toEqual([]);
  expect(bed.receiver.told('operation.escalated')).toHaveLength(1);
  await bed.expectSound();
});

test('K5: stopped for longer than the window and nobody else there, it takes SENDING back and sends later, once', async () => {
  const bed = await prepare();
  const child = await bed.spawnFaulty({ strikes: [{ point: 'after-sending', do: 'stop' }] });
  await bed.until('it stands still', () => child.struck);
  const since = performance.now();
  await bed.until('the window is over', () => performance.now() - since > SEND_WINDOW_MS);
  child.thaw();
  const done = await bed.attend('it is renewed', 20 * SECOND, async () =>
    (await bed.operations()).find(({ state }) => state === 'confirmed'),
  );
  expect(done.transitions.map(({ to, reason }) => `${to} ${reason}`)).toContain('armed not-sent');
  expect(bed.requests()).toBe(1);
  expect(bed.receiver.told('operation.escalated')).toEqual([]);
  await bed.expectSound();
});

import { expect, test } from 'vitest';
import { anHourPasses, confirmed, dieAt, k1, k4, prepare } from './deaths.ts';
import { MINUTE } from './harness.ts';

k1('after-arm');

for (const point of ['after-sending', 'gate-open'] as const) {
  test(`K2: killed after SENDING and before the write (${point}), nothing is ever sent, and one person is called`, async () => {
    const bed = await prepare();
    await dieAt(bed, point);
    const lost = await bed.attend('it is escalated', MINUTE, async () =>
      (await bed.operations()).find(({ state }) => state === 'escalated'),
    );
    expect(lost.transitions.map(({ to, reason }) => `${to} ${reason}`)).toContain('uncertain orphan');
    await anHourPasses(bed);
    expect(bed.requests()).toBe(0);
    await bed.until('a person is told', () => bed.receiver.told('operation.escalated').length === 1);
    expect(await bed.operations()).toHaveLength(1);
    await bed.expectSound();
  });
}

test('K3: killed when the request has left and the cloud does it, it is confirmed from the expiry, with one request', async () => {
  const bed = await prepare();
  await dieAt(bed, 'request-left');
  const done = await confirmed(bed);
  expect(done.transitions.map(({ reason }) => reason)).toContain('orphan');
  expect(bed.requests()).toBe(1);
  expect(bed.commits()).toHaveLength(1);
  await bed.expectSound();
});

k4('after-accepted');

test('K4: killed after CONFIRMED and before its job was done, the job runs again and does nothing, and it is told', async () => {
  const bed = await prepare();
  await dieAt(bed, 'after-confirmed');
  const done = await confirmed(bed);
  await anHourPasses(bed);
  expect(await bed.operations()).toEqual([done]);
  expect(bed.requests()).toBe(1);
  await bed.until('it is told', () => bed.receiver.told('operation.confirmed').length === 1);
  await bed.expectSound();
});

import { expect, test } from 'vitest';
import { ClockChild, paid, rightClock } from './clock-child.ts';
import { account, HOUR, KEEP_PAID, SECOND, useFaultBeds } from './harness.ts';

const beds = useFaultBeds();

test('C1: the wall clock goes back an hour during a payment: broken off, exit 75, and whoever comes next does not pay again', async () => {
  const bed = await beds.prepare({
    clock: rightClock(),
    accounts: [account('huixingyun', [paid('d', 6)])],
    policies: KEEP_PAID,
    accountConfig: { hxy: { pollEvery: '1s' } },
  });
  // The cloud has done it, and says nothing.
  const hanging = bed.sim.faults.add({ kind: 'hang', operation: 'renew', effect: 'now' });
  const first = new ClockChild(bed);
  await bed.until('the request hangs', () => hanging.hits === 1);
  // Another replica is there all the time, on a good clock.
  const second = new ClockChild(bed);
  await bed.until('the other runs', () => second.origin !== null);
  const setAt = performance.now();
  first.set(-HOUR);
  expect(await first.ended).toBe(75);
  // It looks every second; the rest is a busy machine's.
  expect(performance.now() - setAt).toBeLessThan(15 * SECOND);
  expect(first.stderr).toContain('the wall clock was set back: everything is broken off');
  expect(first.stderr).toMatch(/the wall clock was set back by 1h; start again/);
  const done = await bed.until('it is confirmed by reading', async () =>
    (await bed.operations()).find(({ state }) => state === 'confirmed'),
  );
  expect(done.transitions.map(({ to }) => to)).toContain('uncertain');
  expect(second.running).toBe(true);
  expect(bed.requests()).toBe(1);
  expect(bed.commits()).toHaveLength(1);
  await bed.expectSound();
});

test('C1: who starts again on the wrong clock sees by the clouds that it is wrong, and pays nothing', async () => {
  const bed = await beds.prepare({
    clock: rightClock(),
    accounts: [account('huixingyun', [paid('d', 6)])],
    policies: KEEP_PAID,
    accountConfig: { hxy: { pollEvery: '1s' } },
  });
  const child = new ClockChild(bed, -HOUR);
  const ready = await bed.until('it is held', async () => {
    if (child.origin === null) return null;
    const text = await (await fetch(`${child.origin}/readyz`)).text();
    return text.includes('our clock is') && text;
  });
  expect(ready).toMatch(/our clock is (?:1h|59m5\ds|1h\ds) behind the Date headers of account hxy/);
  const polls = () => bed.sim.calls.filter(({ operation }) => operation === 'list').length;
  const seen = polls();
  await bed.until('it is listed four times more', () => polls() >= seen + 4);
  expect(bed.requests()).toBe(0);
  // Held, and nobody is called for it: the clock is to be mended.
  expect((await bed.operations()).filter(({ state }) => state === 'escalated')).toEqual([]);
  expect(await child.kill('SIGTERM')).toBe(0);
  await bed.expectSound();
});

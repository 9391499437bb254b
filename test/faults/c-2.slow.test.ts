import { expect, test } from 'vitest';
import { z } from 'zod';
import { ClockChild, paid, rightClock } from './clock-child.ts';
import { account, DAY, type FaultBed, HOUR, KEEP_PAID, MINUTE, useFaultBeds } from './harness.ts';

const beds = useFaultBeds();

/** Holds paid and destructive work back, and says why: `plan`, `/readyz` and the metrics. */
async function held(bed: FaultBed, child: ClockChild, why: RegExp): Promise<void> {
  await bed.until('it is held', async () => {
    if (child.origin === null) return false;
    const metrics = await (await fetch(`${child.origin}/metrics`)).text();
    return /^lamplighter_clock_trusted 0$/m.test(metrics) && /^lamplighter_paid_work_frozen 1$/m.test(metrics);
  });
  const ready = await (await fetch(`${child.origin}/readyz`)).text();
  expect(ready).toMatch(why);
}

const plan = z.object({ items: z.array(z.object({ action: z.string(), reason: z.string(), detail: z.string() })) });

async function planned(child: ClockChild, action: string) {
  const response = await fetch(`${child.origin}/api/v1/plan`);
  return plan.parse(await response.json()).items.filter((item) => item.action === action);
}

async function polls(bed: FaultBed, more: number): Promise<void> {
  const count = () => bed.sim.calls.filter(({ operation }) => operation === 'list').length;
  const seen = count();
  await bed.until(`${more} more listings`, () => count() >= seen + more);
}

const SWEEP = {
  'sweep.yaml': `
policies:
  - name: sweep
    match: { name: "old-*" }
    when: { during: always }
    do: destroy
`,
};

for (const [name, stepMs] of [
  ['an hour', HOUR],
  ['a day', DAY + MINUTE],
] as const) {
  test(`C2: the clock goes ahead by ${name}: what is due by it is held, and says why; what is promoted early does nothing`, async () => {
    const now = Date.now();
    const bed = await beds.prepare({
      clock: rightClock(),
      accounts: [
        account('huixingyun', [
          // Due only by the wrong clock.
          paid('d', 12 + stepMs / HOUR - 0.1),
          { id: 'old', name: 'old-1', status: 'stopped', createdAt: now - 9 * DAY, billing: 'hourly' },
        ]),
      ],
      policies: { ...KEEP_PAID, ...SWEEP },
      accountConfig: {
        hxy: { pollEvery: '1s', actions: ['stop', 'start', 'renew', 'destroy'], requestsPerSecond: 50 },
      },
    });
    const child = new ClockChild(bed);
    // The destruction is announced, for a day later by our clock.
    await bed.until('it is announced', () => bed.receiver.told('decision.announced').length === 1);
    expect(await bed.operations()).toEqual([]);
    child.set(stepMs);
    await held(bed, child, /our clock (?:jumped .* ahead|is .* ahead of the Date headers of account hxy)/);
    await polls(bed, 5);
    const [renewal] = await bed.until('it is planned', async () => {
      const rows = await planned(child, 'renew');
      return rows.length > 0 && rows;
    });
    expect(renewal).toMatchObject({ reason: 'frozen' });
    expect(renewal?.detail).toMatch(/our clock/);
    expect(bed.requests()).toBe(0);
    expect(bed.sim.account('hxy').has('old')).toBe(true);
    expect((await bed.operations()).filter(({ sendingAt }) => sendingAt !== null)).toEqual([]);
    await child.kill('SIGTERM');
    await bed.expectSound();
  });
}

test('C2: NTP sets the clock at boot: held before, and after it until two answers of clouds agree; then one request', async () => {
  const bed = await beds.prepare({
    clock: rightClock(),
    accounts: [account('huixingyun', [paid('d', 6)])],
    policies: KEEP_PAID,
    accountConfig: { hxy: { pollEvery: '1s' } },
  });
  const child = new ClockChild(bed, -2 * HOUR);
  await held(bed, child, /our clock is .* behind the Date headers of account hxy/);
  await polls(bed, 3);
  expect(bed.requests()).toBe(0);
  child.set(0);
  const done = await bed.until('it is renewed', async () =>
    (await bed.operations()).find(({ state }) => state === 'confirmed'),
  );
  expect(done.transitions.filter(({ to }) => to === 'sending')).toHaveLength(1);
  expect(child.stderr).toContain('the clock is believed again');
  expect(bed.requests()).toBe(1);
  await child.kill('SIGTERM');
  await bed.expectSound();
});

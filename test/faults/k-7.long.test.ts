import { expect, test } from 'vitest';
import { HOUR, seedFor, useFaultBeds } from './harness.ts';
import { asTable, type KillPlan, killRun, MONTHS, machines } from './kill-run.ts';

const beds = useFaultBeds();

test('K7: 500 random kills over 300 renewals, two replicas', { timeout: 3_600_000 }, async () => {
  const plan: KillPlan = {
    seed: seedFor('k-7', 1),
    kills: 500,
    renewals: 300,
    accounts: 6,
    spanMs: 48 * HOUR,
    lifeMs: 2_000,
  };
  const accounts = machines(plan);
  const bed = await beds.prepare({
    accounts,
    policies: MONTHS,
    accountConfig: Object.fromEntries(accounts.map(({ name }) => [name, { spendLimit: { callsPerDay: 1_000 } }])),
  });
  const tally = await killRun(bed, plan);
  process.stderr.write(asTable(tally));
  expect(tally).toMatchObject({ doubles: 0, lost: 0 });
  expect(tally.kills).toBeGreaterThanOrEqual(plan.kills);
  expect(tally.requests).toBe(tally.commits);
  await bed.expectSound();
});

import { expect, test } from 'vitest';
import { HOUR, seedFor, useFaultBeds } from './harness.ts';
import { asTable, type KillPlan, killRun, MONTHS, machines } from './kill-run.ts';

const beds = useFaultBeds();

test('K7: two replicas, killed again and again at random: everything is done once, or before a person', {
  timeout: 240_000,
}, async () => {
  const plan: KillPlan = {
    seed: seedFor('k-7', 3),
    kills: 8,
    renewals: 10,
    accounts: 2,
    spanMs: HOUR,
    lifeMs: 1_500,
  };
  const bed = await beds.prepare({
    accounts: machines(plan),
    policies: MONTHS,
    accountConfig: { 'hxy-0': { spendLimit: { callsPerDay: 100 } }, 'hxy-1': { spendLimit: { callsPerDay: 100 } } },
  });
  const tally = await killRun(bed, plan);
  process.stderr.write(asTable(tally));
  expect(tally).toMatchObject({ doubles: 0, lost: 0 });
  expect(tally.requests).toBe(tally.commits);
  expect(tally.commits + tally.escalated).toBe(plan.renewals);
  await bed.expectSound();
});

import { expect, test } from 'vitest';
import { account, daily, KEEP_PAID, useFaultBeds } from './harness.ts';
import { expectOne, startTogether } from './replicas.ts';

const TIMES = 50;
const beds = useFaultBeds();

test(`R7: two daemons start together ${TIMES} times: one of each schedule, one request`, {
  timeout: 600_000,
}, async () => {
  for (let time = 0; time < TIMES; time += 1) {
    const bed = await beds.prepare({ accounts: [account('huixingyun', [daily('d', 11)])], policies: KEEP_PAID });
    await startTogether(bed);
    await expectOne(bed);
    await bed.close();
  }
  expect.hasAssertions();
});

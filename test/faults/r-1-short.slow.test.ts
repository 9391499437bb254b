import { test } from 'vitest';
import { KEEP_PAID, useFaultBeds } from './harness.ts';
import { OUTAGE_ACCOUNTS, outages } from './outage.ts';

const beds = useFaultBeds();

test('R1: Redis is killed and away for 3 s, while idle and while busy: work goes on soon after it is back', {
  timeout: 127500,
}, async () => {
  const bed = await beds.prepare({ accounts: OUTAGE_ACCOUNTS, policies: KEEP_PAID });
  await outages(bed, beds.redis, 3_000);
});

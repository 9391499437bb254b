import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { NO_DETAIL } from '../../src/fleet/detail/detail.ts';
import type { OperationDraft } from '../../src/fleet/operation.ts';
import { Store } from '../../src/store/store.ts';
import { renewal } from '../store/support/ledger.ts';
import { account, daily, KEEP_PAID, SECOND, useFaultBeds } from './harness.ts';
import { openQueue } from './replicas.ts';

const beds = useFaultBeds();

test('R8: one operation under several job ids, run at once by two daemons: one request', async () => {
  const bed = await beds.prepare({ accounts: [account('huixingyun', [daily('d', 11)])], policies: KEEP_PAID });
  // Armed, and nobody has been told.
  const first = await bed.spawnFaulty({ strikes: [{ point: 'before-ring', do: 'kill' }] });
  expect(await first.ended, first.stderr).toBe('SIGKILL');
  const [armed] = await bed.operations();
  expect(armed?.state).toBe('armed');
  const strikes = [{ point: 'before-sending', do: 'wait' }] as const;
  const pair = await Promise.all([bed.spawnFaulty({ strikes }), bed.spawnFaulty({ strikes })]);
  const queue = openQueue(bed, 'act-paid');
  try {
    let jobs = 0;
    // Of two daemons one may take several jobs, which wait for each other there.
    await bed.until('both are about to send', async () => {
      if (pair.every(({ struck }) => struck)) return true;
      jobs += 1;
      await queue.add('act-paid', { operationId: armed?.id }, { jobId: `job-${jobs}` });
      return false;
    });
    expect(jobs).toBeGreaterThanOrEqual(2);
  } finally {
    await queue.close();
  }
  for (const child of pair) child.go();
  await bed.attend('it is renewed', 20 * SECOND, async () =>
    (await bed.operations()).some(({ state }) => state === 'confirmed'),
  );
  expect(bed.requests()).toBe(1);
  expect(await bed.operations()).toHaveLength(1);
  await bed.expectSound();
});

test('R8: one operation armed by three at once: one winner, the others hear that it is there', async () => {
  const bed = await beds.prepare({ accounts: [account('huixingyun', [])], policies: KEEP_PAID });
  const stores = await Promise.all(
    [1, 2, 3].map(async () => {
      const store = new Store({
        url: bed.redisUrl,
        stateDir: bed.dir,
        clock: () => bed.clock.now(),
        random: Math.random,
        newId: randomUUID,
      });
      await store.start({ waitMs: 5_000 });
      return store;
    }),
  );
  try {
    const draft: OperationDraft = renewal();
    const results = await Promise.all(
      stores.map(({ ledger }) => ledger.arm(draft, { now: bed.clock.now(), caps: [] })),
    );
    expect(results.map(({ kind }) => kind).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'armed',
      'duplicate',
      'duplicate',
    ]);
    const winner = results.find(({ kind }) => kind === 'armed');
    if (winner?.kind === 'armed') {
      const { id, state, version } = winner.operation;
      await stores[0]?.ledger.transition(id, {
        from: { state, version },
        to: 'cancelled',
        txid: randomUUID(),
        reason: 'hold',
        detail: NO_DETAIL,
        by: 'lamplighter',
        now: bed.clock.now(),
      });
    }
    await bed.expectSound();
  } finally {
    for (const store of stores) await store.close();
  }
});

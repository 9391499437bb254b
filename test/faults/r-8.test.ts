import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { OperationDraft } from '../../src/fleet/operation.ts';
import { Store } from '../../src/store/store.ts';
import { renewal } from '../store/support/ledger.ts';
import { account, daily, KEEP_PAID, SECOND, useFaultBeds } from './harness.ts';
import { openQueue } from './replicas.ts';

const beds = useFaultBeds();

test('R8: one operation under three job ids, run at once by two daemons: one request', async () => {
  const bed = await beds.prepare({ accounts: [account('huixingyun', [daily('d', 11)])], policies: KEEP_PAID });
  // Armed, and nobody has been told.
  const first = await bed.spawnFaulty({ strikes: [{ point: 'before-ring', do: 'kill' }] });
  await first.ended;
  const [armed] = await bed.operations();
  expect(armed?.state).toBe('armed');
  const queue = openQueue(bed, 'act-paid');
  try {
    await queue.addBulk(
      ['one', 'two', 'three'].map((jobId) => ({ name: 'act-paid', data: { operationId: armed?.id }, opts: { jobId } })),
    );
  } finally {
    await queue.close();
  }
  await Promise.all([bed.spawnFaulty(), bed.spawnFaulty()]);
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
        detail: '',
        by: 'lamplighter',
        now: bed.clock.now(),
      });
    }
    await bed.expectSound();
  } finally {
    for (const store of stores) await store.close();
  }
});

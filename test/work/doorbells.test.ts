import { expect, test } from 'vitest';
import { NO_DETAIL, verbatim } from '../../src/fleet/detail/detail.ts';
import { CALL_MS, SEND_WINDOW_MS } from '../../src/work/send.ts';
import { tick } from '../../src/work/tick.ts';
import { useBeds } from '../support/beds.ts';
import { MINUTE, SECOND } from '../support/clock.ts';
import { account, busy } from '../support/cloud.ts';
import { armedWithoutBell } from './armed-without-bell.ts';

const WATCH = {
  'watch.yaml': `
policies:
  - name: watch
    match: all
    when: { statusFor: { status: [starting], for: 20m } }
    do: notify
`,
};
const beds = useBeds();

test('a job that is lost is queued again after a minute, and the operation is carried out once', async () => {
  const bed = await beds.start({ accounts: [account('huixingyun', [busy('a')])], policies: WATCH });
  await bed.round();
  await armedWithoutBell(bed, 'hxy/a');
  bed.clock.pass(50 * SECOND);
  await bed.round();
  expect((await bed.operations())[0]?.state).toBe('armed');
  bed.clock.pass(11 * SECOND);
  await bed.operationInTime('hxy/a', 'confirmed', 'stop');
  expect(bed.sim.calls.filter(({ operation }) => operation === 'stop')).toHaveLength(1);
});

test('a sender is taken for gone when its request could not be under way any more, and not before', async () => {
  const bed = await beds.start({ accounts: [account('huixingyun', [busy('a')])], policies: WATCH });
  await bed.round();
  const { work, store } = bed.daemon;
  const operation = await armedWithoutBell(bed, 'hxy/a');
  const sendingAt = bed.clock.now();
  await store.ledger.transition(operation.id, {
    from: { state: 'armed', version: operation.version },
    to: 'sending',
    txid: 'of-another',
    reason: 'sending',
    detail: NO_DETAIL,
    by: 'lamplighter',
    now: sendingAt,
    patch: { sendingAt, deadlineAt: sendingAt + SEND_WINDOW_MS + CALL_MS },
  });
  bed.clock.pass(SEND_WINDOW_MS + CALL_MS);
  await tick(work);
  expect((await store.ledger.get(operation.id))?.state).toBe('sending');
  bed.clock.pass(1);
  await tick(work);
  const end = await store.ledger.get(operation.id);
  expect(end?.transitions.map(({ to, reason }) => `${to} ${reason}`)).toContain('uncertain orphan');
});

test('an outcome whose telling was cut short by a crash is told by the next tick, once', async () => {
  const bed = await beds.start({ accounts: [account('huixingyun', [busy('a')])], policies: WATCH });
  await bed.round();
  const operation = await armedWithoutBell(bed, 'hxy/a');
  // As a process leaves it that dies between writing the end and telling of it.
  const moved = await bed.daemon.store.ledger.transition(operation.id, {
    from: { state: operation.state, version: operation.version },
    to: 'superseded',
    txid: 'of-the-one-that-died',
    reason: 'already-so',
    detail: verbatim('it is stopped already'),
    by: 'lamplighter',
    now: bed.clock.now(),
  });
  expect(moved.kind).toBe('moved');
  bed.clock.pass(MINUTE);
  const told = await bed.until('it is told', () => bed.receiver.told('operation.superseded')[0]);
  expect(told).toMatchObject({
    account: 'hxy',
    instance: { id: 'a', name: 'dev-a' },
    action: 'stop',
    reason: 'already-so',
  });
  await bed.roll(MINUTE, 3);
  expect(bed.receiver.deliveries).toHaveLength(1);
});

test('an operation that only looks can move on is looked at again when looks have failed', async () => {
  const bed = await beds.start({
    accounts: [account('chenyu', [busy('inst_a')])],
    policies: {
      'save.yaml': `
policies:
  - name: save
    match: all
    when: { cron: "5 12 * * *" }
    do: { snapshot: { name: "{name}-{date}" } }
`,
    },
  });
  await bed.round();
  const fault = bed.sim.faults.add({
    kind: 'http-status',
    status: 500,
    operation: 'own-images',
    times: Number.POSITIVE_INFINITY,
  });
  bed.clock.pass(5 * MINUTE);
  await bed.attend('several looks have failed', 20 * SECOND, () => fault.hits >= 6);
  expect((await bed.operations())[0]?.state).not.toBe('confirmed');
  fault.remove();
  const done = await bed.attend('it is confirmed', 20 * SECOND, async () =>
    (await bed.operations()).find(({ state }) => state === 'confirmed'),
  );
  expect(done.action).toBe('snapshot');
});

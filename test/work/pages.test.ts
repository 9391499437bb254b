import { test } from 'vitest';
import { peopleStore } from '../../src/app/client.ts';
import { Control } from '../../src/app/control.ts';
import type { Operation } from '../../src/fleet/operation.ts';
import { act } from '../../src/work/act.ts';
import type { Work } from '../../src/work/ports.ts';
import { useBeds } from '../support/beds.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../support/clock.ts';
import { account, busy, daily, idle } from '../support/cloud.ts';
import type { Bed } from '../support/daemon.ts';
import { expect } from '../support/in-words.ts';
import { withMethods } from '../support/with-methods.ts';

const KEEP_PAID = {
  'renew.yaml': `
policies:
  - name: keep-paid
    match: { name: "prod-*" }
    when: { expiresWithin: 12h }
    do: { renew: { periods: 1 } }
`,
};
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

async function start(hours: readonly number[]): Promise<Bed> {
  const machines = hours.map((left, index) => daily(`d${index}`, left));
  return await beds.start({ accounts: [account('huixingyun', machines)], policies: KEEP_PAID });
}
const requests = (bed: Bed, operation = 'renew') => bed.sim.calls.filter((call) => call.operation === operation).length;

test('an unclear answer pages at once where less than six hours are left, and a confirmation closes that page', async () => {
  const bed = await start([5, 7]);
  bed.sim.faults.add({ kind: 'http-status', status: 502, operation: 'renew', times: 2, effect: 'now' });
  await bed.round();
  const page = await bed.until('people are told', () => bed.receiver.told('expiry.soon')[0]);
  expect(page).toMatchObject({ severity: 'critical', reason: 'uncertain', instance: { id: 'd0' }, action: 'renew' });
  await bed.operationInTime('hxy/d0', 'confirmed', 'renew', MINUTE);
  await bed.operationInTime('hxy/d1', 'confirmed', 'renew', MINUTE);
  const closing = await bed.until('it is closed', () =>
    bed.receiver.told('operation.confirmed').find(({ instance }) => instance?.id === 'd0'),
  );
  expect(closing).toMatchObject({ severity: 'warning', details: { closes: page.id } });
  const plain = await bed.until('the other is told', () =>
    bed.receiver.told('operation.confirmed').find(({ instance }) => instance?.id === 'd1'),
  );
  expect(plain.severity).toBe('info');
  expect(plain.details).not.toHaveProperty('closes');
  expect(bed.receiver.told('expiry.soon')).toHaveLength(1);
});

test('what cannot be looked at any more is put before a person after an hour and the settle time, and is confirmed when it can', async () => {
  const bed = await start([11]);
  bed.sim.faults.add({ kind: 'http-status', status: 502, operation: 'renew', effect: 'now' });
  await bed.round();
  const lost = await bed.operation('hxy/d0', 'uncertain', 'renew');
  // The cloud is there, and none of its listings is whole or holds the machine.
  bed.sim.faults.add({ kind: 'partial-page', operation: 'list', times: 1e6 });
  const began = bed.clock.now();
  const end = await bed.operationInTime('hxy/d0', 'escalated', 'renew', 5 * MINUTE);
  expect(end).toMatchObject({ id: lost.id, reason: 'not-seen', detail: expect.stringContaining('it cannot be told') });
  expect(bed.clock.now() - began).toBeGreaterThan(75 * MINUTE);
  expect(bed.clock.now() - began).toBeLessThan(3 * HOUR);
  expect(requests(bed)).toBe(1);
  bed.sim.faults.clear();
  const seen = await bed.operationInTime('hxy/d0', 'confirmed', 'renew', MINUTE);
  expect(seen.reason).toBe('seen-late');
});

test('what is confirmed late closes its page and raises the settle time of its account and action', async () => {
  const bed = await start([11]);
  bed.sim.faults.add({ kind: 'delayed-effect', delayMs: 25 * MINUTE, operation: 'renew' });
  await bed.round();
  // Before any time passes: a minute that leaps over the answer would have it lost.
  await bed.until('the cloud has said yes', async () =>
    (await bed.operations({ instance: 'hxy/d0' }))[0]?.transitions.some(({ to }) => to === 'accepted'),
  );
  await bed.operationInTime('hxy/d0', 'escalated', 'renew', MINUTE);
  const page = await bed.until('people are told', () => bed.receiver.told('operation.escalated')[0]);
  expect(page).toMatchObject({ severity: 'critical', reason: 'not-seen', details: { accepted: true } });
  expect(page.text).toContain('although the cloud had said yes');
  await bed.operationInTime('hxy/d0', 'confirmed', 'renew', MINUTE);
  const closing = await bed.until('it is closed', () => bed.receiver.told('operation.confirmed')[0]);
  expect(closing).toMatchObject({ severity: 'warning', reason: 'seen-late', details: { closes: page.id } });
  const settleMs = (await (await bed.store()).settleTimes('hxy')).get('renew') ?? 0;
  expect(settleMs).toBeGreaterThan(HOUR);
  // The next one is given that time, by whichever process.
  await bed.stopDaemon();
  await bed.start();
  bed.sim.faults.add({ kind: 'http-status', status: 502, operation: 'renew', effect: 'never' });
  await bed.rollUntil(
    'it is due again',
    10 * MINUTE,
    async () => (await bed.operations({ instance: 'hxy/d0' })).length > 1,
  );
  // In small steps: a leap of time between the look and the request would have it look again.
  const sent = await bed.rollUntil('the next is unclear', 10 * SECOND, async () => {
    const [newest] = await bed.operations({ instance: 'hxy/d0' });
    return newest?.transitions.some(({ to }) => to === 'uncertain') === true && newest;
  });
  const before = await bed.rollUntil('time passes', MINUTE, async () => {
    const [newest] = await bed.operations({ instance: 'hxy/d0' });
    return bed.clock.now() - (sent.sendingAt ?? 0) > 40 * MINUTE && newest;
  });
  expect(before.state).toBe('verifying');
  await bed.operationInTime('hxy/d0', 'escalated', 'renew', 5 * MINUTE);
  expect(requests(bed)).toBe(2);
});

test('a breaker that opens says so, once, and what is confirmed later leaves its count', async () => {
  const bed = await start([7, 8, 9, 10, 11]);
  bed.sim.faults.add({ kind: 'http-status', status: 504, operation: 'renew', times: 3, effect: 'never' });
  await bed.round();
  const told = await bed.rollUntil('people are told', SECOND, () => bed.receiver.told('account.unreachable')[0]);
  expect(told).toMatchObject({ severity: 'critical', reason: 'breaker', account: 'hxy', instance: null });
  await bed.roll(MINUTE, 3);
  expect(bed.receiver.told('account.unreachable')).toHaveLength(1);
  const store = await bed.store();
  expect(await store.countUncertain('hxy', bed.clock.now())).toBe(3);
  // Somebody saw to one of them in the console.
  const unclear = (await bed.operations()).find(({ state }) => state === 'verifying' || state === 'uncertain');
  const machine = bed.sim.account('hxy').instance(unclear?.instanceId ?? '');
  machine.expiresAt = (machine.expiresAt ?? 0) + DAY;
  await bed.operationInTime(unclear?.instance ?? '', 'confirmed', 'renew');
  expect(await store.countUncertain('hxy', bed.clock.now())).toBe(2);
});

test('a machine paid for twice freezes paid work, and people are told of both', async () => {
  const bed = await start([6, 7]);
  const hang = bed.sim.faults.add({ kind: 'hang', effect: 'now', operation: 'renew' });
  await bed.round();
  await bed.until('the request is out', () => hang.hits === 1);
  const [first] = bed.sim.calls.filter(({ operation }) => operation === 'renew');
  const id = first?.ids[0] ?? '';
  const machine = bed.sim.account('hxy').instance(id);
  machine.expiresAt = (machine.expiresAt ?? 0) + DAY;
  hang.release();
  const freeze = await bed.rollUntil('the freeze is told', SECOND, () => bed.receiver.told('operation.escalated')[0]);
  expect(freeze).toMatchObject({ severity: 'critical', reason: 'excess', account: null, instance: null });
  expect(freeze.text).toContain(`hxy/${id}`);
  expect(freeze.text).toContain('lamplighter reconcile');
  await bed.until('so is the double', () =>
    bed.receiver.told('operation.confirmed').some(({ reason }) => reason === 'excess'),
  );
  await bed.roll(MINUTE, 3);
  expect(bed.receiver.told('operation.escalated')).toHaveLength(1);
  const metrics = await (await bed.http('/metrics')).text();
  expect(metrics).toContain('lamplighter_frozen{class="paid",reason="excess"} 1');
  expect(metrics).toContain('lamplighter_frozen{class="destructive",reason="excess"} 0');
});

function control(bed: Bed): Control {
  const { work, store } = bed.daemon;
  return new Control(work, peopleStore(store));
}

const ORDER = { app_type: 'comfyui', pay_unit: 4 };
const MAY_BUY = { hxy: { actions: ['stop', 'create', 'destroy'] } };

async function shop(): Promise<Bed> {
  const bed = await beds.start({
    accounts: [account('huixingyun', [busy('a')])],
    policies: WATCH,
    accountConfig: MAY_BUY,
  });
  await bed.round();
  return bed;
}

test('an order whose answer is lost is found as the one machine that is new', async () => {
  const bed = await shop();
  // As young as the one that is ordered, and there before it.
  bed.sim.account('hxy').addInstance({ id: 'of-somebody', createdAt: bed.clock.now() - 30 * SECOND });
  bed.sim.faults.add({ kind: 'lost-answer', operation: 'buy-application' });
  expect(await control(bed).create('hxy', ORDER, 'web', 'li')).toMatchObject({ kind: 'done' });
  const done = await bed.operationInTime('hxy/slot:web', 'confirmed', 'create');
  expect(done.transitions.map(({ to }) => to)).toContain('uncertain');
  expect(done.listedBefore?.toSorted()).toEqual(['a', 'of-somebody']);
  expect(requests(bed, 'buy-application')).toBe(1);
});

test('an order of which nothing comes is for a person after the settle time, and its slot and account stay reserved', async () => {
  const bed = await shop();
  bed.sim.faults.add({ kind: 'http-status', status: 502, operation: 'buy-application', effect: 'never' });
  await control(bed).create('hxy', ORDER, 'web', 'li');
  const stuck = await bed.operationInTime('hxy/slot:web', 'escalated', 'create', MINUTE);
  expect(stuck.reason).toBe('not-seen');
  expect(await control(bed).create('hxy', ORDER, 'web', 'li')).toMatchObject({ kind: 'refused' });
  expect(await control(bed).create('hxy', ORDER, 'db', 'li')).toMatchObject({
    kind: 'refused',
    message: expect.stringContaining(stuck.id),
  });
  await bed.control(`/api/v1/operations/${stuck.id}/close`, { by: 'li', reason: 'nothing was ordered' });
  expect(await control(bed).create('hxy', ORDER, 'db', 'li')).toMatchObject({ kind: 'done' });
  await bed.operationInTime('hxy/slot:db', 'confirmed', 'create');
  expect(requests(bed, 'buy-application')).toBe(2);
});

test('two new machines after a lost answer are for a person to tell apart', async () => {
  const bed = await shop();
  const hang = bed.sim.faults.add({ kind: 'hang', operation: 'buy-application', effect: 'now' });
  await control(bed).create('hxy', ORDER, 'web', 'li');
  await bed.until('the order is out', () => hang.hits === 1);
  bed.sim.account('hxy').addInstance({ id: 'of-somebody', name: 'theirs', createdAt: bed.clock.now() });
  bed.clock.pass(40 * SECOND);
  const stuck = await bed.operationInTime('hxy/slot:web', 'escalated', 'create');
  expect(stuck).toMatchObject({ reason: 'odd-change', detail: expect.stringContaining('2 new machines') });
});

test('machines are destroyed one at a time', async () => {
  const stopped = ['a', 'b'].map((id) => idle(id, { status: 'stopped' }));
  const bed = await beds.start({
    accounts: [account('huixingyun', [...stopped, busy('c')])],
    policies: WATCH,
    accountConfig: MAY_BUY,
  });
  await bed.round();
  bed.sim.faults.add({ kind: 'delayed-effect', delayMs: 4 * MINUTE, operation: 'destroy' });
  for (const id of ['hxy/a', 'hxy/b']) {
    expect(await control(bed).act(id, { kind: 'destroy' }, 'li')).toMatchObject({ kind: 'done' });
  }
  const first = await bed.until(
    'one is sent',
    async (): Promise<Operation | undefined> =>
      (await bed.operations()).find(({ state }) => state === 'accepted' || state === 'verifying'),
  );
  await bed.roll(30 * SECOND, 4);
  expect(requests(bed, 'destroy')).toBe(1);
  const other = first.instance === 'hxy/a' ? 'hxy/b' : 'hxy/a';
  // A replica that has looked a moment before the first was sent is told by the ledger, when it is about to send.
  const { work, store } = bed.daemon;
  const ledger = withMethods(work.store.ledger, { unfinished: () => Promise.resolve([]) });
  const rung: string[] = [];
  const early: Work = {
    ...work,
    store: withMethods(work.store, { ledger }),
    queue: withMethods(work.queue, {
      act: async (_queue, id) => {
        rung.push(id);
      },
    }),
  };
  const waiting = (await store.ledger.unfinished()).find(({ instance }) => instance === other);
  if (waiting === undefined) throw new Error('the other one does not wait');
  await act(early, waiting.id, new AbortController().signal);
  expect(requests(bed, 'destroy')).toBe(1);
  expect(await store.ledger.get(waiting.id)).toEqual(waiting);
  expect(rung).toEqual([waiting.id]);
  await bed.operationInTime(first.instance, 'confirmed', 'destroy', 30 * SECOND);
  await bed.operationInTime(other, 'confirmed', 'destroy', 30 * SECOND);
  expect(requests(bed, 'destroy')).toBe(2);
});

import { test } from 'vitest';
import { peopleStore } from '../../src/app/client.ts';
import { Control } from '../../src/app/control.ts';
import type { Operation } from '../../src/fleet/operation.ts';
import type { Provider } from '../../src/providers/port.ts';
import { act } from '../../src/work/act.ts';
import type { Work } from '../../src/work/ports.ts';
import { useBeds } from '../support/beds.ts';
import { DAY, HOUR, MINUTE } from '../support/clock.ts';
import { account, daily, idle } from '../support/cloud.ts';
import type { Bed } from '../support/daemon.ts';
import { expect } from '../support/in-words.ts';
import { withMethods } from '../support/with-methods.ts';

// What was decided is looked at again when it is carried out, however much later that is: here by the test, since the
// daemon's own jobs are lost.
const POLICIES = {
  'paid.yaml': `
policies:
  - name: keep-paid
    match: { name: "prod-*" }
    when: { expiresWithin: 12h }
    do: { renew: { periods: 1 } }
`,
  'old.yaml': `
policies:
  - name: sweep
    match: { name: "dev-*", status: stopped }
    when: { stoppedFor: 10m }
    notice: 5m
    requireNotice: false
    limits: { percent: "100%", perPass: 50 }
    do: destroy
`,
};
/** Asks for nothing that costs. */
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

interface Late {
  readonly bed: Bed;
  /** What is wrong with paid work. */
  readonly off: { now: string | null };
}

async function armedOnly(
  machines: Parameters<typeof account>[1],
  policies: Readonly<Record<string, string>> = POLICIES,
): Promise<Late> {
  const off: Late['off'] = { now: null };
  const decorate = (work: Work): Work => ({
    ...work,
    queue: withMethods(work.queue, { act: () => Promise.resolve() }),
    paidWorkOff: () => off.now ?? work.paidWorkOff(),
  });
  const bed = await beds.start(
    {
      accounts: [account('huixingyun', machines)],
      policies,
      accountConfig: { hxy: { actions: ['renew', 'destroy', 'stop'] } },
    },
    { decorate },
  );
  return { bed, off };
}

/** The same work with a cloud that does some things otherwise. */
function withProvider(work: Work, methods: (inner: Provider) => Partial<Provider>): Work {
  const standing = work.standing();
  const runtime = standing.accounts.get('hxy');
  if (runtime === undefined) throw new Error('there is no account hxy');
  const provider = withMethods(runtime.provider, methods(runtime.provider));
  const changed = { ...standing, accounts: new Map([['hxy', { ...runtime, provider }]]) };
  return { ...work, standing: () => changed };
}

async function waiting(bed: Bed, id: string): Promise<Operation> {
  const [operation] = await bed.operations({ instance: `hxy/${id}` });
  if (operation?.state !== 'armed') throw new Error(`${id} does not wait`);
  return operation;
}

async function carryOut({ bed }: Late, id: string): Promise<Operation | undefined> {
  const operation = await waiting(bed, id);
  await act(bed.daemon.work, operation.id, new AbortController().signal);
  return (await bed.operations({ instance: `hxy/${id}` })).find((each) => each.id === operation.id);
}

const requests = ({ bed }: Late) =>
  bed.sim.calls.filter(({ operation }) => operation === 'renew' || operation === 'destroy');

test('between deciding and paying: what stands against it by then keeps the request from leaving', async () => {
  const names = ['frozen', 'off', 'gate', 'moved', 'removed', 'well'];
  const late = await armedOnly(names.map((name, index) => daily(name, 10 + index / 10)));
  const { bed, off } = late;
  await bed.round();
  const { store } = bed.daemon;
  const now = bed.clock.now();

  await store.ledger.freeze('paid', 'excess', now, 'a test');
  expect(await carryOut(late, 'frozen')).toMatchObject({
    state: 'cancelled',
    reason: 'frozen',
    detail: 'excess: a test',
  });
  await store.ledger.reconcile('li', now);

  off.now = 'the clock is wrong';
  expect(await carryOut(late, 'off')).toMatchObject({ reason: 'frozen', detail: 'the clock is wrong' });
  off.now = null;
  // All is well until the connection to the cloud stands.
  const wrongAtLast = withProvider(bed.daemon.work, (inner) => ({
    act: (id, call, options) => {
      off.now = 'the clock is wrong';
      return inner.act(id, call, options);
    },
  }));
  const gate = await waiting(bed, 'gate');
  await act(wrongAtLast, gate.id, new AbortController().signal);
  const found = await store.ledger.get(gate.id);
  expect(found).toMatchObject({ reason: 'frozen', detail: 'found just before sending' });
  off.now = null;

  // A colleague has renewed it in the console.
  const moved = bed.sim.account('hxy').instance('moved');
  moved.expiresAt = (moved.expiresAt ?? 0) + DAY;
  expect(await carryOut(late, 'moved')).toMatchObject({ state: 'superseded', reason: 'changed' });
  expect(requests(late)).toEqual([]);

  expect(await carryOut(late, 'well')).toMatchObject({ state: 'accepted' });
  expect(requests(late).map(({ ids }) => ids)).toEqual([['well']]);

  await bed.removePolicy('paid.yaml');
  await bed.control('/-/reload');
  expect(await carryOut(late, 'removed')).toMatchObject({ state: 'cancelled', reason: 'policy-removed' });
  expect(requests(late)).toHaveLength(1);
});

test('what a person asked for by hand is held to the same, with no policy to ask', async () => {
  const names = ['breaker', 'paused', 'limit', 'closed'];
  const late = await armedOnly(
    names.map((name, index) => daily(name, 20 + index, { name: `hand-${name}` })),
    WATCH,
  );
  const { bed } = late;
  await bed.round();
  const { store, work } = bed.daemon;
  const control = new Control(work, peopleStore(store));
  const renew = (name: string) => control.act(`hxy/${name}`, { kind: 'renew', unit: 'daily', periods: 1 }, 'li');
  for (const name of names) expect(await renew(name)).toMatchObject({ kind: 'done' });

  await store.tripBreaker('hxy', 'paid', bed.clock.now() + HOUR, 'a test');
  expect(await carryOut(late, 'breaker')).toMatchObject({ state: 'cancelled', reason: 'breaker' });
  await store.tripBreaker('hxy', 'paid', 0, '');
  await bed.control('/api/v1/pause', { by: 'li' });
  expect(await carryOut(late, 'paused')).toMatchObject({ state: 'cancelled', reason: 'paused' });
  await bed.control('/api/v1/resume', { by: 'li' });
  await bed.writeConfig({
    accounts: { hxy: { provider: 'huixingyun', baseUrl: bed.sim.origin, tokenFile: 'secrets/hxy' } },
  });
  await bed.control('/-/reload');
  expect(await carryOut(late, 'limit')).toMatchObject({ state: 'cancelled', reason: 'spend-limit' });
  expect(requests(late)).toEqual([]);
  await bed.writeConfig();
  await bed.control('/-/reload');

  // One that got no answer, and that a person has closed: nobody gets a second one out of it by asking again.
  bed.sim.faults.add({ kind: 'http-status', status: 502, operation: 'renew', effect: 'never' });
  expect(await carryOut(late, 'closed')).toMatchObject({ state: 'uncertain' });
  const lost = await bed.operationInTime('hxy/closed', 'escalated', 'renew', MINUTE);
  expect(await control.close(lost.id, 'li', 'not charged')).toMatchObject({ kind: 'done' });
  expect(await renew('closed')).toMatchObject({
    kind: 'refused',
    message: expect.stringContaining('was asked before'),
  });
  expect(requests(late)).toHaveLength(1);
});

test('between deciding and destroying: a hold, a label, a sign of life, another machine, a listing that shrank', async () => {
  const names = ['held', 'kept', 'used', 'reused', 'ageless', 'well', 'shrunken', 'x', 'y', 'z'];
  const late = await armedOnly(names.map((name) => idle(name, { status: 'stopped' })));
  const { bed } = late;
  await bed.round();
  await bed.roll(2 * MINUTE, 10);

  await bed.control('/api/v1/holds', { instance: 'hxy/held', for: '1h', reason: 'mine', owner: 'li' });
  expect(await carryOut(late, 'held')).toMatchObject({ state: 'cancelled', reason: 'hold' });

  await bed.writeConfig({ labels: [{ match: { name: 'dev-kept' }, set: { protect: 'true' } }] });
  await bed.control('/-/reload');
  expect(await carryOut(late, 'kept')).toMatchObject({ state: 'cancelled', reason: 'protected' });

  const cloud = bed.sim.account('hxy');
  cloud.instance('used').status = 'running';
  expect(await carryOut(late, 'used')).toMatchObject({ state: 'cancelled', reason: 'no-longer-due' });

  cloud.removeInstance('reused');
  cloud.addInstance({ id: 'reused', name: 'dev-reused', status: 'stopped', createdAt: bed.clock.now() - MINUTE });
  expect(await carryOut(late, 'reused')).toMatchObject({ state: 'superseded', reason: 'changed' });

  // Its listing leaves out when it was made: that may be somebody else's, too.
  const blind = withProvider(bed.daemon.work, (inner) => ({
    read: async (id, signal) => {
      const row = await inner.read(id, signal);
      return row === null ? null : { ...row, createdAt: null };
    },
  }));
  const ageless = await waiting(bed, 'ageless');
  await act(blind, ageless.id, new AbortController().signal);
  expect(await bed.daemon.store.ledger.get(ageless.id)).toMatchObject({ state: 'superseded', reason: 'changed' });

  const shrunken = await waiting(bed, 'shrunken');
  const snapshot = await bed.daemon.store.loadSnapshot('hxy');
  if (snapshot === null) throw new Error('it was never listed');
  await bed.daemon.store.saveSnapshot({ ...snapshot, takenAt: snapshot.takenAt + 1, shrunken: true }, snapshot.takenAt);
  await act(bed.daemon.work, shrunken.id, new AbortController().signal);
  expect(await bed.daemon.store.ledger.get(shrunken.id)).toMatchObject({
    state: 'cancelled',
    reason: 'stale-snapshot',
  });
  await bed.daemon.store.saveSnapshot({ ...snapshot, takenAt: snapshot.takenAt + 2 }, snapshot.takenAt);
  expect(requests(late)).toEqual([]);

  expect(await carryOut(late, 'well')).toMatchObject({ state: 'accepted' });
  expect(requests(late).map(({ ids }) => ids)).toEqual([['well']]);
});

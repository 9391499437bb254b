import { expect, test } from 'vitest';
import { act } from '../../src/work/act.ts';
import type { Work } from '../../src/work/ports.ts';
import { useBeds } from '../support/beds.ts';
import { MINUTE } from '../support/clock.ts';
import { account, busy } from '../support/cloud.ts';
import type { Bed } from '../support/daemon.ts';
import { withMethods } from '../support/with-methods.ts';
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

interface Case {
  readonly what: string;
  readonly happens: (bed: Bed) => Promise<unknown> | undefined;
  readonly state: 'cancelled' | 'superseded';
  readonly reason: string;
}

const CASES: readonly Case[] = [
  {
    what: 'all acting is paused',
    happens: (bed) => bed.control('/api/v1/pause', { by: 'li', reason: 'a drill' }),
    state: 'cancelled',
    reason: 'paused',
  },
  {
    what: 'somebody holds it',
    happens: (bed) => bed.control('/api/v1/holds', { instance: 'hxy/a', for: '1h', reason: 'mine', owner: 'li' }),
    state: 'cancelled',
    reason: 'hold',
  },
  {
    what: 'it is protected by a new label',
    happens: async (bed) => {
      await bed.writeConfig({ labels: [{ match: { name: 'dev-*' }, set: { protect: 'true' } }] });
      await bed.control('/-/reload');
    },
    state: 'cancelled',
    reason: 'protected',
  },
  {
    what: 'somebody stopped it',
    happens: (bed) => {
      bed.sim.account('hxy').instance('a').status = 'stopped';
      return undefined;
    },
    state: 'superseded',
    reason: 'already-so',
  },
  {
    what: 'it is gone',
    happens: (bed) => {
      bed.sim.account('hxy').removeInstance('a');
      return undefined;
    },
    state: 'superseded',
    reason: 'gone',
  },
  {
    what: 'another machine has its id',
    happens: (bed) => {
      const cloud = bed.sim.account('hxy');
      cloud.removeInstance('a');
      cloud.addInstance({ id: 'a', name: 'dev-a', createdAt: bed.clock.now() - MINUTE });
      return undefined;
    },
    state: 'superseded',
    reason: 'changed',
  },
  {
    what: 'its status is a word that nobody knows',
    happens: (bed) => {
      bed.sim.account('hxy').instance('a').statusWord = 'Hibernating';
      return undefined;
    },
    state: 'cancelled',
    reason: 'unknown-status',
  },
];

test('what its process cannot carry out any more is left as it is, to whoever comes next', async () => {
  const machines = ['waits', 'reads'].map((id) => busy(id));
  const bed = await beds.start({ accounts: [account('huixingyun', machines)], policies: WATCH });
  await bed.round();
  const rung: string[] = [];
  const work: Work = {
    ...bed.daemon.work,
    queue: withMethods(bed.daemon.work.queue, {
      act: async (_queue, id) => {
        rung.push(id);
      },
    }),
  };
  const left = async (id: string, cutWhen: () => boolean) => {
    const operation = await armedWithoutBell(bed, `hxy/${id}`);
    const ends = new AbortController();
    const done = act(work, operation.id, ends.signal);
    await bed.until('the process ends', cutWhen);
    ends.abort(new Error('shutting down'));
    await done;
    expect(await bed.daemon.store.ledger.get(operation.id)).toEqual(operation);
    return operation;
  };
  const waits = await armedWithoutBell(bed, 'hxy/waits');
  await act(work, waits.id, AbortSignal.abort());
  expect(await bed.daemon.store.ledger.get(waits.id)).toEqual(waits);
  const hang = bed.sim.faults.add({ kind: 'hang', operation: 'list' });
  await left('reads', () => hang.hits > 0);
  bed.sim.faults.clear();
  expect(rung).toEqual([]);
  expect(bed.sim.calls.filter(({ operation }) => operation === 'stop')).toEqual([]);
  // And the next one does it.
  bed.clock.pass(61_000);
  for (const id of ['waits', 'reads']) await bed.operationInTime(`hxy/${id}`, 'confirmed', 'stop');
});

for (const { what, happens, state, reason } of CASES) {
  test(`between deciding and acting ${what}: ${reason}, and nothing is sent`, async () => {
    const bed = await beds.start({ accounts: [account('huixingyun', [busy('a'), busy('b')])], policies: WATCH });
    await bed.round();
    await armedWithoutBell(bed, 'hxy/a');
    await happens(bed);
    bed.clock.pass(61_000);
    const end = await bed.operationInTime('hxy/a', state, 'stop');
    expect(end.reason).toBe(reason);
    expect(bed.sim.calls.filter(({ operation }) => operation === 'stop')).toEqual([]);
  });
}

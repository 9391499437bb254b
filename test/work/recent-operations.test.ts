import { expect, test } from 'vitest';
import { track } from '../../src/decide/track.ts';
import type { Instance } from '../../src/fleet/instance.ts';
import type { Operation } from '../../src/fleet/operation.ts';
import type { Listing, Snapshot } from '../../src/fleet/snapshot.ts';
import { recentOperations } from '../../src/work/recent-operations.ts';
import { HOUR, instance, MINUTE, NOON } from '../decide/kit.ts';
import { operation } from '../decide/operation-kit.ts';

const MACHINES = 1_000;

function listing(minute: number, row: (i: number) => Partial<Instance>): Listing {
  const at = NOON + minute * MINUTE;
  const instances = Array.from({ length: MACHINES }, (_, i) => instance({ id: `m${i}`, startedAt: null, ...row(i) }));
  return { startedAt: at, finishedAt: at, instances, incomplete: null, serverTimeAt: null };
}

function snapshot({ startedAt: takenAt }: Listing, instances: Snapshot['instances']): Snapshot {
  const isWhole = { complete: true, incomplete: null, shrunken: false };
  return {
    account: 'hxy',
    provider: 'huixingyun',
    takenAt,
    finishedAt: takenAt,
    generation: 1,
    ...isWhole,
    instances,
    balance: null,
  };
}

/** A ledger of these, the latest first, and what it is asked of single instances. */
function ledgerOf(all: readonly Operation[]) {
  const asked: string[] = [];
  return {
    asked,
    recent: (_account: string, limit: number) => Promise.resolve(all.slice(0, limit)),
    lastOf: (keys: readonly string[]) => {
      asked.push(...keys);
      return Promise.resolve(all.filter((each) => keys.includes(each.instance)));
    },
  };
}

const moves = (kind: 'stop' | 'start', at: number, state: Operation['state'] = 'confirmed') =>
  Array.from({ length: MACHINES }, (_, i) =>
    operation(kind === 'stop' ? { kind } : { kind, stopMode: 'normal' }, {
      id: `${kind}-${i}`,
      instance: `hxy/m${i}`,
      instanceId: `m${i}`,
      policy: 'night',
      sendingAt: at,
      createdAt: at,
      state,
    }),
  );

/** The fleet up, down a minute later, confirmed another minute later, and up again in the end. */
async function night(first: ReturnType<typeof listing>) {
  const stops = moves('stop', NOON + 20_000);
  const before = snapshot(first, track(null, first, { operations: new Map() }));
  const down = listing(1, () => ({ status: 'stopped' }));
  const open = await recentOperations(ledgerOf(moves('stop', NOON + 20_000, 'verifying')), before, 'hxy', down);
  const seen = snapshot(down, track(before, down, { operations: open }));
  const told = listing(2, () => ({ status: 'stopped' }));
  const done = await recentOperations(ledgerOf(stops), seen, 'hxy', told);
  return { stops, after: snapshot(told, track(seen, told, { operations: done })) };
}

test('of a thousand machines that were stopped at once it is told of each whose stop it was, and whose start', async () => {
  const { stops, after } = await night(listing(0, () => ({})));
  expect(after.instances.filter(({ stoppedBy }) => stoppedBy === 'night')).toHaveLength(MACHINES);
  const up = listing(30, () => ({}));
  const ledger = ledgerOf([...moves('start', NOON + 29.5 * MINUTE), ...stops]);
  const lit = track(after, up, { operations: await recentOperations(ledger, after, 'hxy', up) });
  expect(lit.filter(({ personStartAt }) => personStartAt !== null)).toEqual([]);
});

test('nothing is asked of single machines where the latest operations reach back far enough, or none has moved', async () => {
  const { stops, after } = await night(listing(0, () => ({})));
  const still = listing(3, () => ({ status: 'stopped' }));
  const busy = ledgerOf(stops);
  await recentOperations(busy, after, 'hxy', still);
  expect(busy.asked).toEqual([]);
  const some = listing(3, (i) => ({ status: i < 2 ? 'running' : 'stopped' }));
  await recentOperations(busy, after, 'hxy', some);
  expect(busy.asked).toEqual(['hxy/m0', 'hxy/m1']);
  const late = listing(90, (i) => ({ status: i < 2 ? 'running' : 'stopped' }));
  const old = ledgerOf(stops);
  expect((await recentOperations(old, after, 'hxy', late)).size).toBe(300);
  const few = ledgerOf(stops.slice(0, 299));
  await recentOperations(few, after, 'hxy', some);
  expect([old.asked, few.asked]).toEqual([[], []]);
  expect(late.startedAt - NOON).toBeGreaterThan(HOUR);
});

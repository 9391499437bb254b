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
    lastOf: (keys: readonly string[], count: number) => {
      asked.push(...keys);
      return Promise.resolve(keys.flatMap((key) => all.filter(({ instance: own }) => own === key).slice(0, count)));
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
  // Of the two the last move is among the latest; of those from the other end it is not.
  const some = listing(3, (i) => ({ status: i < 2 ? 'running' : 'stopped' }));
  await recentOperations(busy, after, 'hxy', some);
  expect(busy.asked).toEqual([]);
  const others = listing(3, (i) => ({ status: i > 997 ? 'running' : 'stopped' }));
  await recentOperations(busy, after, 'hxy', others);
  expect(busy.asked).toEqual(['hxy/m998', 'hxy/m999']);
  const late = listing(90, (i) => ({ status: i > 997 ? 'running' : 'stopped' }));
  const old = ledgerOf(stops);
  expect((await recentOperations(old, after, 'hxy', late)).size).toBe(300);
  const few = ledgerOf(stops.slice(0, 299));
  await recentOperations(few, after, 'hxy', others);
  expect([old.asked, few.asked]).toEqual([[], []]);
  expect(late.startedAt - NOON).toBeGreaterThan(HOUR);
});

test('where the last of a machine is not sent yet, or moves nothing, what was done before it is asked for', async () => {
  const { stops, after } = await night(listing(0, () => ({})));
  const waiting = moves('start', NOON + 29 * MINUTE, 'armed').map((each) => ({ ...each, sendingAt: null }));
  // Whoever is told of them is told of the starts that wait first.
  const ledger = ledgerOf([...waiting, ...stops]);
  const up = listing(29, (i) => ({ status: i > 997 ? 'running' : 'stopped' }));
  const operations = await recentOperations(ledger, after, 'hxy', up);
  expect(ledger.asked).toEqual(['hxy/m998', 'hxy/m999', 'hxy/m998', 'hxy/m999']);
  expect(operations.get('m999')?.map(({ id }) => id)).toEqual(['start-999', 'stop-999']);
});

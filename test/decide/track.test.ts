import { describe, expect, it } from 'vitest';
import { track } from '../../src/decide/track.ts';
import type { ActionCall } from '../../src/fleet/action-call.ts';
import type { Instance } from '../../src/fleet/instance.ts';
import type { Operation } from '../../src/fleet/operation.ts';
import type { Listing, Snapshot, Tracked } from '../../src/fleet/snapshot.ts';
import { HOUR, instance, MINUTE, NOON } from './kit.ts';
import { operation } from './operation-kit.ts';

function listing(at: number, rows: readonly Partial<Instance>[], incomplete: Listing['incomplete'] = null): Listing {
  const instances = rows.map((row) => instance({ startedAt: null, ...row }));
  return { startedAt: at, finishedAt: at + 500, instances, incomplete, serverTimeAt: null };
}

function snapshot(from: Listing, instances: readonly Tracked[]): Snapshot {
  return {
    account: 'hxy',
    provider: 'huixingyun',
    takenAt: from.startedAt,
    finishedAt: from.finishedAt,
    generation: 1,
    complete: from.incomplete === null,
    incomplete: from.incomplete,
    shrunken: false,
    instances,
    balance: null,
  };
}

/** What is remembered of gpu-1 after listings a minute apart. */
function story(
  rows: readonly (Partial<Instance> | null)[],
  operations: readonly Operation[] = [],
): Tracked | undefined {
  let last: Snapshot | null = null;
  for (const [index, row] of rows.entries()) {
    const now = listing(NOON + index * MINUTE, row === null ? [] : [row]);
    last = snapshot(now, track(last, now, { operations: new Map([['gpu-1', operations]]) }));
  }
  return last?.instances.find((tracked) => tracked.instance.id === 'gpu-1');
}

const sent = (call: ActionCall, at: number, fields: Partial<Operation> = {}) =>
  operation(call, { sendingAt: at, state: 'confirmed', ...fields });
const run = { status: 'running' } as const;
const stop = { status: 'stopped' } as const;
const minute = (count: number) => NOON + count * MINUTE;

describe('what is remembered', () => {
  it('of a first sight: no person, and its own start time where it is told', () => {
    expect(story([run])).toMatchObject({ firstSeenAt: NOON, statusSince: NOON, upSince: NOON, personStartAt: null });
    expect(story([{ ...run, startedAt: NOON - HOUR }])).toMatchObject({
      upSince: NOON - HOUR,
      statusSince: NOON - HOUR,
    });
    expect(story([{ ...run, startedAt: NOON + HOUR }])).toMatchObject({ upSince: NOON });
    expect(story([stop])).toMatchObject({ upSince: null, stopMode: null });
  });

  it('since when a status holds', () => {
    expect(story([run, run, stop, stop, stop])).toMatchObject({ statusSince: minute(2), upSince: null });
    expect(story([run, run, run])).toMatchObject({ statusSince: NOON, upSince: NOON });
  });

  it('that a person started it', () => {
    expect(story([stop, run])).toMatchObject({ upSince: minute(1), personStartAt: minute(1) });
    expect(story([stop, { status: 'starting' }, run])).toMatchObject({ upSince: minute(1), personStartAt: minute(1) });
    expect(story([stop, { ...run, startedAt: minute(1) - 20_000 }])).toMatchObject({
      personStartAt: minute(1) - 20_000,
    });
    // A start time from before it was seen down is not this start's.
    expect(story([stop, { ...run, startedAt: NOON - HOUR }])).toMatchObject({ personStartAt: minute(1) });
    // It stays known when the machine is stopped again.
    expect(story([stop, run, stop])).toMatchObject({ personStartAt: minute(1), upSince: null });
  });

  it('that we started it, which takes a person’s start off', () => {
    const start = sent({ kind: 'start', stopMode: 'normal' }, minute(2) + 5000);
    expect(story([stop, run, stop, run], [start])).toMatchObject({ personStartAt: null, upSince: minute(3) });
    expect(story([stop, run, stop, run], [{ ...start, state: 'rejected' }])).toMatchObject({
      personStartAt: minute(3),
    });
    // By hand, through our own ledger, it is a person's start all the same.
    expect(story([stop, run, stop, run], [{ ...start, policy: null }])).toMatchObject({ personStartAt: minute(3) });
    expect(story([run, { status: 'restarting' }, run], [sent({ kind: 'restart' }, NOON + 1000)])).toMatchObject({
      personStartAt: null,
      upSince: minute(2),
    });
  });

  it('that a person started it after our stop, or long after our start', () => {
    const start = sent({ kind: 'start', stopMode: 'normal' }, minute(0) + 1000);
    const halt = sent({ kind: 'stop' }, minute(1) + 1000);
    expect(story([stop, run, stop, run], [halt, start])).toMatchObject({ personStartAt: minute(3) });
    const old = sent({ kind: 'start', stopMode: 'normal' }, NOON - HOUR);
    expect(story([stop, run], [old])).toMatchObject({ personStartAt: minute(1) });
  });

  it('that it was started anew between two listings', () => {
    const before = { ...run, startedAt: NOON - HOUR };
    const anew = { ...run, startedAt: NOON + 30_000 };
    expect(story([before, anew])).toMatchObject({ upSince: NOON + 30_000, personStartAt: NOON + 30_000 });
    expect(story([before, anew], [sent({ kind: 'restart' }, NOON + 20_000)])).toMatchObject({
      upSince: NOON + 30_000,
      personStartAt: null,
    });
  });

  it('nothing new from a status that cannot be read', () => {
    expect(story([run, { status: 'unknown' }, run])).toMatchObject({ upSince: NOON, personStartAt: null });
    expect(story([stop, { status: 'unknown' }, stop])).toMatchObject({ upSince: null, personStartAt: null });
  });

  it('how it was stopped, while nobody else has touched it', () => {
    const halt = sent({ kind: 'cardless-stop' }, NOON + 30_000);
    expect(story([run, stop], [halt])).toMatchObject({ stopMode: 'cardless' });
    expect(story([run, stop, stop], [halt])).toMatchObject({ stopMode: 'cardless' });
    expect(story([run, stop], [{ ...halt, state: 'verifying' }])).toMatchObject({ stopMode: null });
    expect(story([run, stop, run, stop], [halt])).toMatchObject({ stopMode: null });
    expect(story([run, { status: 'stopping' }, stop], [sent({ kind: 'stop' }, NOON + 1000)])).toMatchObject({
      stopMode: 'normal',
    });
    expect(story([run, stop], [sent({ kind: 'stop' }, NOON - HOUR)])).toMatchObject({ stopMode: null });
  });

  it('of another machine under the same id: nothing', () => {
    expect(story([stop, { ...run, createdAt: minute(1) }])).toMatchObject({ firstSeenAt: minute(1) });
  });

  it('a new machine that runs was started by somebody; one that was overlooked was not', () => {
    const first = listing(NOON, [{ id: 'gpu-9' }]);
    const before = snapshot(first, track(null, first, { operations: new Map() }));
    const second = (row: Partial<Instance>, operations: readonly Operation[] = []) => {
      const all = track(before, listing(minute(1), [{ id: 'gpu-9' }, row]), {
        operations: new Map([['gpu-1', operations]]),
      });
      return all.find((tracked) => tracked.instance.id === 'gpu-1')?.personStartAt;
    };
    expect(second({ createdAt: NOON + 20_000 })).toBe(minute(1));
    expect(second({ createdAt: NOON - HOUR })).toBeNull();
    expect(second({ createdAt: NOON + 20_000 }, [sent({ kind: 'create', order: {} }, NOON + 1000)])).toBeNull();
  });
});

describe('what a listing does not show', () => {
  const first = listing(NOON, [{ id: 'gpu-1' }, { id: 'gpu-2' }]);
  const before = snapshot(first, track(null, first, { operations: new Map() }));
  const ids = (from: Listing, keepMissing = false) =>
    track(before, from, { operations: new Map(), keepMissing }).map((tracked) => tracked.instance.id);

  it('is gone after three complete ones in a row, and back with the first that shows it', () => {
    const without = [{ id: 'gpu-2', ...run }];
    const both = [...without, { id: 'gpu-1', ...run }];
    const told = (rows: readonly (readonly Partial<Instance>[])[]) => {
      let last = before;
      return rows.map((shown, index) => {
        const now = listing(minute(index + 1), shown, shown.length === 0 ? 'page-failed' : null);
        last = snapshot(now, track(last, now, { operations: new Map() }));
        const found = last.instances.find((each) => each.instance.id === 'gpu-1');
        return found === undefined ? 'gone' : (found.missing ?? 'there');
      });
    };
    expect(told([without, without, without])).toEqual([1, 2, 'gone']);
    expect(told([without, both, without, without])).toEqual([1, 'there', 1, 2]);
    // One that is not whole says nothing.
    expect(told([without, [], without, [], without])).toEqual([1, 1, 2, 2, 'gone']);
    expect(told([without, [...without, { id: 'gpu-1', status: 'unknown' }]])).toEqual([1, 'there']);
  });

  it('is gone at once where we have destroyed it', () => {
    const destroyed = sent({ kind: 'destroy' }, minute(0));
    const after = listing(minute(1), [{ id: 'gpu-2' }]);
    const left = (state: Operation['state']) =>
      track(before, after, { operations: new Map([['gpu-1', [{ ...destroyed, state }]]]) }).length;
    expect(left('confirmed')).toBe(1);
    expect(left('rejected')).toBe(2);
  });

  it('is kept as it was by one that is not whole or not believed', () => {
    expect(ids(listing(minute(1), [{ id: 'gpu-2' }], 'page-failed'))).toEqual(['gpu-2', 'gpu-1']);
    expect(ids(listing(minute(1), []), true)).toEqual(['gpu-1', 'gpu-2']);
    expect(ids(listing(minute(1), [{ id: 'gpu-2' }, { id: 'gpu-2' }], 'duplicate-ids'))).toEqual(['gpu-2', 'gpu-1']);
  });
});

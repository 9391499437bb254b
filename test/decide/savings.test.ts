import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { zoneNamed } from '../../src/calendar/zone.ts';
import { type LedgerLook, ledgerEntry } from '../../src/decide/savings.ts';
import type { Price } from '../../src/fleet/account.ts';
import type { Instance } from '../../src/fleet/instance.ts';
import type { Operation } from '../../src/fleet/operation.ts';
import type { SavedTime } from '../../src/fleet/saved-time.ts';
import type { Snapshot, Tracked } from '../../src/fleet/snapshot.ts';
import { at, DAY, HOUR, MINUTE, NOON, view } from './kit.ts';
import { operation } from './operation-kit.ts';

const PRICES = new Map<string, Price>([['geforce_rtx_4090', { hourlyFen: 198, dailyFen: null, monthlyFen: null }]]);

function snapshot(takenAt: number, instances: readonly Tracked[], fields: Partial<Snapshot> = {}): Snapshot {
  return {
    account: 'hxy',
    provider: 'huixingyun',
    takenAt,
    finishedAt: takenAt,
    generation: 1,
    complete: true,
    incomplete: null,
    shrunken: false,
    instances,
    balance: null,
    ...fields,
  };
}

function stopped(fields: Partial<Instance> = {}, tracked: Partial<Tracked> = {}): Tracked {
  const base = view(
    { status: 'stopped', ...fields },
    { tracked: { statusSince: NOON - 3 * HOUR, stoppedBy: 'night', stopMode: 'normal', ...tracked } },
  );
  return base.tracked;
}

const now = NOON;
const before = NOON - MINUTE;

function look(was: readonly Tracked[], is: readonly Tracked[], fields: Partial<LedgerLook> = {}): LedgerLook {
  return {
    countedTo: before,
    previous: snapshot(before, was),
    snapshot: snapshot(now, is),
    prices: PRICES,
    believedMs: 150_000,
    zone: zoneNamed('Asia/Shanghai'),
    operations: new Map(),
    ...fields,
  };
}

function saved(fields: Partial<SavedTime>): SavedTime {
  const none = { ms: 0, gpuMs: 0, grossFen: 0, keptFen: 0, unpricedMs: 0, unkeptMs: 0, stops: 0, wrong: 0 };
  return { day: '2026-10-08', policy: 'night', instance: 'gpu-1', ...none, ...fields };
}

const entryOf = (was: Tracked, is: Tracked, fields: Partial<LedgerLook> = {}) =>
  ledgerEntry(look([was], [is], fields))?.saved ?? [];

const MINUTE_SAVED = { ms: MINUTE, gpuMs: MINUTE, grossFen: 3.3, unkeptMs: MINUTE };

describe('what policies saved since the ledger was last written', () => {
  test('the time an hourly instance stood stopped, by its price', () => {
    expect(entryOf(stopped(), stopped())).toEqual([saved(MINUTE_SAVED)]);
    const eight = entryOf(stopped({ gpuCount: 8 }), stopped({ gpuCount: 8 }));
    expect(eight).toEqual([saved({ ...MINUTE_SAVED, gpuMs: 8 * MINUTE, grossFen: 8 * 3.3 })]);
  });

  test('less what it costs stopped, where the configuration says so, and without cards where that is cheaper', () => {
    const one = { hourlyFen: 198, dailyFen: null, monthlyFen: null, stoppedFen: 60 };
    const prices = (fields: Partial<Price> = {}) => new Map([['geforce_rtx_4090', { ...one, ...fields }]]);
    const cardless = stopped({}, { stopMode: 'cardless' });
    const kept = { ...MINUTE_SAVED, unkeptMs: 0 };
    expect(entryOf(stopped(), stopped(), { prices: prices() })).toEqual([saved({ ...kept, keptFen: 1 })]);
    expect(entryOf(cardless, cardless, { prices: prices() })).toEqual([saved({ ...kept, keptFen: 1 })]);
    expect(entryOf(cardless, cardless, { prices: prices({ cardlessFen: 6 }) })).toEqual([
      saved({ ...kept, keptFen: 0.1 }),
    ]);
  });

  test.each<[string, Tracked, Tracked]>([
    ['stopped by nobody of ours', stopped({}, { stoppedBy: null }), stopped({}, { stoppedBy: null })],
    ['up again', stopped(), view().tracked],
    ['paid ahead anyway', stopped({ billing: 'monthly' }), stopped({ billing: 'monthly' })],
    ['given up a week ago', stopped({}, { statusSince: NOON - 8 * DAY }), stopped({}, { statusSince: NOON - 8 * DAY })],
    ['not in this listing', stopped(), stopped({}, { missing: 1 })],
  ])('nothing: %s', (_name, was, is) => {
    expect(entryOf(was, is)).toEqual([]);
  });

  test('the week ends to the millisecond', () => {
    const tracked = stopped({}, { statusSince: NOON - 7 * DAY - 20_000 });
    expect(entryOf(tracked, tracked)[0]?.ms).toBe(MINUTE - 20_000);
  });

  test('time without a price is told without money', () => {
    const unpriced = saved({ ms: MINUTE, gpuMs: MINUTE, unpricedMs: MINUTE });
    expect(entryOf(stopped(), stopped(), { prices: new Map() })).toEqual([unpriced]);
    expect(entryOf(stopped({ billing: 'unknown' }), stopped({ billing: 'unknown' }))).toEqual([unpriced]);
  });

  test('a stop is counted once, and from when it was first seen, whenever it is told whose it was', () => {
    const since = { statusSince: before };
    const first = stopped({}, { ...since, stoppedBy: null, stopMode: null });
    const stops = saved({ stops: 1 });
    // At once with the next listing.
    expect(entryOf(first, stopped({}, since))).toEqual([stops, saved(MINUTE_SAVED)]);
    // Ten minutes later.
    const old = { statusSince: NOON - 10 * MINUTE };
    const late = entryOf(stopped({}, { ...old, stoppedBy: null }), stopped({}, old));
    expect(late.map(({ ms, stops }) => [ms, stops])).toEqual([
      [0, 1],
      [10 * MINUTE, 0],
    ]);
    expect(entryOf(stopped({}, old), stopped({}, old))).toEqual([saved(MINUTE_SAVED)]);
    // Told with a listing that was not whole and counted nothing.
    const unwhole = look([stopped({}, old)], [stopped({}, old)], { countedTo: NOON - 11 * MINUTE });
    expect(ledgerEntry(unwhole)?.saved.map(({ ms, stops }) => [ms, stops])).toEqual([
      [0, 1],
      [10 * MINUTE, 0],
    ]);
  });

  test('another replica has counted a later listing than the one this one was compared with: nothing is new', () => {
    const old = { statusSince: NOON - 10 * MINUTE };
    const stale = look([stopped({}, { ...old, stoppedBy: null })], [stopped({}, old)], {
      previous: snapshot(NOON - 5 * MINUTE, [stopped({}, { ...old, stoppedBy: null })]),
    });
    expect(ledgerEntry(stale)?.saved).toEqual([saved(MINUTE_SAVED)]);
  });

  test('each local day has its part', () => {
    const midnight = at('00:00', 1);
    const tracked = stopped();
    const entry = look([tracked], [tracked], {
      countedTo: midnight - MINUTE,
      previous: snapshot(midnight - MINUTE, [tracked]),
      snapshot: snapshot(midnight + 2 * MINUTE, [tracked]),
    });
    expect(ledgerEntry(entry)?.saved.map(({ day, ms }) => [day, ms])).toEqual([
      ['2026-10-08', MINUTE],
      ['2026-10-09', 2 * MINUTE],
    ]);
  });

  test('what nobody watched is not counted, and said', () => {
    const gap = { countedTo: now - 2 * HOUR, previous: snapshot(now - 2 * HOUR, [stopped()]) };
    expect(ledgerEntry(look([stopped()], [stopped()], gap))).toEqual({
      from: now - 2 * HOUR,
      to: now,
      saved: [],
      unwatched: [{ day: '2026-10-08', ms: 2 * HOUR }],
    });
    // Where polls are that far apart it is no gap.
    expect(ledgerEntry(look([stopped()], [stopped()], { ...gap, believedMs: 2 * HOUR }))?.saved[0]?.ms).toBe(2 * HOUR);
  });

  test('a listing that is not believed counts nothing, and the next one that is catches up', () => {
    const { snapshot: whole } = look([stopped()], [stopped()]);
    for (const bad of [{ complete: false }, { shrunken: true }])
      expect(ledgerEntry(look([stopped()], [stopped()], { snapshot: { ...whole, ...bad } }))).toBeNull();
    const later = look([stopped()], [stopped()], { countedTo: now - 5 * MINUTE });
    expect(ledgerEntry(later)?.saved[0]?.ms).toBe(5 * MINUTE);
  });

  test('the same listing is not counted again; a first one only begins, as does one after the clock was set back', () => {
    expect(ledgerEntry(look([stopped()], [stopped()], { countedTo: now }))).toBeNull();
    const begins = (from: number | null) => ({ from, to: now, saved: [], unwatched: [] });
    expect(ledgerEntry(look([stopped()], [stopped()], { countedTo: null, previous: null }))).toEqual(begins(null));
    const ahead = now + 2 * HOUR;
    expect(ledgerEntry(look([stopped()], [stopped()], { countedTo: ahead }))).toEqual(begins(ahead));
  });

  test('however listings fall, the sum is the time from the first that showed it stopped to the last', () => {
    const arbitrary = fc.array(fc.integer({ min: 1_000, max: 50 * MINUTE }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(arbitrary, fc.integer({ min: 0, max: 5 }), (gaps, told) => {
        const since = { statusSince: NOON };
        let countedTo = NOON;
        let previous = snapshot(NOON, [stopped({}, { ...since, stoppedBy: null })]);
        let ms = 0;
        let stops = 0;
        for (const [i, gap] of gaps.entries()) {
          const isTold = i >= told || previous.takenAt + gap - NOON > 50 * MINUTE;
          const stoppedBy = isTold || previous.instances[0]?.stoppedBy === 'night' ? 'night' : null;
          const next = snapshot(previous.takenAt + gap, [stopped({}, { ...since, stoppedBy })]);
          const entry = ledgerEntry(look([], [], { countedTo, previous, snapshot: next }));
          for (const each of entry?.saved ?? []) {
            ms += each.ms;
            stops += each.stops;
          }
          countedTo = entry?.to ?? countedTo;
          previous = next;
        }
        const isSaved = previous.instances[0]?.stoppedBy === 'night';
        const watched = previous.takenAt - NOON;
        // Told later than an hour after: what was before then is not made up for.
        if (!isSaved) expect([ms, stops]).toEqual([0, 0]);
        else expect([Math.min(ms, watched), stops]).toEqual([ms, 1]);
        if (isSaved && told === 0) expect(ms).toBe(Math.min(watched, 7 * DAY));
      }),
      { numRuns: 60 },
    );
  });
});

describe('a wrong stop', () => {
  const stop = stopped({}, { statusSince: NOON - 20 * MINUTE });
  const startedAt = NOON - 30_000;
  const up = (tracked: Partial<Tracked> = {}) =>
    view({}, { tracked: { upSince: startedAt, personStartAt: startedAt, statusSince: startedAt, ...tracked } }).tracked;

  test('is one after which a person starts the machine within half an hour', () => {
    expect(entryOf(stop, up())).toEqual([saved({ wrong: 1 })]);
    expect(entryOf(stopped({}, { statusSince: NOON - 31 * MINUTE }), up())).toEqual([]);
  });

  test('is none where a policy has started it, where no policy had stopped it, or where it was told before', () => {
    expect(entryOf(stop, up({ personStartAt: null }))).toEqual([]);
    expect(entryOf(stopped({}, { statusSince: NOON - 20 * MINUTE, stoppedBy: null }), up())).toEqual([]);
    expect(entryOf(up(), up())).toEqual([]);
  });

  test('is seen also where it was over before anybody knew whose stop it was', () => {
    const stopping = (fields: Partial<Operation>) =>
      operation({ kind: 'stop' }, { policy: 'night', state: 'confirmed', sendingAt: NOON - 2 * MINUTE, ...fields });
    const over = (...operations: readonly Operation[]) =>
      entryOf(stopped({}, { stoppedBy: null, statusSince: before }), up(), {
        operations: new Map([['gpu-1', operations]]),
      });
    expect(over(stopping({}))).toEqual([saved({ stops: 1, wrong: 1 })]);
    expect(over(stopping({ state: 'rejected' }))).toEqual([]);
    expect(over(stopping({ policy: null }))).toEqual([]);
    expect(over(stopping({}), stopping({ action: 'restart', sendingAt: NOON - MINUTE }))).toEqual([]);
  });
});

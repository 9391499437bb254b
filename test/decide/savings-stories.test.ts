import { describe, expect, test } from 'vitest';
import { type Zone, zoneNamed } from '../../src/calendar/zone.ts';
import { type LedgerLook, ledgerEntry } from '../../src/decide/savings.ts';
import { track } from '../../src/decide/track.ts';
import type { Price } from '../../src/fleet/account.ts';
import type { ActionCall } from '../../src/fleet/action-call.ts';
import type { Instance } from '../../src/fleet/instance.ts';
import type { Operation } from '../../src/fleet/operation.ts';
import type { LedgerEntry } from '../../src/fleet/saved-time.ts';
import type { Listing, Snapshot } from '../../src/fleet/snapshot.ts';
import { DAY, HOUR, instance, MINUTE, NOON } from './kit.ts';
import { operation } from './operation-kit.ts';

/** What one listing shows, so many minutes after noon. */
interface Look {
  readonly minute: number;
  /** `null`: it is not in the listing. */
  readonly row: Partial<Instance> | null;
  readonly incomplete?: Listing['incomplete'];
  /** It is stored, and the ledger cannot be written. */
  readonly isUncounted?: boolean;
  readonly prices?: ReadonlyMap<string, Price>;
}

const PRICES = new Map<string, Price>([['geforce_rtx_4090', { hourlyFen: 120, dailyFen: null, monthlyFen: null }]]);
const SHANGHAI = zoneNamed('Asia/Shanghai');

/** What the ledger says in the end of gpu-1, as polls, tracking and counting make it one after the other. */
function told(looks: readonly Look[], operations: readonly Operation[] = [], zone: Zone = SHANGHAI) {
  let previous: Snapshot | null = null;
  let countedTo: number | null = null;
  const sums = new Map<string, { minutes: number; yuan: number; stops: number; wrong: number }>();
  const days = new Map<string, number>();
  let unwatched = 0;
  for (const { minute, row, incomplete = null, isUncounted = false, prices = PRICES } of looks) {
    const at = NOON + minute * MINUTE;
    const instances = row === null ? [] : [instance({ startedAt: null, ...row })];
    const listing: Listing = { startedAt: at, finishedAt: at, instances, incomplete, serverTimeAt: null };
    const asked = new Map([['gpu-1', askedUntil(at, operations)]]);
    const instancesThen = track(previous, listing, { operations: asked });
    const times = { takenAt: at, finishedAt: at, complete: incomplete === null, incomplete };
    const snapshot: Snapshot = { ...NOTHING, ...times, instances: instancesThen };
    const look: LedgerLook = { countedTo, previous, snapshot, prices, believedMs: 150_000, zone, operations: asked };
    const entry: LedgerEntry | null = isUncounted ? null : ledgerEntry(look);
    for (const { policy, day, ms, grossFen, keptFen, stops, wrong } of entry?.saved ?? []) {
      const sum = sums.get(policy) ?? { minutes: 0, yuan: 0, stops: 0, wrong: 0 };
      sum.minutes += ms / MINUTE;
      sum.yuan += Math.round(grossFen - keptFen) / 100;
      sum.stops += stops;
      sum.wrong += wrong;
      sums.set(policy, sum);
      if (ms > 0) days.set(day, (days.get(day) ?? 0) + ms / HOUR);
    }
    unwatched += (entry?.unwatched ?? []).reduce((all, { ms }) => all + ms, 0) / MINUTE;
    countedTo = entry?.to ?? countedTo;
    previous = snapshot;
  }
  const rounded = [...sums].map(([policy, { minutes, yuan, stops, wrong }]) => [
    policy,
    [minutes, Math.round(yuan * 100) / 100, stops, wrong],
  ]);
  return { sums: Object.fromEntries(rounded), days: Object.fromEntries(days), unwatched };
}

const NOTHING: Snapshot = {
  account: 'hxy',
  provider: 'huixingyun',
  takenAt: NOON,
  finishedAt: NOON,
  generation: 1,
  complete: true,
  incomplete: null,
  shrunken: false,
  instances: [],
  balance: null,
};

/** What is known then: an operation is confirmed when it was last written. */
function askedUntil(at: number, operations: readonly Operation[]): readonly Operation[] {
  return operations
    .filter(({ sendingAt }) => sendingAt !== null && sendingAt <= at)
    .map((each) => (each.updatedAt <= at ? each : { ...each, state: 'verifying' }));
}

const UP = { status: 'running' } as const;
const DOWN = { status: 'stopped' } as const;

const sent = (call: ActionCall, minute: number, fields: Partial<Operation> = {}) =>
  operation(call, {
    policy: 'night',
    state: 'confirmed',
    sendingAt: NOON + minute * MINUTE,
    updatedAt: NOON + minute * MINUTE,
    ...fields,
  });
const stop = (minute: number, fields: Partial<Operation> = {}) => sent({ kind: 'stop' }, minute - 0.5, fields);
const start = (minute: number, fields: Partial<Operation> = {}) =>
  sent({ kind: 'start', stopMode: 'normal' }, minute - 0.5, fields);

/** A listing a minute, of what `rows` has last; `rows` by minute. */
function looks(until: number, rows: Readonly<Record<number, Partial<Look>>>): readonly Look[] {
  let row: Look['row'] = UP;
  return Array.from({ length: until + 1 }, (_, minute) => {
    const given = rows[minute] ?? {};
    if (given.row !== undefined) row = given.row;
    return { minute, ...given, row };
  });
}

/** The clock says so many minutes from then on, a minute at a time. */
const going = (from: number, count: number, row: Partial<Instance>): readonly Look[] =>
  Array.from({ length: count }, (_, i) => ({ minute: from + i, row }));

/** Minutes, yuan, stops and wrong ones. */
const STORIES: readonly [string, readonly Look[], readonly Operation[], Readonly<Record<string, readonly number[]>>][] =
  [
    ['stopped for an hour', looks(70, { 1: { row: DOWN }, 61: { row: UP } }), [stop(1)], { night: [59, 1.18, 1, 0] }],
    [
      'started by the policy itself after ten minutes',
      looks(20, { 1: { row: DOWN }, 11: { row: UP } }),
      [stop(1), start(11)],
      { night: [9, 0.18, 1, 0] },
    ],
    [
      'started by the schedule of another policy after ten minutes',
      looks(20, { 1: { row: DOWN }, 11: { row: UP } }),
      [stop(1), start(11, { policy: 'morning' })],
      { night: [9, 0.18, 1, 0] },
    ],
    [
      'started by hand through our own ledger after ten minutes',
      looks(20, { 1: { row: DOWN }, 11: { row: UP } }),
      [stop(1), start(11, { policy: null })],
      { night: [9, 0.18, 1, 1] },
    ],
    [
      'started by a person, and stopped by another policy',
      looks(60, { 1: { row: DOWN }, 11: { row: UP }, 50: { row: DOWN } }),
      [stop(1), stop(50, { policy: 'idle' })],
      { night: [9, 0.18, 1, 1], idle: [10, 0.2, 1, 0] },
    ],
    [
      'started by a person, who starts it anew once more',
      looks(30, {
        1: { row: DOWN },
        11: { row: { ...UP, startedAt: NOON + 10.5 * MINUTE } },
        20: { row: { ...UP, startedAt: NOON + 19.5 * MINUTE } },
      }),
      [stop(1)],
      { night: [9, 0.18, 1, 1] },
    ],
    [
      'started by a person, who stops and starts it once more',
      looks(30, { 1: { row: DOWN }, 5: { row: UP }, 10: { row: DOWN }, 15: { row: UP } }),
      [stop(1)],
      { night: [3, 0.06, 1, 1] },
    ],
    [
      'over before anybody saw it, and started by a person',
      looks(10, {
        5: { row: { ...UP, startedAt: NOON + 4.8 * MINUTE } },
        0: { row: { ...UP, startedAt: NOON - HOUR } },
      }),
      [stop(4.9)],
      { night: [0, 0, 1, 1] },
    ],
    [
      'over before anybody saw it, with a shutdown timer set in between',
      looks(10, {
        5: { row: { ...UP, startedAt: NOON + 4.8 * MINUTE } },
        0: { row: { ...UP, startedAt: NOON - HOUR } },
      }),
      [sent({ kind: 'shutdown-timer', at: null }, 4.7), stop(4.9)],
      { night: [0, 0, 1, 1] },
    ],
    [
      'started by a person, which a listing shows first that is not whole',
      looks(20, { 1: { row: DOWN }, 11: { row: UP, incomplete: 'page-failed' } }),
      [stop(1)],
      { night: [9, 0.18, 1, 1] },
    ],
    [
      'started by a person, while the ledger could not be written',
      looks(20, { 1: { row: DOWN }, 11: { row: UP, isUncounted: true }, 12: { isUncounted: true } }),
      [stop(1)],
      { night: [9, 0.18, 1, 1] },
    ],
    [
      'started by a person, just before the ledger could not be written',
      looks(20, { 1: { row: DOWN }, 11: { row: { status: 'starting' } }, 12: { row: UP, isUncounted: true } }),
      [stop(1)],
      { night: [9, 0.18, 1, 1] },
    ],
    [
      'likewise, by a cloud whose clock is ahead',
      looks(20, { 1: { row: DOWN }, 11: { row: { ...UP, startedAt: NOON + 13 * MINUTE } }, 12: { isUncounted: true } }),
      [stop(1)],
      { night: [9, 0.18, 1, 1] },
    ],
    [
      'over before the ledger could be written',
      looks(20, {
        1: { row: DOWN, isUncounted: true },
        2: { isUncounted: true },
        11: { row: UP, isUncounted: true },
        ...Object.fromEntries([3, 4, 5, 6, 7, 8, 9, 10].map((minute) => [minute, { isUncounted: true }])),
      }),
      [stop(1)],
      { night: [0, 0, 1, 1] },
    ],
    [
      'of a status that nobody can read in between',
      looks(31, { 1: { row: DOWN }, 11: { row: { status: 'unknown' } }, 12: { row: DOWN } }),
      [stop(1)],
      { night: [28, 0.56, 1, 0] },
    ],
    [
      'destroyed while it is stopped',
      looks(60, { 1: { row: DOWN }, 11: { row: { status: 'destroyed' } } }),
      [stop(1)],
      { night: [9, 0.18, 1, 0] },
    ],
    [
      'gone while it is stopped',
      looks(60, { 1: { row: DOWN }, 11: { row: null } }),
      [stop(1)],
      { night: [9, 0.18, 1, 0] },
    ],
    [
      'whose time ends while it is stopped',
      looks(60, { 1: { row: { ...DOWN, expiresAt: NOON + 11 * MINUTE } } }),
      [stop(1)],
      { night: [10, 0.2, 1, 0] },
    ],
    [
      'paid ahead: nothing is avoided, and a stop is a stop',
      looks(40, {
        0: { row: { ...UP, billing: 'daily' } },
        1: { row: { ...DOWN, billing: 'daily' } },
        11: { row: { ...UP, billing: 'daily' } },
      }),
      [stop(1)],
      { night: [0, 0, 1, 1] },
    ],
    [
      'dearer from one hour on',
      looks(21, {
        1: { row: { ...DOWN, hourlyFen: 120 } },
        12: { row: { ...DOWN, hourlyFen: 240 } },
      }),
      [stop(1)],
      { night: [20, 0.6, 1, 0] },
    ],
    ['stopped by a person before our request left', looks(20, { 1: { row: DOWN } }), [stop(3)], {}],
    [
      'stopped, with the daemon off from then on for a day',
      [
        ...looks(1, { 1: { row: DOWN } }),
        ...[24 * 60, 24 * 60 + 1, 24 * 60 + 2].map((minute) => ({ minute, row: DOWN })),
      ],
      [stop(1)],
      { night: [2, 0.04, 1, 0] },
    ],
    [
      'told to be ours only after the daemon was off for a day',
      [
        ...looks(1, { 1: { row: DOWN } }),
        ...[24 * 60, 24 * 60 + 1, 24 * 60 + 2].map((minute) => ({ minute, row: DOWN })),
      ],
      [stop(1, { updatedAt: NOON + HOUR })],
      { night: [2, 0.04, 1, 0] },
    ],
    [
      'with the clock an hour ahead for ten minutes',
      [...looks(10, { 1: { row: DOWN } }), ...going(71, 10, DOWN), ...going(21, 100, DOWN)],
      [stop(1)],
      { night: [9 + 9 + 40, (9 + 9 + 40) * 0.02, 1, 0] },
    ],
    [
      'with the clock set back by three hours soon after',
      [...looks(160, { 150: { row: DOWN } }), ...going(-20, 40, DOWN)],
      [stop(150)],
      { night: [10 + 39, (10 + 39) * 0.02, 1, 0] },
    ],
    [
      'and started by a person an hour after the clock was set back by three',
      [...looks(160, { 150: { row: DOWN } }), ...going(-20, 60, DOWN), ...going(40, 5, UP)],
      [stop(150)],
      { night: [10 + 59, 1.38, 1, 0] },
    ],
    [
      'while Redis was away for more than an hour',
      [...looks(10, { 1: { row: DOWN } }), ...going(85, 6, DOWN)],
      [stop(1)],
      { night: [9 + 5, 14 * 0.02, 1, 0] },
    ],
    [
      'by a policy that is gone, or called otherwise, since',
      looks(20, { 1: { row: DOWN }, 10: { row: { ...DOWN, name: 'renamed' } } }),
      [stop(1, { policy: 'gone' })],
      { gone: [19, 0.38, 1, 0] },
    ],
  ];

describe('a machine that a policy has stopped', () => {
  test.each(STORIES)('%s', (_name, story, operations, expected) => {
    expect(told(story, operations).sums).toEqual(expected);
  });
});

describe('days', () => {
  test.each([
    ['Europe/Berlin', '2026-10-25', 25],
    ['Europe/Berlin', '2026-03-29', 23],
    ['America/Santiago', '2026-09-06', 23],
    ['Asia/Shanghai', '2026-10-25', 24],
  ])('in %s that of %s has %i hours', (name, day, hours) => {
    const zone = zoneNamed(name);
    const from = Temporal.PlainDate.from(day).toZonedDateTime(name).subtract({ hours: 5 }).epochMilliseconds;
    const minute = (from - NOON) / MINUTE;
    const rows = Array.from({ length: 36 }, (_, i) => ({ minute: minute + i * 59, row: i === 0 ? UP : DOWN }));
    const { days } = told(rows, [stop(minute + 59)], zone);
    expect(days[day]).toBeCloseTo(hours, 6);
    expect(Object.values(days).reduce((sum, each) => sum + each, 0)).toBeCloseTo((34 * 59) / 60, 6);
  });
});

test('two replicas that have seen the same stop with a listing each count it once', () => {
  const operations = new Map([['gpu-1', [stop(1)]]]);
  const at = (minute: number, row: Partial<Instance>, previous: Snapshot | null): Snapshot => {
    const takenAt = NOON + minute * MINUTE;
    const instances = [instance({ startedAt: null, ...row })];
    const listing: Listing = {
      startedAt: takenAt,
      finishedAt: takenAt,
      instances,
      incomplete: null,
      serverTimeAt: null,
    };
    return { ...NOTHING, takenAt, finishedAt: takenAt, instances: track(previous, listing, { operations }) };
  };
  const before = at(0, UP, null);
  const counted = (countedTo: number, snapshot: Snapshot) => {
    const look = { previous: before, snapshot, prices: PRICES, believedMs: 150_000, zone: SHANGHAI, operations };
    return ledgerEntry({ ...look, countedTo })?.saved.map(({ ms, stops }) => [ms, stops]);
  };
  const [mine, others] = [at(1, DOWN, before), at(1.5, DOWN, before)];
  expect(counted(NOON, mine)).toEqual([[0, 1]]);
  // The other one has read the same listing before, and lists half a minute later.
  expect(counted(mine.takenAt, others)).toEqual([]);
  // It is new where it was stopped only after the first one had looked.
  expect(counted(NOON + 0.4 * MINUTE, others)).toEqual([[0, 1]]);
});

test('counting ends after a week', () => {
  const rows = Array.from({ length: 9 * 24 }, (_, i) => ({ minute: i * 60, row: i === 0 ? UP : DOWN }));
  expect(told(rows, [stop(60)]).sums).toEqual({ night: [(7 * DAY) / MINUTE, 7 * 24 * 1.2, 1, 0] });
});

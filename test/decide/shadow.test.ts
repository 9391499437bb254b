import { describe, expect, test } from 'vitest';
import { zoneNamed } from '../../src/calendar/zone.ts';
import { evaluate } from '../../src/decide/evaluate.ts';
import {
  endedUnseen,
  followShadow,
  type ShadowStop,
  shadowJudged,
  shadowOf,
  shadowSavedTimes,
  shadowSaving,
  unseenBetween,
} from '../../src/decide/shadow.ts';
import type { Activity } from '../../src/fleet/activity.ts';
import { NO_DETAIL } from '../../src/fleet/detail/detail.ts';
import type { Condition, Policy } from '../../src/policy/policy.ts';
import { account, DAY, during, HOUR, MINUTE, NOON, policy, view, world } from './kit.ts';

/** Stopped at noon, after a notice of ten minutes. */
const STOP: ShadowStop = {
  policy: 'p',
  instance: 'hxy/gpu-1',
  name: 'dev-1',
  action: 'stop',
  stretch: 'idle=x',
  seenAt: NOON - 10 * MINUTE,
  at: NOON,
  hourlyFen: 198,
  gpuCount: 2,
  outcome: null,
  endedAt: null,
};

function seen(
  lastActiveAt: number,
  options: { kind?: 'idle' | 'active' | 'unknown'; from?: number; to?: number; status?: 'running' | 'stopped' } = {},
) {
  const { kind = 'idle', from = NOON - HOUR, to = NOON + DAY, status = 'running' } = options;
  const watched = { from, to, holes: [] };
  const readings = [
    { probe: 'ssh', at: to, verdict: kind, reason: null, lastActiveAt, judges: 'work', evidence: NO_DETAIL } as const,
  ];
  const activity: Activity =
    kind === 'idle'
      ? { kind, at: to, since: lastActiveAt, watched, readings }
      : kind === 'active'
        ? { kind, at: lastActiveAt, watched, readings }
        : { kind, at: to, reason: 'unreachable', watched, readings };
  return view({ status }, { activity, tracked: { upSince: status === 'running' ? NOON - DAY : null } });
}

const silent = NOON - 5 * HOUR;

describe('a stop that would have been made', () => {
  const cases: readonly (readonly [string, ReturnType<typeof view> | null, number, Partial<ShadowStop> | null])[] = [
    ['waits for its notice', seen(silent), NOON - MINUTE, { outcome: null, endedAt: null }],
    ['is called off by activity before its time', seen(NOON - MINUTE, { kind: 'active' }), NOON, null],
    ['is called off where the machine goes down before its time', seen(silent, { status: 'stopped' }), NOON, null],
    ['is open for half an hour', seen(silent), NOON + 29 * MINUTE, { outcome: null, endedAt: null }],
    ['is right after it', seen(silent), NOON + 30 * MINUTE, { outcome: 'right', endedAt: null }],
    [
      'is wrong if somebody goes on within it',
      seen(NOON + 30 * MINUTE, { kind: 'active' }),
      NOON + 31 * MINUTE,
      { outcome: 'wrong', endedAt: NOON + 30 * MINUTE },
    ],
    [
      'is wrong too if that shows only later',
      seen(NOON + 10 * MINUTE),
      NOON + 3 * HOUR,
      { outcome: 'wrong', endedAt: NOON + 10 * MINUTE },
    ],
    [
      'is right if somebody goes on later',
      seen(NOON + 31 * MINUTE, { kind: 'active' }),
      NOON + 31 * MINUTE,
      { outcome: 'right', endedAt: NOON + 31 * MINUTE },
    ],
    [
      'is wrong if somebody starts it anew',
      view({}, { activity: seen(silent).activity, tracked: { upSince: NOON + 5 * MINUTE } }),
      NOON + 6 * MINUTE,
      { outcome: 'wrong', endedAt: NOON + 5 * MINUTE },
    ],
    ['waits while nobody can tell', seen(silent, { kind: 'unknown', to: NOON }), NOON + HOUR, { outcome: null }],
    ['is unknown after a hole', seen(silent, { from: NOON + MINUTE }), NOON + HOUR, { outcome: 'unknown' }],
    ['is unknown after a day', seen(silent, { kind: 'unknown', to: NOON }), NOON + DAY, { outcome: 'unknown' }],
    [
      'ends where the machine goes down by itself',
      seen(silent, { status: 'stopped' }),
      NOON + 5 * MINUTE,
      { outcome: 'right', endedAt: NOON + 5 * MINUTE },
    ],
    ['ends where the machine is gone', null, NOON + HOUR, { outcome: 'right', endedAt: NOON + HOUR }],
    ['saves for a week at most', seen(silent, { to: NOON + 9 * DAY }), NOON + 8 * DAY, { endedAt: NOON + 7 * DAY }],
  ];
  test.each(cases)('%s', (_name, one, now, expected) => {
    const next = followShadow(STOP, one, now);
    if (expected === null) expect(next).toBeNull();
    else expect(next).toMatchObject(expected);
    // Looked at again it is what it is.
    if (next !== null) expect(followShadow(next, one, now)).toBe(next);
  });

  test('saves from its time on, by the hour', () => {
    expect(shadowSaving(STOP, NOON - MINUTE)).toEqual({ gpuSeconds: 0, fen: 0 });
    expect(shadowSaving(STOP, NOON + 2 * HOUR)).toEqual({ gpuSeconds: 4 * 3600, fen: 396 });
    expect(shadowSaving({ ...STOP, endedAt: NOON + HOUR }, NOON + 2 * HOUR)).toEqual({ gpuSeconds: 7200, fen: 198 });
  });
});

test('the same stretch of idleness is one stop, whatever else it is due by', () => {
  const observing = policy({ mode: 'observe' });
  const one = view();
  const where = account([one]);
  const [refusal] = evaluate([observing], world([where])).refusals;
  if (refusal === undefined) throw new Error('nothing is refused');
  const first = shadowOf(refusal, one, where, policy({ noticeMs: 10 * MINUTE }), null, NOON);
  expect(first).toMatchObject({ policy: 'p', action: 'stop', seenAt: NOON, at: NOON + 10 * MINUTE, outcome: null });
  expect(shadowOf({ ...refusal, occurrence: 'another window' }, one, where, policy(), first, NOON + HOUR)).toBeNull();
  expect(shadowOf({ ...refusal, reason: 'hold' }, one, where, policy(), null, NOON)).toBeNull();
});

describe('a stop by the calendar', () => {
  const until = { ...STOP, byCalendar: true, untilAt: NOON + 8 * HOUR };

  test('goes through whatever works there, saves until its window closes, and would have been wrong', () => {
    const working = seen(NOON + 5 * MINUTE, { kind: 'active' });
    expect(followShadow(until, seen(NOON - MINUTE, { kind: 'active' }), NOON)).toBe(until);
    const wrong = followShadow(until, working, NOON + 6 * MINUTE);
    expect(wrong).toMatchObject({ outcome: 'wrong', endedAt: null });
    const done =
      wrong === null ? null : followShadow(wrong, seen(NOON + 9 * HOUR, { kind: 'active' }), NOON + 9 * HOUR);
    expect(done).toMatchObject({ outcome: 'wrong', endedAt: NOON + 8 * HOUR });
    expect(done === null ? null : shadowSaving(done, NOON + DAY).fen).toBe(8 * 198);
  });

  test('and one of what is idle saves no longer than until its policy starts the machine again', () => {
    const { byCalendar: _calendar, ...idle } = until;
    expect(followShadow(idle, seen(silent), NOON + 9 * HOUR)).toMatchObject({
      outcome: 'right',
      endedAt: NOON + 8 * HOUR,
    });
    const late = seen(NOON + 9 * HOUR, { kind: 'active' });
    expect(followShadow(idle, late, NOON + 9 * HOUR)).toMatchObject({ outcome: 'right', endedAt: NOON + 8 * HOUR });
  });

  test('knows when that is', () => {
    const open = during('Mon-Sun 12:00-20:00');
    const one = view();
    const where = account([one]);
    const [refusal] = evaluate([policy({ mode: 'observe' })], world([where])).refusals;
    if (refusal === undefined) throw new Error('nothing is refused');
    const of = (fields: Partial<Policy>) => shadowOf(refusal, one, where, policy(fields), null, NOON);
    const closesAt = NOON + 8 * HOUR;
    const idle: Condition = { kind: 'idleFor', ms: 30 * MINUTE };
    expect(of({ conditions: [open] })).toMatchObject({ byCalendar: true, untilAt: closesAt });
    expect(of({ conditions: [open, idle], afterwards: 'start' })).toMatchObject({ untilAt: closesAt });
    expect(of({ conditions: [open, idle], afterwards: 'start' })?.byCalendar).toBeUndefined();
    expect(of({ conditions: [open, idle] })?.untilAt).toBeUndefined();
    expect(of({ conditions: [{ kind: 'runningFor', ms: HOUR }] })?.byCalendar).toBeUndefined();
  });
});

describe('what a stop that would have been made comes to in the ledger', () => {
  const zone = zoneNamed('Asia/Shanghai');
  const over: ShadowStop = { ...STOP, stoppedFen: 18, endedAt: NOON + 14 * HOUR, outcome: 'wrong' };

  test('is by local day, for its cards, less what the stop costs', () => {
    const days = shadowSavedTimes(over, NOON + DAY, zone).map(({ day, ms, gpuMs, grossFen, keptFen }) => [
      day,
      ms / HOUR,
      gpuMs / HOUR,
      grossFen,
      keptFen,
    ]);
    expect(days).toEqual([
      ['2026-10-08', 12, 24, 12 * 198, 12 * 18],
      ['2026-10-09', 2, 4, 2 * 198, 2 * 18],
    ]);
    expect(shadowSaving(over, NOON + DAY).fen).toBe(14 * 180);
  });

  test('is nothing of the time in which nobody looked', () => {
    const gap = unseenBetween({ ...over, endedAt: null }, NOON + HOUR, NOON + 13 * HOUR);
    const hours = (stop: ShadowStop, until: number) =>
      shadowSavedTimes(stop, until, zone).map(({ day, ms }) => [day, ms / HOUR]);
    expect(hours(gap, NOON + 6 * HOUR)).toEqual([['2026-10-08', 1]]);
    expect(hours(gap, NOON + 15 * HOUR)).toEqual([
      ['2026-10-08', 1],
      ['2026-10-09', 2],
    ]);
    expect(shadowSaving(gap, NOON + 15 * HOUR)).toEqual({ gpuSeconds: 6 * 3_600, fen: 3 * 180 });
    const twice = unseenBetween(gap, NOON + 14 * HOUR, NOON + 15 * HOUR);
    expect(shadowSaving(twice, NOON + 16 * HOUR).fen).toBe(3 * 180);
    expect(shadowSaving({ ...twice, endedAt: NOON + 5 * HOUR }, NOON + 16 * HOUR).fen).toBe(180);
    // Told once more by another replica, and from before it would have been stopped.
    expect(unseenBetween(gap, NOON + 2 * HOUR, NOON + 13 * HOUR)).toBe(gap);
    expect(unseenBetween(gap, NOON - 9 * HOUR, NOON)).toBe(gap);
    expect(unseenBetween(STOP, NOON - HOUR, NOON + HOUR).unseen).toEqual([[NOON, NOON + HOUR]]);
    expect(unseenBetween({ ...STOP, endedAt: NOON + HOUR }, NOON + 2 * HOUR, NOON + 3 * HOUR).unseen).toBeUndefined();
  });

  test('ends in the middle of that where its window closes meanwhile, or the machine is found down after it', () => {
    const open = { ...STOP, byCalendar: true, untilAt: NOON + 8 * HOUR, outcome: 'right' } as const;
    const ended = { ...open, endedAt: NOON + 8 * HOUR };
    const seen = endedUnseen(open, ended, NOON + HOUR, NOON + 9 * HOUR);
    expect(shadowSaving(seen, NOON + 20 * HOUR).fen).toBe(198);
    // What goes on or was over before is left as it is.
    expect(endedUnseen(open, { ...open, outcome: 'wrong' }, NOON + HOUR, NOON + 9 * HOUR).unseen).toBeUndefined();
    const judged = { ...ended, outcome: 'wrong' } as const;
    expect(endedUnseen({ ...ended, outcome: null }, judged, NOON + HOUR, NOON + 9 * HOUR)).toBe(judged);
  });

  test('is no more than a week, and no longer than its window, whether or not anybody follows it', () => {
    const open = { ...STOP, outcome: 'right' } as const;
    expect(shadowSaving(open, NOON + 30 * DAY).fen).toBe(7 * 24 * 198);
    expect(shadowSaving({ ...open, untilAt: NOON + 8 * HOUR }, NOON + 30 * DAY).fen).toBe(8 * 198);
  });

  test('goes on until now where it has not ended', () => {
    const [today] = shadowSavedTimes({ ...over, endedAt: null }, NOON + HOUR, zone);
    expect(today).toMatchObject({ ms: HOUR, unkeptMs: 0, unpricedMs: 0 });
  });

  test('has no yuan without a price, and is nothing where the time is paid ahead', () => {
    const [unpriced] = shadowSavedTimes({ ...over, hourlyFen: null }, NOON + DAY, zone);
    expect(unpriced).toMatchObject({ grossFen: 0, keptFen: 0, unpricedMs: 12 * HOUR });
    expect(shadowSavedTimes({ ...over, gpuCount: 0 }, NOON + DAY, zone)).toEqual([]);
    const [unsaid] = shadowSavedTimes({ ...STOP, endedAt: NOON + HOUR }, NOON + DAY, zone);
    expect(unsaid).toMatchObject({ grossFen: 198, keptFen: 0, unkeptMs: HOUR });
  });

  test('counts on the day of the stop, and as wrong where it was', () => {
    expect(shadowJudged(over, zone)).toMatchObject({ day: '2026-10-08', instance: 'gpu-1', stops: 1, wrong: 1, ms: 0 });
    expect(shadowJudged({ ...over, outcome: 'right' }, zone).wrong).toBe(0);
  });
});

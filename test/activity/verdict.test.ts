import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judge, remember, unlessStale } from '../../src/activity/verdict.ts';
import type { Activity, ProbeReading } from '../../src/fleet/activity.ts';
import { ACTIVITY_VERDICTS, UNKNOWN_ACTIVITY_REASONS } from '../../src/fleet/activity.ts';
import { STATUSES } from '../../src/fleet/status.ts';
import { HOUR, instance, MINUTE, NOON, reading, SECOND, tracked } from './fleet.ts';

/** Readings here are believed for two hours. */
function keep(previous: ProbeReading | undefined, next: ProbeReading): ProbeReading {
  return remember(previous, next, 2 * HOUR);
}

const up = tracked();
const idle = reading();
const active = reading({ verdict: 'active', lastActiveAt: NOON });
const unknown = reading({ verdict: 'unknown', reason: 'unreachable', lastActiveAt: null });
const absent = reading({ verdict: 'not-applicable', lastActiveAt: null });
const silent = reading({ probe: 'ollama', verdict: 'not-applicable', reason: 'not-judged', lastActiveAt: null });
const empty = reading({ judges: 'people' });

describe('judge', () => {
  const cases: readonly (readonly [string, readonly ProbeReading[], Partial<Activity> & { since?: number }])[] = [
    ['no probe at all', [], { kind: 'unknown', reason: 'no-probe' }],
    ['only probes that do not apply', [absent], { kind: 'unknown', reason: 'no-probe' }],
    ['only probes that prove no idleness', [absent, silent], { kind: 'unknown', reason: 'not-judged' }],
    ['one that proves no idleness is in nobody’s way', [silent, reading()], { kind: 'idle', since: NOON - HOUR }],
    [
      'and what it proved before counts',
      [{ ...silent, lastActiveAt: NOON - 10 * MINUTE }, reading()],
      { kind: 'idle', since: NOON - 10 * MINUTE },
    ],
    ['one idle', [idle], { kind: 'idle', since: NOON - HOUR }],
    ['idle and not applicable', [absent, idle], { kind: 'idle', since: NOON - HOUR }],
    ['idle and unknown', [idle, unknown], { kind: 'unknown', reason: 'unreachable' }],
    ['idle, unknown and active', [idle, unknown, active], { kind: 'active', at: NOON }],
    ['an empty room', [empty], { kind: 'unknown', reason: 'not-judged' }],
    ['an empty room, and work that is idle', [empty, idle], { kind: 'idle' }],
    ['people are there, work is idle', [{ ...empty, verdict: 'active' }, idle], { kind: 'active' }],
    [
      'the newest last activity counts',
      [idle, reading({ lastActiveAt: NOON - 5 * MINUTE }), reading({ lastActiveAt: NOON - 2 * HOUR })],
      { kind: 'idle', since: NOON - 5 * MINUTE },
    ],
    ['never longer than since the boot', [reading({ lastActiveAt: NOON - 20 * HOUR })], { since: NOON - 10 * HOUR }],
    ['idle that tells no time is idle since now', [reading({ lastActiveAt: null })], { kind: 'idle', since: NOON }],
    [
      'a verdict is as old as its oldest reading',
      [idle, reading({ at: NOON - 50 * SECOND })],
      { at: NOON - 50 * SECOND },
    ],
    ['an unknown without a reason', [reading({ verdict: 'unknown' })], { kind: 'unknown', reason: 'bad-answer' }],
  ];
  test.each(cases)('%s', (_name, readings, expected) => {
    expect(judge(up, readings, NOON)).toMatchObject(expected);
  });

  test.each(STATUSES)('activity of an instance that is %s', (status) => {
    const kind = judge(tracked(instance({ status })), [idle], NOON).kind;
    expect(kind).toBe(
      status === 'running' || status === 'starting' || status === 'restarting' ? 'idle' : 'not-applicable',
    );
  });

  test('one whose boot nobody saw counts from when it was first seen', () => {
    const found = tracked(instance(), { upSince: null, firstSeenAt: NOON - MINUTE });
    expect(judge(found, [idle], NOON)).toMatchObject({ kind: 'idle', since: NOON - MINUTE });
  });
});

const times = fc.integer({ min: NOON - 48 * HOUR, max: NOON + HOUR });
const anyReading: fc.Arbitrary<ProbeReading> = fc.record({
  probe: fc.constantFrom('jupyter', 'push', 'ssh'),
  at: times,
  verdict: fc.constantFrom(...ACTIVITY_VERDICTS),
  reason: fc.constantFrom(null, ...UNKNOWN_ACTIVITY_REASONS),
  lastActiveAt: fc.option(times, { nil: null }),
  judges: fc.constantFrom('work' as const, 'people' as const),
  evidence: fc.constant(''),
});
const anyTracked = fc.record({ firstSeenAt: times, upSince: fc.option(times, { nil: null }) });

describe('whatever the readings', () => {
  test('one unknown never yields idle, any active wins, and idle needs a judge of work', () => {
    fc.assert(
      fc.property(fc.array(anyReading, { maxLength: 5 }), anyTracked, (readings, fields) => {
        const activity = judge(tracked(instance(), fields), readings, NOON);
        const has = (verdict: string) => readings.some((each) => each.verdict === verdict);
        if (has('active')) expect(activity.kind).toBe('active');
        else if (has('unknown')) expect(activity.kind).toBe('unknown');
        if (activity.kind === 'idle') {
          expect(readings.some((each) => each.verdict === 'idle' && each.judges === 'work')).toBe(true);
          expect(activity.since).toBeLessThanOrEqual(NOON);
          expect(activity.since).toBeGreaterThanOrEqual(Math.min(NOON, fields.upSince ?? fields.firstSeenAt));
          for (const each of readings) {
            if (each.verdict !== 'idle') continue;
            expect(activity.since).toBeGreaterThanOrEqual(Math.min(NOON, each.lastActiveAt ?? NOON));
            expect(activity.at).toBeLessThanOrEqual(each.at);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test('what was proven stays proven: the last activity of a row of readings never moves back', () => {
    fc.assert(
      fc.property(fc.array(anyReading, { minLength: 1, maxLength: 12 }), (row) => {
        const ordered = row
          .toSorted((a, b) => a.at - b.at)
          // A reading knows nothing of its own future.
          .map((each) => ({
            ...each,
            lastActiveAt: each.lastActiveAt === null ? null : Math.min(each.lastActiveAt, each.at),
          }));
        let known: ProbeReading | undefined;
        for (const each of ordered) {
          const next = keep(known, each);
          expect(next.lastActiveAt ?? 0).toBeGreaterThanOrEqual(known?.lastActiveAt ?? 0);
          expect(next.lastActiveAt ?? 0).toBeLessThanOrEqual(each.at);
          known = next;
        }
      }),
    );
  });
});

describe('remember', () => {
  const earlier = reading({ at: NOON - MINUTE });
  const cases: readonly (readonly [string, ProbeReading | undefined, ProbeReading, number | null])[] = [
    ['the first reading with a time', undefined, idle, NOON - HOUR],
    ['the first idle without a time begins a run', undefined, reading({ lastActiveAt: null }), NOON],
    ['active is active now', earlier, reading({ verdict: 'active', lastActiveAt: NOON - HOUR }), NOON],
    [
      'a jitter of seconds is the same moment',
      earlier,
      reading({ lastActiveAt: NOON - HOUR + 9 * SECOND }),
      NOON - HOUR,
    ],
    ['backwards too', earlier, reading({ lastActiveAt: NOON - HOUR - 9 * SECOND }), NOON - HOUR],
    ['more than that is new activity', earlier, reading({ lastActiveAt: NOON - 30 * MINUTE }), NOON - 30 * MINUTE],
    [
      'the busy kernel is gone and an old one is left',
      reading({ at: NOON - MINUTE, verdict: 'active', lastActiveAt: NOON - MINUTE }),
      reading({ lastActiveAt: NOON - 9 * HOUR }),
      NOON - MINUTE,
    ],
    [
      'the same, with a failed reading in between',
      keep(
        reading({ at: NOON - 2 * MINUTE, verdict: 'active', lastActiveAt: NOON - 2 * MINUTE }),
        reading({ at: NOON - MINUTE, verdict: 'unknown', reason: 'unreachable', lastActiveAt: null }),
      ),
      reading({ lastActiveAt: NOON - 9 * HOUR }),
      NOON - 2 * MINUTE,
    ],
    ['a run of idle without times goes on', earlier, reading({ lastActiveAt: null }), NOON - HOUR],
    [
      'after activity it begins there',
      reading({ at: NOON - MINUTE, verdict: 'active', lastActiveAt: NOON - MINUTE }),
      reading({ lastActiveAt: null }),
      NOON - MINUTE,
    ],
    ['after an unknown it begins anew', unknown, reading({ lastActiveAt: null }), NOON],
    [
      'a future that a wrong clock left behind is forgotten',
      reading({ at: NOON + 9 * HOUR, lastActiveAt: NOON + 9 * HOUR }),
      idle,
      NOON,
    ],
  ];
  test.each(cases)('%s', (_name, previous, next, lastActiveAt) => {
    expect(keep(previous, next)).toEqual({ ...next, lastActiveAt });
  });

  test('a moment that wavers for hours stays one moment', () => {
    let known = keep(undefined, idle);
    for (let round = 1; round <= 200; round += 1) {
      const wavering = NOON - HOUR + ((round * 7919) % 19) * SECOND - 9 * SECOND;
      known = keep(known, reading({ at: NOON + round * MINUTE, lastActiveAt: wavering }));
      expect(known.lastActiveAt).toBe(NOON - HOUR);
    }
  });
});

test('unlessStale believes a reading for its time and no longer', () => {
  expect(unlessStale(idle, 180 * SECOND, NOON + 180 * SECOND)).toBe(idle);
  expect(unlessStale(idle, 180 * SECOND, NOON + 181 * SECOND)).toMatchObject({
    verdict: 'unknown',
    reason: 'stale',
    evidence: 'last reading is 181 s old',
  });
  expect(unlessStale(active, 180 * SECOND, NOON + 181 * SECOND)).toMatchObject({ verdict: 'unknown', reason: 'stale' });
});

test('a silence longer than a reading is believed ends the run: nothing unseen counts as idle', () => {
  const before = reading({ at: NOON - 80 * MINUTE, verdict: 'active', lastActiveAt: NOON - 80 * MINUTE });
  const after = reading({ lastActiveAt: null });
  expect(remember(before, after, 5 * MINUTE).lastActiveAt).toBe(NOON);
  expect(remember({ ...before, verdict: 'idle' }, after, 5 * MINUTE).lastActiveAt).toBe(NOON);
  expect(remember(before, after, 80 * MINUTE).lastActiveAt).toBe(NOON - 80 * MINUTE);
});

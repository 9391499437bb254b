import fc from 'fast-check';
import { describe, test } from 'vitest';
import { type JudgeOptions, judge, remember, unlessStale } from '../../src/activity/verdict.ts';
import type { Activity, ProbeReading, SignalReading } from '../../src/fleet/activity.ts';
import { ACTIVITY_VERDICTS, UNKNOWN_ACTIVITY_REASONS } from '../../src/fleet/activity.ts';
import { NO_DETAIL, verbatim } from '../../src/fleet/detail/detail.ts';
import { STATUSES } from '../../src/fleet/status.ts';
import { expect } from '../support/in-words.ts';
import { HOUR, instance, MINUTE, NOON, reading, SECOND, tracked } from './fleet.ts';

const keep = remember;

/** Watched for as long as anybody asks. */
const OPTIONS: JudgeOptions = { presenceMs: 2 * HOUR, watched: { from: 0, to: NOON, holes: [] } };

const up = tracked();
const idle = reading();
const active = reading({ verdict: 'active', lastActiveAt: NOON });
const unknown = reading({ verdict: 'unknown', reason: 'unreachable', lastActiveAt: null });
const absent = reading({ verdict: 'not-applicable', lastActiveAt: null });
const silent = reading({ probe: 'ollama', verdict: 'not-applicable', reason: 'not-judged', lastActiveAt: null });
const empty = reading({ judges: 'people' });

/** What an SSH probe says of a machine with somebody logged in. */
function session(options: { workVerdict: 'active' | 'idle' | 'unknown'; silentFor?: number }): ProbeReading {
  const part = {
    value: 1,
    threshold: 1,
    unit: '',
    onlyPositive: false,
    lastActiveAt: null,
    detail: verbatim('seen'),
  } as const;
  return reading({
    probe: 'ssh',
    verdict: 'active',
    judges: options.workVerdict === 'active' ? 'work' : 'people',
    lastActiveAt: NOON - 5 * HOUR,
    signals: [
      { ...part, signal: 'gpu', verdict: options.workVerdict, judges: 'work' },
      { ...part, signal: 'cpu', verdict: 'idle', judges: 'work' },
      { ...part, signal: 'transfer', verdict: 'idle', judges: 'work', onlyPositive: true },
      { ...part, signal: 'session', verdict: 'active', judges: 'people' },
    ],
    presence: { at: NOON - (options.silentFor ?? 0), count: 1 },
  });
}

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
    [
      'people are there, work is idle',
      [{ ...empty, verdict: 'active' }, idle],
      { kind: 'active', protection: { by: 'people', until: NOON + 2 * HOUR } },
    ],
    [
      'people who have been silent for too long',
      [{ ...empty, verdict: 'active', presence: { at: NOON - 2 * HOUR, count: 1 } }, idle],
      { kind: 'idle', since: NOON - HOUR },
    ],
    [
      'the last sign of life of people counts',
      [{ ...empty, presence: { at: NOON - 3 * MINUTE, count: 0 } }, idle],
      { kind: 'idle', since: NOON - 3 * MINUTE },
    ],
    ['people are there, work is unknown', [{ ...empty, verdict: 'active' }, unknown], { kind: 'active' }],
    ['work and people: it is work', [{ ...empty, verdict: 'active' }, active], { kind: 'active', at: NOON }],
    [
      'a lease protects until its end',
      [{ ...idle, keepAlive: { owner: 'li', reason: 'upload', endsAt: NOON + 1 } }],
      { kind: 'active', protection: { by: 'keep-alive', until: NOON + 1 } },
    ],
    [
      'also where it cannot be read again',
      [{ ...unknown, keepAlive: { owner: 'li', reason: 'upload', endsAt: NOON + 1 } }],
      { kind: 'active', protection: { by: 'keep-alive', until: NOON + 1 } },
    ],
    [
      'and when it ends the idle clock begins',
      [{ ...idle, keepAlive: { owner: 'li', reason: 'upload', endsAt: NOON - MINUTE } }],
      { kind: 'idle', since: NOON - MINUTE },
    ],
    [
      'a lease without end holds for a day from when it was read',
      [{ ...idle, keepAlive: { owner: 'li', reason: '', endsAt: NOON + 9_999 * HOUR } }],
      { kind: 'active', protection: { by: 'keep-alive', until: NOON + 24 * HOUR } },
    ],
    [
      'the cause of what is unknown is told',
      [idle, unknown],
      { detail: verbatim('jupyter: 1 kernels, 0 not idle, 0 terminals') },
    ],
    ['a session that was seen is no work', [session({ workVerdict: 'idle' })], { kind: 'active' }],
    [
      'an old session leaves what lies beneath it: idle',
      [session({ workVerdict: 'idle', silentFor: 3 * HOUR })],
      { kind: 'idle', since: NOON - 3 * HOUR },
    ],
    [
      'an old session leaves what lies beneath it: unknown',
      [session({ workVerdict: 'unknown', silentFor: 3 * HOUR })],
      { kind: 'unknown', reason: 'not-judged' },
    ],
    ['a session beside a busy card', [session({ workVerdict: 'active', silentFor: 3 * HOUR })], { kind: 'active' }],
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
    expect(judge(up, readings, NOON, OPTIONS)).toMatchObject(expected);
  });

  test.each(STATUSES)('activity of an instance that is %s', (status) => {
    const kind = judge(tracked(instance({ status })), [idle], NOON, OPTIONS).kind;
    expect(kind).toBe(
      status === 'running' || status === 'starting' || status === 'restarting' ? 'idle' : 'not-applicable',
    );
  });

  test('one whose boot nobody saw counts from when it was first seen', () => {
    const found = tracked(instance(), { upSince: null, firstSeenAt: NOON - MINUTE });
    expect(judge(found, [idle], NOON, OPTIONS)).toMatchObject({ kind: 'idle', since: NOON - MINUTE });
  });
});

const times = fc.integer({ min: NOON - 48 * HOUR, max: NOON + HOUR });
const anyReading: fc.Arbitrary<ProbeReading> = fc
  .record({
    probe: fc.constantFrom('jupyter', 'push', 'ssh'),
    at: times,
    verdict: fc.constantFrom(...ACTIVITY_VERDICTS),
    reason: fc.constantFrom(null, ...UNKNOWN_ACTIVITY_REASONS),
    lastActiveAt: fc.option(times, { nil: null }),
    judges: fc.constantFrom('work' as const, 'people' as const),
  })
  .map((reading) => ({ ...reading, evidence: NO_DETAIL }));
const anyTracked = fc.record({ firstSeenAt: times, upSince: fc.option(times, { nil: null }) });

describe('whatever the readings', () => {
  test('one unknown never yields idle, any active wins, and idle needs a judge of work', () => {
    fc.assert(
      fc.property(fc.array(anyReading, { maxLength: 5 }), anyTracked, (readings, fields) => {
        const activity = judge(tracked(instance(), fields), readings, NOON, OPTIONS);
        const has = (verdict: string) => readings.some((each) => each.verdict === verdict);
        const works = readings.some(({ verdict, judges }) => verdict === 'active' && judges === 'work');
        const present = readings.some(
          ({ verdict, judges, at }) => verdict === 'active' && judges === 'people' && at > NOON - 2 * HOUR,
        );
        if (works || present) expect(activity.kind).toBe('active');
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
    evidence: verbatim('last reading is 181 s old'),
  });
  expect(unlessStale(active, 180 * SECOND, NOON + 181 * SECOND)).toMatchObject({ verdict: 'unknown', reason: 'stale' });
});

test('a silence makes no activity: what was last proven stays, and the watch tells that nobody looked', () => {
  const before = reading({ at: NOON - 80 * MINUTE, verdict: 'active', lastActiveAt: NOON - 80 * MINUTE });
  expect(remember(before, reading({ lastActiveAt: null })).lastActiveAt).toBe(NOON - 80 * MINUTE);
});

describe('people are remembered', () => {
  const here = (count: number, fields: Partial<ProbeReading> = {}) => {
    const seen = session({ workVerdict: 'idle' });
    const signals = (seen.signals ?? []).map((part) => (part.signal === 'session' ? { ...part, value: count } : part));
    const { presence: _presence, ...rest } = seen;
    return { ...rest, signals, lastActiveAt: NOON, ...fields };
  };

  test('somebody who comes gives a sign of life, and one who stays gives none', () => {
    let known = keep(undefined, here(1, { at: NOON }));
    expect(known.presence).toMatchObject({ at: NOON, count: 1 });
    for (let minute = 1; minute <= 300; minute += 1) known = keep(known, here(1, { at: NOON + minute * MINUTE }));
    expect(known.presence).toMatchObject({ at: NOON, count: 1 });
    expect(keep(known, here(2, { at: NOON + 301 * MINUTE })).presence).toMatchObject({
      at: NOON + 301 * MINUTE,
      count: 2,
    });
  });

  test('a connection that breaks and is back at once gives none, however often', () => {
    let known = keep(undefined, here(1, { at: NOON }));
    const at = (minute: number, count: number) => {
      const seen = here(count, { at: NOON + minute * MINUTE });
      const signals = seen.signals.map((part) =>
        part.signal === 'session' && count === 0 ? { ...part, verdict: 'idle' as const } : part,
      );
      known = keep(known, count > 0 ? seen : { ...seen, signals, verdict: 'idle', judges: 'work' });
      return known.presence;
    };
    for (let minute = 1; minute <= 300; minute += 1) expect(at(minute, minute % 5 === 0 ? 1 : 0)?.at).toBe(NOON);
    expect(at(301, 2)).toMatchObject({ at: NOON + 301 * MINUTE });
    // Gone for longer, it is somebody who comes; and so is who takes the place of one that left long ago.
    for (let minute = 302; minute < 315; minute += 1) at(minute, 1);
    expect(at(315, 2)).toMatchObject({ at: NOON + 315 * MINUTE, count: 2 });
    for (let minute = 316; minute < 330; minute += 1) at(minute, 0);
    expect(at(330, 1)).toMatchObject({ at: NOON + 330 * MINUTE, count: 1 });
  });

  test('that they are there is no work', () => {
    const worked = reading({ probe: 'ssh', verdict: 'active', at: NOON - HOUR, lastActiveAt: NOON - HOUR });
    expect(keep(worked, here(1)).lastActiveAt).toBe(NOON - HOUR);
  });

  test('a look that fails forgets nobody, so that the next one sees nobody come', () => {
    const known = keep(keep(undefined, here(1, { at: NOON })), { ...unknown, at: NOON + MINUTE });
    expect(keep(known, here(1, { at: NOON + 2 * MINUTE })).presence).toMatchObject({ at: NOON, count: 1 });
  });

  test('a keystroke that a terminal tells is a sign of life', () => {
    const typed = here(1, { at: NOON + HOUR });
    const terminal: SignalReading = {
      signal: 'terminal',
      verdict: 'active',
      judges: 'people',
      value: 60,
      threshold: 600,
      unit: 's',
      onlyPositive: true,
      lastActiveAt: NOON + 59 * MINUTE,
      detail: verbatim('last input 60 s ago'),
    };
    const known = keep(undefined, here(1, { at: NOON }));
    const idleTerminal = { ...terminal, verdict: 'idle' } as const;
    const next = keep(known, { ...typed, signals: [...(typed.signals ?? []), idleTerminal] });
    expect(next.presence?.at).toBe(NOON + 59 * MINUTE);
  });
});

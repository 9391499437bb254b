import fc from 'fast-check';
import { describe, test } from 'vitest';
import { keepAliveSignal } from '../../src/activity/keep-alive.ts';
import { type LoadMarks, loadMarks, loadSignals } from '../../src/activity/ssh/load-signals.ts';
import { type MachineFacts, readOutput } from '../../src/activity/ssh/output.ts';
import { sessionSignal, terminalSignal, transferSignal } from '../../src/activity/ssh/people-signals.ts';
import { DEFAULT_THRESHOLDS } from '../../src/activity/ssh/thresholds.ts';
import { Unreadable } from '../../src/activity/unreadable.ts';
import { expect } from '../support/in-words.ts';
import { answer, facts, look, MARK, NOW_S, OURS, QUIET, type Said, sessions } from './ssh-facts.ts';

const MB = 1_000_000;

describe('the load of the machine', () => {
  function load(said: MachineFacts, before: LoadMarks | null = null, ownBytes = 0) {
    const thresholds = DEFAULT_THRESHOLDS;
    const [cpu, disk, network] = loadSignals({ facts: said, before, longestGapS: 180, ownBytes, thresholds });
    if (cpu === undefined || disk === undefined || network === undefined) throw new Error('a signal is missing');
    return { cpu, disk, network };
  }

  /** A minute ago, then now. */
  const rounds = (earlier: Parameters<typeof look>[2], now: Parameters<typeof look>[2], ago = 57) => {
    const previous = facts({ first: look('A', 1_000 - ago - 3, earlier), second: look('B', 1_000 - ago, earlier) });
    return load(facts({ first: look('A', 1_000, now), second: look('B', 1_003, now) }), loadMarks(previous, 0));
  };

  test('within one look', () => {
    const quiet = load(facts({ first: look('A', 10, { cpuUs: 5 * MB }), second: look('B', 13, { cpuUs: 5.12 * MB }) }));
    expect(quiet.cpu).toMatchObject({ verdict: 'idle', value: 4, threshold: 5, unit: '%', detail: '4 % over 3 s' });
    const busy = load(facts({ first: look('A', 10, { cpuUs: 5 * MB }), second: look('B', 13, { cpuUs: 5.3 * MB }) }));
    expect(busy.cpu).toMatchObject({ verdict: 'active', value: 10 });
  });

  test('what the script used itself is taken off', () => {
    const first = look('A', 10, { cpuUs: 5 * MB, ownS: 0.1 });
    expect(load(facts({ first, second: look('B', 13, { cpuUs: 5.3 * MB, ownS: 0.4 }) })).cpu.value).toBe(0);
  });

  test('between two looks: a burst in the meantime is not missed', () => {
    const found = rounds({ cpuUs: MB, disk: 1, net: 0 }, { cpuUs: 40 * MB, disk: 60 * MB, net: 20 * MB });
    expect(found.cpu.verdict).toBe('active');
    expect(found.disk).toMatchObject({ verdict: 'active', unit: 'B/s', threshold: 500_000 });
    expect(found.network).toMatchObject({ verdict: 'active', threshold: 10_000 });
    const quiet = rounds({ cpuUs: MB }, { cpuUs: MB });
    expect([quiet.cpu.verdict, quiet.disk.verdict, quiet.network.verdict]).toEqual(['idle', 'idle', 'idle']);
    expect(quiet.cpu.detail).toBe('0 % over 57 s');
  });

  test('our own connections are no traffic', () => {
    const earlier = facts({ first: look('A', 940), second: look('B', 943) });
    const now = facts({ first: look('A', 1_000, { net: 600_000 }), second: look('B', 1_003, { net: 600_000 }) });
    expect(load(now, loadMarks(earlier, 20_000), 30_000).network).toMatchObject({ verdict: 'idle', value: 9649.12 });
    expect(load(now, loadMarks(earlier, 0), 0).network.verdict).toBe('active');
  });

  test('a counter that went back is unknown once, and from there on watched anew', () => {
    const found = rounds({ cpuUs: 90 * MB }, { cpuUs: MB });
    expect(found.cpu).toMatchObject({ verdict: 'unknown' });
    expect(found.cpu.detail).toContain('went back');
    expect(rounds({ cpuUs: MB }, { cpuUs: MB }).cpu.verdict).toBe('idle');
    const within = load(facts({ first: look('A', 10, { cpuUs: 5 * MB }), second: look('B', 13, { cpuUs: MB }) }));
    expect(within.cpu.verdict).toBe('unknown');
  });

  test('a great counter that Redis has rounded has not gone back', () => {
    const great = 123_456_789_012_345;
    const rounded = { boot: 0, upS: 943, ownCpuUs: 0, ownBytes: 0, networkBytes: Number(great.toPrecision(14)) + 5 };
    const now = facts({ first: look('A', 1_000, { net: great }), second: look('B', 1_003, { net: great }) });
    const { boot = 0 } = loadMarks(now, 0) ?? {};
    expect(load(now, { ...rounded, boot }).network.verdict).toBe('idle');
  });

  test('after a boot, after too long, and without a clock only this look counts', () => {
    const busy = { cpuUs: 90 * MB };
    expect(rounds({}, busy, 57).cpu.verdict).toBe('active');
    expect(rounds({}, busy, 500).cpu).toMatchObject({ verdict: 'idle', detail: '0 % over 3 s' });
    const other = facts({ boot: 'cafe', first: look('A', 1_000, busy), second: look('B', 1_003, busy) });
    expect(load(other, loadMarks(facts(), 0)).cpu.verdict).toBe('idle');
  });

  test('a look that was stalled half-way says nothing', () => {
    expect(load(facts({ first: look('A', 10), second: look('B', 100) })).cpu.verdict).toBe('unknown');
  });

  test('counters that are not there, and a disk on which nobody counts, are unknown', () => {
    const bare = (name: string, up: number) => `up ${name} ${up}\ndisk ${name} v1\nio ${name} Total 0`;
    const found = load(facts({ first: bare('A', 10), second: bare('B', 13) }));
    expect([found.cpu.verdict, found.disk.verdict, found.network.verdict]).toEqual(['unknown', 'unknown', 'unknown']);
    expect(found.disk.detail).toBe('disk traffic of the cgroup is not shown here');
  });

  test('whatever the counters do: idle only where all of them moved less than the threshold', () => {
    const value = fc.integer({ min: 0, max: 10 * MB });
    fc.assert(
      fc.property(value, value, value, (a, b, c) => {
        const previous = facts({ first: look('A', 940, { cpuUs: a }), second: look('B', 943, { cpuUs: a }) });
        const now = facts({ first: look('A', 1_000, { cpuUs: b }), second: look('B', 1_003, { cpuUs: c }) });
        const { verdict } = load(now, loadMarks(previous, 0)).cpu;
        const quiet = b >= a && c >= b && (c - b) / 3 < 50_000 && (b - a) / 57 < 50_000;
        // A hair's breadth apart the rounding of what is shown and our own share decide, and a µs is no going back.
        if (verdict === 'idle')
          expect(b >= a - 1 && c >= b - 1 && (c - b) / 3 < 51_000 && (b - a) / 57 < 51_000).toBe(true);
        else expect(quiet && (c - b) / 3 < 49_000 && (b - a) / 57 < 49_000).toBe(false);
      }),
    );
  });
});

describe('sessions', () => {
  const session = (before: readonly string[], now: readonly string[], held = '', said: Said = {}) => {
    const tail = QUIET.replace(sessions('B', `${OURS} 100`), [sessions('B', ...now), held].filter(Boolean).join('\n'));
    const text = answer({ tail, ...said }).replace(sessions('A', `${OURS} 100`), sessions('A', ...before));
    return sessionSignal(readOutput(text, MARK));
  };
  const ours = `${OURS} 100`;
  const theirs = '0A00000A:D431 200';

  test('ours alone is nobody', () => {
    expect(session([ours], [ours])).toMatchObject({ verdict: 'idle', value: 0, judges: 'people' });
  });

  test('another one that was there before is somebody', () => {
    expect(session([ours, theirs], [ours, theirs])).toMatchObject({ verdict: 'active', value: 1 });
  });

  test('the same address with another port is somebody', () => {
    const other = `${OURS.replace(/:.*/, '')}:9C42 201`;
    expect(session([ours, other], [ours, other]).verdict).toBe('active');
  });

  test('one that came while we looked may be a probe like ours', () => {
    expect(session([ours], [ours, theirs])).toMatchObject({
      verdict: 'idle',
      detail: expect.stringContaining('1 younger'),
    });
  });

  test('where its process is seen, that tells the age: below 10 s it is nobody yet', () => {
    // Our script began at tick 100000; there are 100 in a second.
    expect(session([ours, theirs], [ours, theirs], 'held 99500 200').verdict).toBe('idle');
    expect(session([ours, theirs], [ours, theirs], 'held 98000 200').verdict).toBe('active');
    expect(session([ours], [ours, theirs], 'held 98000 200').verdict).toBe('active');
  });

  test('an IPv4 connection on an IPv6 socket is told to be ours, too', () => {
    const mapped = '0000000000000000FFFF0000097100CB:9C41 100';
    expect(session([mapped], [mapped]).verdict).toBe('idle');
    const v6 = { connection: '2001:db8::7 40001 2001:db8::1 22' };
    const text = answer(v6).replaceAll(OURS, 'B80D0120000000000000000007000000:9C41');
    expect(sessionSignal(readOutput(text, MARK)).verdict).toBe('idle');
  });

  test('a table without our own connection is not the one that we would need', () => {
    expect(session([], [])).toMatchObject({ verdict: 'unknown' });
    expect(session([theirs], [theirs]).verdict).toBe('unknown');
    expect(session([ours], [ours], '', { connection: null }).verdict).toBe('unknown');
    expect(sessionSignal(facts({ tail: 'devices 1' })).verdict).toBe('unknown');
  });
});

describe('terminals', () => {
  const terminal = (lines: string, windowMs = 180_000) => terminalSignal(facts({ tail: lines }), windowMs, 500);

  test('the newest input counts, by the machine’s own clock', () => {
    expect(terminal(`terminals\ninput ${NOW_S - 5_000}\ninput ${NOW_S - 60}`)).toMatchObject({
      verdict: 'active',
      value: 60,
      lastActiveAt: (NOW_S - 60) * 1_000 + 500,
      onlyPositive: true,
    });
    expect(terminal(`terminals\ninput ${NOW_S - 181}`)).toMatchObject({ verdict: 'idle', value: 181 });
    expect(terminal('terminals')).toMatchObject({ verdict: 'idle', value: null });
    expect(terminal('devices 0').verdict).toBe('unknown');
    expect(terminal(`terminals\ninput ${NOW_S + 3_600}`).verdict).toBe('unknown');
  });
});

test('copies and installers, by names that we know', () => {
  expect(
    transferSignal(facts({ tail: 'transfer rsync\ntransfer rsync\ntransfer pip\ntransfer rm -rf /' })),
  ).toMatchObject({
    verdict: 'active',
    detail: 'rsync, pip runs',
    value: 2,
  });
  expect(transferSignal(facts()).verdict).toBe('idle');
});

describe('the keep-alive file', () => {
  const HOUR = 3_600;
  const keep = (text: string, writtenAgoS = 60) =>
    keepAliveSignal(facts({ tail: `keep ${NOW_S - writtenAgoS} ${text}` }), 0);
  const inHours = (hours: number) => new Date((NOW_S + hours * HOUR) * 1_000).toISOString();

  test.each([
    [inHours(2), 2 * HOUR],
    [inHours(2).replace('Z', '+00:00').replace('.000', ''), 2 * HOUR],
    [String(NOW_S + 2 * HOUR), 2 * HOUR],
    ['2h', 2 * HOUR - 60],
    ['1h30m', 1.5 * HOUR - 60],
  ])('%s', (end, seconds) => {
    const found = keep(`${end} wang 训练 until it converges`);
    expect(found.keepAlive).toEqual({
      owner: 'wang',
      reason: '训练 until it converges',
      endsAt: (NOW_S + seconds) * 1_000,
    });
    expect(found.signal).toMatchObject({ verdict: 'active', value: seconds, onlyPositive: true });
  });

  test('no longer than a day after it was written, however it is put', () => {
    for (const end of [inHours(1_000), '99d', '9999999999']) {
      expect(keep(end).keepAlive?.endsAt).toBe((NOW_S - 60 + 24 * HOUR) * 1_000);
      expect(keep(end, 25 * HOUR)).toMatchObject({ keepAlive: null, signal: { verdict: 'idle' } });
    }
    expect(keep(inHours(-1)).keepAlive).toBeNull();
  });

  test.each(['', 'please', 'tomorrow wang', '1h30', '0x10', '2026-99-99T00:00:00Z', '\u0007\u001b[2J'])(
    'a file that says "%s" holds for an hour, and that is said',
    (text) => {
      const found = keep(text);
      expect(found.keepAlive?.endsAt).toBe((NOW_S - 60 + HOUR) * 1_000);
      expect(found.signal.detail).toContain('does not begin with a time');
      expect(keep(text, 2 * HOUR).keepAlive).toBeNull();
    },
  );

  describe('bound to a process', () => {
    // It began 10 min before our script, which began at 100 000.
    const alive = (ticks: number | null, writtenAgoS = 500) =>
      keepAliveSignal(
        facts({
          tail: `keep ${NOW_S - writtenAgoS} pid:4711 wang evaluating${ticks === null ? '' : `\nkeeper ${ticks}`}`,
        }),
        0,
      );

    test('holds while it lives, and a while longer for a look that fails', () => {
      const found = alive(40_000);
      expect(found.keepAlive).toEqual({ owner: 'wang', reason: 'evaluating', endsAt: (NOW_S + 15 * 60) * 1_000 });
      expect(found.signal).toMatchObject({ verdict: 'active', value: 900 });
    });

    test('and no longer, nor for another process that has its number, nor more than a day', () => {
      expect(alive(null)).toMatchObject({
        keepAlive: null,
        signal: { verdict: 'idle', detail: expect.stringContaining('ended') },
      });
      // Begun a minute ago, when the file had been there for long.
      expect(alive(94_000)).toMatchObject({ keepAlive: null });
      const old = { modifiedAt: (NOW_S - 25 * HOUR) * 1_000, text: 'pid:4711 wang', processAgeMs: 30 * HOUR * 1_000 };
      expect(keepAliveSignal({ keep: old, nowAt: NOW_S * 1_000 }, 0).keepAlive).toBeNull();
      expect(keep('pid:x wang').signal.detail).toContain('does not begin with a time');
    });
  });

  test('a file of the future holds nothing: it would never end', () => {
    expect(keep('2h', -HOUR)).toMatchObject({ keepAlive: null, signal: { verdict: 'unknown' } });
  });

  test('what steers terminals or turns writing round is not shown', () => {
    const found = keep(`2h wa\u001b[31mng \u202Eevil\u0000 ${'x'.repeat(300)}`);
    expect(found.keepAlive?.owner).toBe('wa[31mng');
    expect(found.keepAlive?.reason).toMatch(/^evil x{95}$/);
  });
});

describe('an answer that is not the script’s', () => {
  const mark = `lamplighter ${MARK}`;
  test.each([
    ['nothing', ''],
    ['a login shell that is none', 'This account is currently not available.\n'],
    ['another’s mark', answer().replaceAll(MARK, 'xyz')],
    ['cut off', answer().slice(0, -20)],
    ['no time', answer().replace(/now \d+\n/, '')],
    ['a line more', answer().replace('devices 1', 'devices 1\nrm -rf /')],
    ['a number that is none', answer().replace('devices 1', 'devices 1e9')],
    ['a negative time', answer().replace(/now /, 'now -')],
    ['a number beyond all', answer().replace('devices 1', `devices ${'9'.repeat(30)}`)],
    ['a look that there is not', answer().replace('up A', 'up Z')],
    ['peers before their table', answer().replace('sockets A tcp\n', '')],
    ['colours', answer().replace('cpu A', '\u001b[31mcpu A')],
    ['far too many lines', `${mark} begin\n${'transfer x\n'.repeat(3_000)}now 1\n${mark} end\n`],
    ['the end before the beginning', `\n${mark} end\n${mark} begin\n`],
    ['times of another kind', answer().replace('0m0.050000s 0m0.000000s', 'user 0.05')],
  ])('%s is refused, and nothing of it is quoted', (_name, text) => {
    let message = 'read';
    try {
      readOutput(text, MARK);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      expect(error.reason).toBe('bad-answer');
      message = error.message;
    }
    expect(message).not.toBe('read');
    expect(message).not.toMatch(/rm -rf|1e9|\p{Cc}|available/u);
  });

  test('whatever comes, it is read or refused', () => {
    const lines = answer().split('\n');
    fc.assert(
      fc.property(fc.nat(lines.length - 1), fc.string({ maxLength: 60 }), (at, text) => {
        const spoilt = lines.with(at, text).join('\n');
        try {
          readOutput(spoilt, MARK);
        } catch (error) {
          expect(error).toBeInstanceOf(Unreadable);
        }
      }),
    );
  });
});

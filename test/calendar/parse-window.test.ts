import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ParsedWindow, parseWindow } from '../../src/calendar/parse-window.ts';
import { zoneNamed } from '../../src/calendar/zone.ts';
import { cpuMs } from './cpu-ms.ts';
import { CALENDARS } from './windows.ts';

const parse = (text: string): ParsedWindow =>
  parseWindow(text, { zone: zoneNamed('Asia/Shanghai'), calendars: CALENDARS });

describe('refused, with the place and the way out', () => {
  // The second line marks the place, as a caller would put the caret.
  test.each([
    ['Mond 08:00-12:00', '^^^^', '"Mond" is not a day; did you mean "Mon"?'],
    ['Monday 08:00-12:00', '^^^^^^', '"Monday" is not a day; did you mean "Mon"?'],
    ['Mon-Thurs 08:00-12:00', '    ^^^^^', '"Thurs" is not a day; did you mean "Thu"?'],
    ['Mon-Fir 08:00-12:00', '    ^^^', '"Fir" is not a day; did you mean "Fri"?'],
    ['Wendesday 08:00-12:00', '^^^^^^^^^', '"Wendesday" is not known here; did you mean "Wed"?'],
    ['Mon-Fri-Sun 08:00-12:00', '^^^^^^^^^^^', '"Mon-Fri-Sun" is not a range of days; write two days, such as Mon-Fri'],
    ['Mon- 08:00-12:00', '^^^^', '"Mon-" is not a range of days'],
    ['alwys', '^^^^^', '"alwys" is not known here; did you mean "always"?'],
    ['nevr', '^^^^', '"nevr" is not known here; did you mean "never"?'],
    ['quux 08:00-12:00', '^^^^', '"quux" is not known here; write days and times, such as Mon-Fri 08:30-21:00'],
    // Times.
    ['Mon-Fri', '^^^^^^^', '"Mon-Fri" has no time; add one such as 08:30-21:00, or 00:00-24:00 for the whole day'],
    ['Mon-Fri Asia/Shanghai', '^^^^^^^', '"Mon-Fri" has no time'],
    ['Mon-Fri 08:00-12:00, Sat', '                     ^^^', '"Sat" has no time'],
    ['Mon, always', '^^^', '"Mon" has no time'],
    ['Mon, cn.holidays 08:00-12:00', '^^^', '"Mon" has no time'],
    ['08:00-12:00', '^^^^^^^^^^^', '"08:00-12:00" has no days before it; write them, such as Mon-Fri 08:30-21:00'],
    ['Mon 8:30-21:00', '    ^^^^^^^^^^', '"8:30-21:00" is not a time span; write HH:MM-HH:MM with two digits each'],
    ['Mon 08:00 - 12:00', '    ^^^^^', '"08:00" is not a time span'],
    ['Mon 08:00:00-12:00:00', '    ^^^^^^^^^^^^^^^^^', 'is not a time span'],
    [
      'Mon 08:00-08:00',
      '    ^^^^^^^^^^^',
      '"08:00-08:00" is empty, since the end is excluded; for a whole day write 00:00-24:00',
    ],
    ['Mon 00:00-00:00', '    ^^^^^^^^^^^', 'for a whole day write 00:00-24:00'],
    ['Mon 24:00-08:00', '    ^^^^^', '"24:00" is no start; a span starts at 00:00 of the next day instead'],
    ['Mon 08:60-12:00', '    ^^^^^', '"08:60" is no start; times go from 00:00 to 23:59'],
    ['Mon 08:00-24:01', '          ^^^^^', '"24:01" is no end; times go from 00:00 to 24:00'],
    ['Mon 08:00-25:00', '          ^^^^^', '"25:00" is no end'],
    ['always 08:00-12:00', '       ^^^^^^^^^^^', '"always" takes no time; write Mon-Sun before a time'],
    // Zones.
    ['Mon 08:00-12:00 Asia/Shanghia', '                ^^^^^^^^^^^^^', 'did you mean "Asia/Shanghai"?'],
    ['Mon 08:00-12:00 +08:00', '                ^^^^^^', '"+08:00" is an offset, not a time zone'],
    ['cn.holidays Asia/Tokio', '            ^^^^^^^^^^', 'did you mean "Asia/Tokyo"?'],
    ['Mon 08:00-12:00 UTC UTC', '                    ^^^', '"UTC" is not expected here; separate windows with a comma'],
    [
      'Mon 08:00-12:00 Tue 08:00-12:00',
      '                ^^^',
      '"Tue" is not expected here; separate windows with a comma',
    ],
    ['Mon 08:00-12:00 13:00-14:00', '                ^^^^^^^^^^^', 'separate windows with a comma'],
    // Calendars.
    ['cnn.workdays', '^^^', 'no calendar is called "cnn"; did you mean "cn"?'],
    ['germany.workdays', '^^^^^^^', 'no calendar is called "germany"; there are cn, plain'],
    ['cn.workday', '   ^^^^^^^', 'a calendar has no "workday"; did you mean "workdays"?'],
    ['cn.', '   ', 'a calendar has no ""; write workdays, restdays, holidays'],
    ['cn 08:00-12:00', '^^', '"cn" is not known here; did you mean "cn.workdays"?'],
    ['holidays', '^^^^^^^^', '"holidays" is not known here; did you mean "cn.holidays"?'],
    [
      'plain.holidays',
      '^^^^^^^^^^^^^^',
      '"plain.holidays" never opens: the calendar has no holidays on which this time exists',
    ],
    // Intervals.
    ['2026-12-27T00:00Z-2026-12-24T00:00Z', '^'.repeat(35), 'never opens: its end is not after its start'],
    ['2026-12-24T00:00Z-2026-12-24T00:00Z', '^'.repeat(35), 'never opens: its end is not after its start'],
    ['2026-12-24-2026-12-27', '^'.repeat(21), 'is not an interval; write START-END with full times'],
    ['2026-02-30T00:00-2026-03-03T00:00', '^'.repeat(33), 'starts at a time that does not exist'],
    ['2026-02-27T00:00-2026-03-03T24:00', '^'.repeat(33), 'ends at a time that does not exist'],
    ['1969-01-01T00:00Z-1970-02-01T00:00Z', '^'.repeat(35), 'is outside the years 1970 to 2099'],
    // Commas and marks.
    ['', '', 'the window is empty; write one, such as Mon-Fri 08:30-21:00, always or never'],
    ['  ', '^^', 'the window is empty'],
    [',', '^', 'a window is missing beside this comma'],
    ['Mon 08:00-12:00,', '               ^', 'a window is missing beside this comma'],
    ['always,,never', '       ^', 'a window is missing beside this comma'],
    ['Mon 08:00-12:00，Sat 08:00-12:00', '               ^', '"，" is not read here; write ","'],
    ['Mon 08：00-12:00', '      ^', '"：" is not read here; write ":"'],
    ['Mon–Fri 08:00-12:00', '   ^', '"–" is not read here; write "-"'],
  ])('%j', (text, marks, message) => {
    const parsed = parse(text);
    if (parsed.ok) throw new Error('was read');
    expect(parsed.message).toContain(message);
    expect(' '.repeat(parsed.offset) + '^'.repeat(parsed.length)).toBe(marks);
  });

  test('a text that is too long', () => {
    const parsed = parse('Mon 08:00-12:00,'.repeat(70));
    expect(parsed).toMatchObject({
      ok: false,
      message: 'the window is 1120 characters long; at most 1024 are allowed',
      offset: 1024,
    });
  });

  test('too many specs', () => {
    expect(parse(Array.from({ length: 64 }, () => 'always').join(',')).ok).toBe(true);
    expect(parse(Array.from({ length: 65 }, () => 'always').join(','))).toMatchObject({
      ok: false,
      message: 'too many windows; at most 64 are allowed',
      offset: 64 * 'always,'.length,
      length: 'always'.length,
    });
  });

  test('without calendars a calendar is refused in plain words', () => {
    expect(parseWindow('cn.workdays', { zone: zoneNamed('UTC'), calendars: new Map() })).toMatchObject({
      message: 'no calendar is called "cn"; no calendars are defined',
    });
  });
});

describe('any text', () => {
  const words = fc.constantFrom(
    'Mon',
    'fri',
    'Sun-Tue',
    'always',
    'never',
    'cn.workdays',
    'plain.holidays',
    '08:00-12:00',
    '23:00-08:00',
    '24:00',
    'Asia/Shanghai',
    'UTC',
    '+08:00',
    ',',
    ',',
    '-',
    '.',
    ':',
    '，',
    '2026-12-24T00:00-2026-12-27T00:00',
    '2026-',
  );
  const texts = fc.oneof(
    fc.string({ maxLength: 1100, size: 'max' }),
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.string({ unit: fc.constantFrom(...'MonFri-:,.0123456789 T+Z/'.split('')), maxLength: 60 }),
    fc.array(words, { maxLength: 40 }).map((some) => some.join(' ')),
    fc.array(words, { maxLength: 40 }).map((some) => some.join('')),
  );

  test('is read, or refused with a place inside it, and quickly', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const began = cpuMs();
        const parsed = parse(text);
        if (parsed.ok) {
          parsed.window.state(Date.UTC(2026, 0, 1));
        } else {
          expect(parsed.message).toMatch(/./);
          expect(parsed.message.length).toBeLessThan(300);
          expect(parsed.offset).toBeGreaterThanOrEqual(0);
          expect(parsed.length).toBeGreaterThanOrEqual(0);
          expect(parsed.offset + parsed.length).toBeLessThanOrEqual(text.length);
        }
        // Thousandfold what it takes; a regular expression gone wild takes minutes.
        expect(cpuMs() - began).toBeLessThan(2000);
      }),
      { numRuns: 3000 },
    );
  });

  test.each([
    ['Mon-'.repeat(256)],
    ['Mon,'.repeat(256)],
    ['0'.repeat(1024)],
    ['2026-12-24T00:00-'.repeat(60)],
    [`Mon 08:00-12:00 ${'A'.repeat(1000)}`],
    [`${'plain.workdays,'.repeat(63)}plain.restdays`],
  ])('made to hurt: %.20s…', (text) => {
    const began = cpuMs();
    const parsed = parse(text);
    if (parsed.ok) parsed.window.state(Date.UTC(2026, 0, 1));
    expect(cpuMs() - began).toBeLessThan(2000);
  });
});

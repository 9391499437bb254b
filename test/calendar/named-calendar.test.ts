import { describe, expect, test } from 'vitest';
import { parseDay } from '../../src/calendar/civil.ts';
import { parseCalendar, parseDateRange } from '../../src/calendar/named-calendar.ts';
import { CHINA_2025, calendarFrom } from './calendars.ts';

const day = (text: string) => parseDay(text) ?? Number.NaN;

describe("China's National Day week", () => {
  const calendar = calendarFrom(CHINA_2025);

  test.each([
    ['2025-09-26', 'an ordinary Friday', true, false],
    ['2025-09-27', 'an ordinary Saturday', false, false],
    ['2025-09-28', 'a Sunday that is worked', true, false],
    ['2025-09-30', 'the Tuesday before', true, false],
    ['2025-10-01', 'the first holiday', false, true],
    ['2025-10-04', 'a Saturday among the holidays', false, true],
    ['2025-10-08', 'the last holiday', false, true],
    ['2025-10-09', 'the Thursday after', true, false],
    ['2025-10-11', 'a Saturday that is worked', true, false],
    ['2025-10-12', 'the Sunday after it', false, false],
    ['2026-10-01', 'a year that was not entered', true, false],
  ])('%s, %s', (text, _what, worked, holiday) => {
    expect(calendar.isWorkday(day(text))).toBe(worked);
    expect(calendar.isRestday(day(text))).toBe(!worked);
    expect(calendar.isHoliday(day(text))).toBe(holiday);
  });

  test('knows which years were entered', () => {
    expect(calendar.yearsCovered).toEqual([2025]);
    expect(calendar.coversYear(2025)).toBe(true);
    expect(calendar.coversYear(2026)).toBe(false);
  });

  test('knows its zone and its last holiday', () => {
    expect(calendar.zone?.name).toBe('Asia/Shanghai');
    expect(calendar.lastHoliday).toBe(day('2025-10-08'));
  });
});

test('a range over New Year covers both years', () => {
  const calendar = calendarFrom({ name: 'x', holidays: [{ first: '2025-12-31', last: '2026-01-02' }], workdays: [] });
  expect(calendar.yearsCovered).toEqual([2025, 2026]);
  expect(calendar.zone).toBeNull();
});

describe('parseDateRange', () => {
  test.each([
    ['2026-10-01', { first: '2026-10-01', last: '2026-10-01' }],
    ['2026-10-01..2026-10-07', { first: '2026-10-01', last: '2026-10-07' }],
    ['2024-02-29 .. 2024-03-01', { first: '2024-02-29', last: '2024-03-01' }],
  ])('%s', (text, range) => {
    expect(parseDateRange(text)).toEqual({ ok: true, range });
  });

  test.each([
    ['', '"" is not a date'],
    ['2026-02-29', '"2026-02-29" is not a date; write YYYY-MM-DD'],
    ['2026-13-01', '"2026-13-01" is not a date'],
    ['10/01/2026', '"10/01/2026" is not a date'],
    ['2026-10-07..2026-10-01', 'the range 2026-10-07..2026-10-01 ends before it begins'],
    ['2026-10-01..2026-10-02..2026-10-03', 'is not a date or a range of dates'],
    ['2026-10-01..', '"" is not a date'],
  ])('%j is refused', (text, message) => {
    expect(parseDateRange(text)).toEqual({ ok: false, message: expect.stringContaining(message) });
  });
});

describe('a calendar is refused', () => {
  const good = { name: 'x', holidays: [], workdays: [] };
  const oct1 = { first: '2026-10-01', last: '2026-10-01' };

  test.each([
    ['for its name', { ...good, name: 'a.b' }, '"a.b" is not a calendar name'],
    ['for its zone', { ...good, timezone: 'Asia/Shanghia' }, 'calendar "x": "Asia/Shanghia" is not a time zone'],
    [
      'for a date that is none',
      { ...good, holidays: [{ first: '2026-02-30', last: '2026-03-01' }] },
      '"2026-02-30" is not',
    ],
    [
      'for a backward range',
      { ...good, workdays: [{ first: '2026-10-02', last: '2026-10-01' }] },
      'ends before it begins',
    ],
    ['for saying both', { ...good, holidays: [oct1], workdays: [oct1] }, '2026-10-01 is both a holiday and a workday'],
    ['for its size', { ...good, holidays: [{ first: '0001-01-01', last: '9999-12-31' }] }, 'more than 36600 dates'],
  ])('%s', (_why, definition, message) => {
    expect(parseCalendar(definition)).toEqual({ ok: false, message: expect.stringContaining(message) });
  });
});

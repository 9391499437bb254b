import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCron } from '../../src/calendar/cron.ts';
import { formatTime, zoneNamed } from '../../src/calendar/zone.ts';
import { cpuMs } from './cpu-ms.ts';

const at = (iso: string) => Temporal.Instant.from(iso).epochMilliseconds;

function cronFrom(text: string, zone: string) {
  const parsed = parseCron(text, zoneNamed(zone));
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.cron;
}

/** All ticks from `from` (included) to `to` (excluded) as local `HH:MM`. */
function ticks(text: string, zone: string, from: string, to: string): string {
  const cron = cronFrom(text, zone);
  const found: string[] = [];
  for (let tick = cron.nextTick(at(from) - 1); tick !== null && tick < at(to); tick = cron.nextTick(tick)) {
    found.push(formatTime(tick, zoneNamed(zone)).slice(11, 16));
  }
  return found.join(' ');
}

describe('ticks', () => {
  test.each([
    ['30 8 * * Mon-Fri', '2026-10-09T08:29:59+08:00', '2026-10-08T08:30:00+08:00', '2026-10-09T08:30:00+08:00'],
    ['30 8 * * Mon-Fri', '2026-10-09T08:30:00+08:00', '2026-10-09T08:30:00+08:00', '2026-10-12T08:30:00+08:00'],
    ['30 8 * * Mon-Fri', '2026-10-09T08:30:00.001+08:00', '2026-10-09T08:30:00+08:00', '2026-10-12T08:30:00+08:00'],
    ['@daily', '2026-10-09T12:00:00+08:00', '2026-10-09T00:00:00+08:00', '2026-10-10T00:00:00+08:00'],
    ['@Weekly', '2026-10-09T12:00:00+08:00', '2026-10-04T00:00:00+08:00', '2026-10-11T00:00:00+08:00'],
    ['0 0 29 2 *', '2026-10-09T12:00:00+08:00', '2024-02-29T00:00:00+08:00', '2028-02-29T00:00:00+08:00'],
    ['0 23 L * *', '2026-10-09T12:00:00+08:00', '2026-09-30T23:00:00+08:00', '2026-10-31T23:00:00+08:00'],
    ['0 9 * * Mon#1', '2026-10-09T12:00:00+08:00', '2026-10-05T09:00:00+08:00', '2026-11-02T09:00:00+08:00'],
    ['*/15 * * * *', '2026-10-09T11:59:59.999+08:00', '2026-10-09T11:45:00+08:00', '2026-10-09T12:00:00+08:00'],
  ])('%s at %s', (text, now, previous, next) => {
    const cron = cronFrom(text, 'Asia/Shanghai');
    const show = (tick: number | null) => tick && formatTime(tick, zoneNamed('Asia/Shanghai'));
    expect([cron.previousTick(at(now)), cron.nextTick(at(now))].map(show)).toEqual([previous, next]);
  });
});

describe('daylight saving in New York', () => {
  const spring = (text: string) => ticks(text, 'America/New_York', '2026-03-08T05:00Z', '2026-03-08T10:00Z');
  const autumn = (text: string) => ticks(text, 'America/New_York', '2026-11-01T04:00Z', '2026-11-01T09:00Z');

  test.each([
    ['30 2 * * *', '03:00'],
    ['15,45 2 * * *', '03:00'],
    ['0 3 * * *', '03:00'],
    ['0 2,3 * * *', '03:00'],
    ['0 * * * *', '00:00 01:00 03:00 04:00 05:00'],
  ])('spring forward: %s ticks at %s', (text, expected) => {
    expect(spring(text)).toBe(expected);
  });

  test.each([
    ['30 1 * * *', '01:30'],
    ['15,45 1 * * *', '01:15 01:45'],
    ['0 2 * * *', '02:00'],
    ['0 * * * *', '00:00 01:00 01:00 02:00 03:00'],
    ['*/30 1 * * *', '01:00 01:30 01:00 01:30'],
  ])('fall back: %s ticks at %s', (text, expected) => {
    expect(autumn(text)).toBe(expected);
  });
});

test('Lord Howe jumps by half an hour', () => {
  expect(ticks('15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T14:00Z', '2026-10-03T18:00Z')).toBe('02:30');
  expect(ticks('45 1 * * *', 'Australia/Lord_Howe', '2026-04-04T13:00Z', '2026-04-04T18:00Z')).toBe('01:45');
});

describe('refused', () => {
  test.each([
    ['', '0 of five fields'],
    ['* * * *', '4 of five fields'],
    ['* * * * * *', 'it has six fields, and seconds are not supported'],
    ['2026-01-01T00:00:00', '1 of five fields'],
    ['61 * * * *', 'Invalid value for minute: 61;'],
    ['0 24 * * *', 'Invalid value for hour: 24;'],
    ['0 8 * * Mond', '"0 8 * * Mond" is not a cron pattern'],
    ['H 8 * * *', 'illegal characters'],
    ['@reboot', '"@reboot" is not a cron pattern'],
    ['@dayly', 'did you mean "@daily"?'],
    ['0 0 31 2 *', '"0 0 31 2 *" never runs'],
    ['0 0 30 2 *', 'never runs'],
    ['0 0 31 4,6,9,11 *', 'never runs'],
    [`${'0,'.repeat(200)}0 8 * * *`, 'longer than 256 characters'],
  ])('%s', (text, message) => {
    expect(parseCron(text, zoneNamed('UTC'))).toEqual({ ok: false, message: expect.stringContaining(message) });
  });

  test('any text is read or refused, and never throws', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...'0123456789*/,-? LW#@MonJa'.split('')) }),
      fc
        .array(fc.stringMatching(/^[0-9*/,LW#-]{1,6}$/), { minLength: 5, maxLength: 5 })
        .map((fields) => fields.join(' ')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const parsed = parseCron(text, zoneNamed('UTC'));
        if (parsed.ok) expect(parsed.cron.nextTick(0)).not.toBeNull();
        else expect(parsed.message).not.toBe('');
      }),
      { numRuns: 500 },
    );
  });
});

describe('for any instants, in any order', () => {
  const patterns = fc.constantFrom(
    '*/5 * * * *',
    '0 8 * * Mon-Fri',
    '30 2 * * *',
    '15,45 1 * * *',
    '0 */6 1 * *',
    '@monthly',
  );
  const zones = fc.constantFrom('Asia/Shanghai', 'America/New_York', 'Australia/Lord_Howe');
  const instants = fc.integer({ min: at('2026-01-01T00:00Z'), max: at('2027-01-01T00:00Z') });

  test('memory never changes the answer, and the two ticks are neighbours', () => {
    fc.assert(
      fc.property(patterns, zones, fc.array(instants, { minLength: 1, maxLength: 8 }), (text, zone, times) => {
        const cron = cronFrom(text, zone);
        for (const time of times) {
          const [previous, next] = [cron.previousTick(time), cron.nextTick(time)];
          const fresh = cronFrom(text, zone);
          expect(fresh.nextTick(time)).toBe(next);
          expect(cronFrom(text, zone).previousTick(time)).toBe(previous);
          if (previous === null || next === null) throw new Error('these patterns tick for ever');
          expect(previous).toBeLessThanOrEqual(time);
          expect(next).toBeGreaterThan(time);
          expect(fresh.nextTick(previous)).toBe(next);
          expect(fresh.previousTick(next)).toBe(next);
          expect(fresh.previousTick(next - 1)).toBe(previous);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('what is no time is a bug of the caller', () => {
    expect(() => cronFrom('@daily', 'UTC').previousTick(Number.NaN)).toThrow(RangeError);
  });
});

test('a minute by minute walk through half a year is cheap', () => {
  const cron = cronFrom('0 8 * * Mon-Fri', 'America/New_York');
  const began = cpuMs();
  let sum = 0;
  for (let time = at('2026-01-01T00:00Z'); time < at('2026-07-01T00:00Z'); time += 60_000)
    sum += cron.previousTick(time) ?? 0;
  expect(sum).toBeGreaterThan(0);
  // Some 130 ticks are computed; without memory it would be 260 000, for half a minute.
  expect(cpuMs() - began).toBeLessThan(2000);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatTime, localDay, parseZone, zoneNamed } from '../../src/calendar/zone.ts';

const at = (iso: string) => Temporal.Instant.from(iso).epochMilliseconds;

describe('parseZone', () => {
  test.each(['Asia/Shanghai', 'UTC', 'America/Argentina/Buenos_Aires', 'Etc/GMT+8', 'PRC'])('%s is known', (name) => {
    const parsed = parseZone(name);
    expect(parsed.ok && parsed.zone.name).toBe(name);
  });

  test('takes any case and gives the official spelling', () => {
    expect(zoneNamed('asia/shanghai').name).toBe('Asia/Shanghai');
    expect(zoneNamed('asia/shanghai')).toBe(zoneNamed('Asia/Shanghai'));
  });

  test.each([
    ['Asia/Shanghia', '"Asia/Shanghia" is not a time zone; did you mean "Asia/Shanghai"?'],
    ['Asia/Beijing', '"Asia/Beijing" is not a time zone; did you mean "Asia/Shanghai"?'],
    ['Shanghai', '"Shanghai" is not a time zone; did you mean "Asia/Shanghai"?'],
    ['Europe/Berln', '"Europe/Berln" is not a time zone; did you mean "Europe/Berlin"?'],
    ['America/New York', '"America/New York" is not a time zone; did you mean "America/New_York"?'],
    ['CST', '"CST" is not a time zone; write an IANA name such as Asia/Shanghai'],
    ['', '"" is not a time zone; write an IANA name such as Asia/Shanghai'],
    ['+08:00', '"+08:00" is an offset, not a time zone; write an IANA name such as Asia/Shanghai or UTC'],
    ['UTC+8', '"UTC+8" is an offset, not a time zone; write an IANA name such as Asia/Shanghai or UTC'],
    ['Asia/Shanghai[u-ca=iso8601]', 'is not a time zone'],
  ])('%j is refused', (name, message) => {
    expect(parseZone(name)).toMatchObject({ ok: false, message: expect.stringContaining(message) });
  });

  test('zoneNamed throws for what parseZone refuses', () => {
    expect(() => zoneNamed('Mars/Olympus')).toThrow(/"Mars\/Olympus" is not a time zone/);
  });
});

/** With the oddest histories: half hours, clocks that went back over midnight, a day that never was. */
const ZONES = [
  'UTC',
  'Asia/Shanghai',
  'America/New_York',
  'Europe/Berlin',
  'Australia/Lord_Howe',
  'America/St_Johns',
  'Pacific/Apia',
  'Africa/Casablanca',
  'Asia/Kathmandu',
  'America/Nuuk',
];
const zones = fc.constantFrom(...ZONES);
const instants = fc.integer({ min: at('1900-01-01T00:00Z'), max: at('2150-01-01T00:00Z') });

describe('offsetMs', () => {
  test('is what Temporal says, in any order of asking', () => {
    fc.assert(
      fc.property(zones, instants, (name, when) => {
        const truth = Temporal.Instant.fromEpochMilliseconds(when).toZonedDateTimeISO(name).offsetNanoseconds / 1e6;
        expect(zoneNamed(name).offsetMs(when)).toBe(truth);
      }),
      { numRuns: 5000 },
    );
  });

  test.each([
    ['America/New_York', '2026-03-08T06:59:59.999Z', -5],
    ['America/New_York', '2026-03-08T07:00:00Z', -4],
    ['America/New_York', '2026-11-01T05:59:59.999Z', -4],
    ['America/New_York', '2026-11-01T06:00:00Z', -5],
    ['Australia/Lord_Howe', '2026-10-03T15:29:59.999Z', 10.5],
    ['Australia/Lord_Howe', '2026-10-03T15:30:00Z', 11],
  ])('%s at %s is %d h', (name, iso, hours) => {
    expect(zoneNamed(name).offsetMs(at(iso))).toBe(hours * 3_600_000);
  });

  test('any number has an offset, and NaN is a bug of the caller', () => {
    for (const when of [-1e300, -8.64e15, 8.64e15, 1e300]) {
      expect(Math.abs(zoneNamed('America/New_York').offsetMs(when))).toBeLessThan(6 * 3_600_000);
    }
    expect(() => zoneNamed('America/New_York').offsetMs(Number.NaN)).toThrow(RangeError);
  });
});

describe('firstReading', () => {
  const wall = (text: string) => at(`${text}Z`);
  const first = (name: string, text: string) => new Date(zoneNamed(name).firstReading(wall(text))).toISOString();

  test.each([
    ['Asia/Shanghai', '2026-10-01T08:30', '2026-10-01T00:30:00.000Z'],
    // In the gap: the jump.
    ['America/New_York', '2026-03-08T02:00', '2026-03-08T07:00:00.000Z'],
    ['America/New_York', '2026-03-08T02:30', '2026-03-08T07:00:00.000Z'],
    ['America/New_York', '2026-03-08T03:00', '2026-03-08T07:00:00.000Z'],
    ['America/New_York', '2026-03-08T03:01', '2026-03-08T07:01:00.000Z'],
    // Twice: the first.
    ['America/New_York', '2026-11-01T01:00', '2026-11-01T05:00:00.000Z'],
    ['America/New_York', '2026-11-01T01:30', '2026-11-01T05:30:00.000Z'],
    ['America/New_York', '2026-11-01T02:00', '2026-11-01T07:00:00.000Z'],
    // 30 December 2011 never was in Samoa.
    ['Pacific/Apia', '2011-12-30T12:00', '2011-12-30T10:00:00.000Z'],
    // Clocks went from 00:01 back to 23:01 of the day before.
    ['America/St_Johns', '2010-11-07T00:00', '2010-11-07T02:30:00.000Z'],
  ])('%s reads %s first at %s', (name, text, iso) => {
    expect(first(name, text)).toBe(iso);
  });

  test('never decreases, and is the very first such instant', () => {
    fc.assert(
      fc.property(zones, instants, fc.nat(3 * 86_400_000), (name, wallMs, more) => {
        const zone = zoneNamed(name);
        const found = zone.firstReading(wallMs);
        expect(zone.firstReading(wallMs + more)).toBeGreaterThanOrEqual(found);
        expect(found + zone.offsetMs(found)).toBeGreaterThanOrEqual(wallMs);
        for (const before of [1, 60_000, 1_800_000, 3_600_000, 86_400_000]) {
          expect(found - before + zone.offsetMs(found - before)).toBeLessThan(wallMs);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('writing times', () => {
  test.each([
    ['2026-12-23T16:00:00Z', 'Asia/Shanghai', '2026-12-24T00:00:00+08:00', '2026-12-24'],
    ['2026-12-23T15:59:59.999Z', 'Asia/Shanghai', '2026-12-23T23:59:59.999+08:00', '2026-12-23'],
    ['2026-07-01T00:00:00Z', 'America/New_York', '2026-06-30T20:00:00-04:00', '2026-06-30'],
    ['2026-01-01T00:00:00Z', 'Australia/Lord_Howe', '2026-01-01T11:00:00+11:00', '2026-01-01'],
    ['2026-01-01T00:00:00Z', 'America/St_Johns', '2025-12-31T20:30:00-03:30', '2025-12-31'],
    ['2026-01-01T00:00:00Z', 'UTC', '2026-01-01T00:00:00+00:00', '2026-01-01'],
    // Liberia was 44 min 30 s behind until 1972.
    ['1971-01-01T00:00:00Z', 'Africa/Monrovia', '1971-01-01T00:00:00+00:00', '1970-12-31'],
  ])('%s in %s is %s', (iso, name, time, day) => {
    expect(formatTime(at(iso), zoneNamed(name))).toBe(time);
    expect(localDay(at(iso), zoneNamed(name))).toBe(day);
  });

  test('a written time reads back as the same instant', () => {
    fc.assert(
      fc.property(zones, instants, (name, when) => {
        expect(at(formatTime(when, zoneNamed(name)))).toBe(when);
      }),
      { numRuns: 1000 },
    );
  });
});

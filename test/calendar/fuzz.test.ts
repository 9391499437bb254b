import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseCron } from '../../src/calendar/cron.ts';
import { formatDuration, MAX_DURATION_MS, parseDuration } from '../../src/calendar/duration.ts';
import { parseWindow } from '../../src/calendar/parse-window.ts';
import { parseZone, zoneNamed } from '../../src/calendar/zone.ts';
import { inherited } from '../support/mutate.ts';
import { cpuTime } from '../yaml/cpu-time.ts';
import { CALENDARS } from './windows.ts';

const ZONE = zoneNamed('Asia/Shanghai');
const SEED = 20_251_122;
/** Of one text, asked for its edges too. A thousand times what an ordinary one takes. */
const MOST_CPU_MS = 400;

const PIECES = [
  ['Mon', 'Tue-Fri', 'Sun-Mon', 'mon', 'Monday', 'cn.workdays', 'cn.holidays', 'cn.', 'no.workdays', 'always', 'never'],
  ['08:30-21:00', '23:00-08:00', '00:00-24:00', '24:00', '25:00', '8:30', '-', '–', ',', ' ', '  ', '\t', '\n'],
  ['Asia/Shanghai', 'America/New_York', 'Nowhere/Land', 'UTC', 'GMT+8', '+08:00', 'Z', '__proto__', 'constructor'],
  ['2026-02-30T00:00', '2026-12-24T00:00-2026-12-27T00:00', '-271821-04-20T00:00Z', '+275760-09-13', '9999-12-31'],
  ['*', '?', '0', '*/0', '*/5', '1-', '@daily', 'L', '30 8 * * 1-5', '0 0 29 2 *', '0 0 31 2 *', '\u202e', '０８:３０'],
  ['1h', '30m', '99999999999999999999d', '1.5h', '-5m', '1e9s', '5', 'ms', 'µs', 'P1D'],
].flat();
const text = fc.oneof(
  { weight: 5, arbitrary: fc.array(fc.constantFrom(...PIECES), { maxLength: 14 }).map((pieces) => pieces.join(' ')) },
  { weight: 5, arbitrary: fc.array(fc.constantFrom(...PIECES), { maxLength: 14 }).map((pieces) => pieces.join('')) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  fc.tuple(fc.constantFrom(...PIECES), fc.nat(3_000)).map(([piece, count]) => piece.repeat(count)),
);
const AT = Date.UTC(2025, 11, 1, 4);

function bounded(check: (text: string) => void, numRuns: number): void {
  const before = inherited();
  fc.assert(
    fc.property(text, (each) => {
      expect(cpuTime(() => check(each))).toBeLessThan(MOST_CPU_MS);
    }),
    { numRuns, seed: SEED },
  );
  expect(inherited()).toBe(before);
}

test('any text is a window or a problem with its place', () => {
  let windows = 0;
  bounded((each) => {
    const parsed = parseWindow(each, { zone: ZONE, calendars: CALENDARS });
    if (!parsed.ok) {
      expect(parsed.message).toMatch(/\S/);
      expect(parsed.message.length).toBeLessThan(600);
      expect(parsed.offset).toBeGreaterThanOrEqual(0);
      expect(parsed.offset + parsed.length).toBeLessThanOrEqual(each.length + 1);
      return;
    }
    windows += 1;
    const { window } = parsed;
    const state = window.state(AT);
    let { inside } = state;
    let last = AT;
    for (const { at, opens } of window.edgesAfter(AT, 4)) {
      expect(at).toBeGreaterThan(last);
      expect(opens).toBe(!inside);
      expect(window.state(at).inside).toBe(opens);
      expect(window.state(at - 1).inside).toBe(inside);
      [last, inside] = [at, opens];
    }
    expect(window.state(AT)).toEqual(state);
    expect(window.occurrence(AT) === null).toBe(!state.inside);
  }, 1_500);
  expect(windows).toBeGreaterThan(10);
});

test('any text is a duration or a sentence', () => {
  let durations = 0;
  bounded((each) => {
    const parsed = parseDuration(each);
    if (!parsed.ok) {
      expect(parsed.message).toMatch(/\S/);
      expect(parsed.message.length).toBeLessThan(400);
      return;
    }
    durations += 1;
    expect(Number.isSafeInteger(parsed.ms)).toBe(true);
    expect(parsed.ms).toBeGreaterThanOrEqual(0);
    expect(parsed.ms).toBeLessThanOrEqual(MAX_DURATION_MS);
    expect(parseDuration(formatDuration(parsed.ms))).toEqual(parsed);
  }, 1_500);
  expect(durations).toBeGreaterThan(2);
});

test('any text is a cron expression or a sentence, and any text is a zone or a sentence', () => {
  bounded((each) => {
    const cron = parseCron(each, ZONE);
    if (!cron.ok) expect(cron.message).toMatch(/\S/);
    const zone = parseZone(each);
    if (!zone.ok) expect(zone.message).toMatch(/\S/);
  }, 800);
});

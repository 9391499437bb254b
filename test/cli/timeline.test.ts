import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import type { MachineRun } from '../../src/app/simulate/run.ts';
import type { Doing } from '../../src/app/simulate/track.ts';
import { zoneNamed } from '../../src/calendar/zone.ts';
import { timelineOf } from '../../src/cli/timeline.ts';

const FROM = Date.parse('2026-11-23T00:00:00+08:00');
const SHANGHAI = zoneNamed('Asia/Shanghai');
const BERLIN = zoneNamed('Europe/Berlin');
const MINUTE = 60_000;

/** What a machine is at, from each minute on. */
function drawn(
  changes: Readonly<Record<number, Doing>>,
  hours: number,
  { from = FROM, zone = SHANGHAI, isColoured = false } = {},
): string {
  const timeline = Object.entries(changes).map(([minute, doing]) => ({ at: from + Number(minute) * MINUTE, doing }));
  const machine: MachineRun = {
    key: 'hxy/a',
    name: 'a',
    account: 'hxy',
    billing: 'hourly',
    upMs: 0,
    upWithoutMs: 0,
    fen: 0,
    withoutFen: 0,
    paidFen: 0,
    interruptions: 0,
    whileBusy: 0,
    isUnpriced: false,
    acts: [],
    timeline,
  };
  return timelineOf(machine, {
    zone,
    from,
    until: from + hours * 60 * MINUTE,
    columns: 100,
    isColoured,
  });
}

const row = (text: string) => text.split('\n')[1]?.slice(15);

test('an hour is shown as what it was for the longest, all its stretches together', () => {
  // 20 minutes of work, 25 of rest, 15 of work; then three that share an hour, and an end in the middle of one.
  expect(row(drawn({ 0: 'busy', 20: 'idle', 45: 'busy', 60: 'off', 80: 'moving', 81: 'idle', 120: 'gone' }, 2.5))).toBe(
    '#=',
  );
  expect(row(drawn({ 0: 'cardless', 60: 'unknown', 120: 'moving' }, 3))).toBe(':?~');
});

test('colours come beside the signs, never instead of them', () => {
  const plain = drawn({ 0: 'busy', 60: 'idle' }, 2);
  const coloured = drawn({ 0: 'busy', 60: 'idle' }, 2, { isColoured: true });
  expect(coloured).not.toBe(plain);
  expect(stripVTControlCharacters(coloured)).toBe(plain);
});

test('where clocks are set, each sign stands under the hour of the clock that it is about', () => {
  const hour = 60;
  // From 02:00 to 03:00 there is no time; work from 21:00 to 23:00.
  const spring = { from: Date.parse('2027-03-28T00:00:00+01:00'), zone: BERLIN };
  expect(row(drawn({ 0: 'off', [20 * hour]: 'busy', [22 * hour]: 'off' }, 23, spring))).toBe(
    '.. ..................##.',
  );
  // 02:00 to 03:00 comes twice, and is one of rest longer than of work.
  const autumn = { from: Date.parse('2026-10-25T00:00:00+02:00'), zone: BERLIN };
  expect(
    row(
      drawn(
        { 0: 'off', [2 * hour + 40]: 'busy', [3 * hour]: 'off', [22 * hour]: 'busy', [24 * hour]: 'off' },
        25,
        autumn,
      ),
    ),
  ).toBe('.....................##.');
});

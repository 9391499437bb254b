import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import type { MachineRun } from '../../src/app/simulate/run.ts';
import type { Doing } from '../../src/app/simulate/track.ts';
import { zoneNamed } from '../../src/calendar/zone.ts';
import { timelineOf } from '../../src/cli/timeline.ts';

const FROM = Date.parse('2026-11-23T00:00:00+08:00');
const MINUTE = 60_000;

/** What a machine is at, from each minute on. */
function drawn(changes: Readonly<Record<number, Doing>>, hours: number, style: { isColoured?: boolean } = {}): string {
  const timeline = Object.entries(changes).map(([minute, doing]) => ({ at: FROM + Number(minute) * MINUTE, doing }));
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
    zone: zoneNamed('Asia/Shanghai'),
    from: FROM,
    until: FROM + hours * 60 * MINUTE,
    columns: 100,
    isColoured: style.isColoured ?? false,
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

import { styleText } from 'node:util';
import type { MachineRun } from '../app/simulate/run.ts';
import type { Doing } from '../app/simulate/track.ts';
import { localDay, type Zone } from '../calendar/zone.ts';
import { displayWidth } from '../yaml/display-width.ts';
import { printable } from './table.ts';

const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;
/** Below this there is no room for what was done beside the hours. */
const LEAST_NOTES = 20;
/** Columns of a row's name, and of all that stands before the notes. */
const LABEL = 15;
const BESIDE = LABEL + DAY_HOURS + 2;
const WEEKDAYS = ['', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** Plain letters: in a terminal for Chinese the blocks that others draw with are two columns wide. */
const SIGNS: Readonly<Record<Doing, string>> = {
  busy: '#',
  idle: '=',
  unknown: '?',
  moving: '~',
  off: '.',
  cardless: ':',
  gone: ' ',
};
const COLOURS: Readonly<Record<Doing, 'green' | 'yellow' | 'magenta' | 'cyan' | 'gray'>> = {
  busy: 'green',
  idle: 'yellow',
  unknown: 'magenta',
  moving: 'cyan',
  off: 'gray',
  cardless: 'gray',
  gone: 'gray',
};

/** What the signs mean, in one line. */
export const LEGEND = '# at work   = idle   ? nobody can tell   ~ on its way   . stopped   : stopped without cards';

export interface TimelineStyle {
  readonly zone: Zone;
  readonly from: number;
  readonly until: number;
  /** Of the terminal. */
  readonly columns: number;
  readonly isColoured: boolean;
}

/** One machine: a row a day, a sign an hour, and what was done beside it. Days alike without an act become one row. */
export function timelineOf(machine: MachineRun, style: TimelineStyle): string {
  const days = daysOf(machine, style);
  const lines: string[] = [`               0     6     12    18`];
  for (let index = 0; index < days.length; ) {
    const day = days[index];
    if (day === undefined) break;
    let last = index;
    while (day.notes === '' && days[last + 1]?.key === day.key) last += 1;
    const label = last === index ? day.label : `${day.label.slice(0, 5)} to ${days[last]?.label.slice(0, 5) ?? ''}`;
    lines.push(
      `${label.padEnd(LABEL)}${day.signs}${day.notes === '' ? '' : `  ${fitted(day.notes, style.columns - BESIDE)}`}`,
    );
    index = last + 1;
  }
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

interface Day {
  readonly label: string;
  readonly signs: string;
  readonly notes: string;
  /** Alike in whatever is shown. */
  readonly key: string;
}

function daysOf(machine: MachineRun, { zone, from, until, columns, isColoured }: TimelineStyle): readonly Day[] {
  const paint = (doing: Doing | null) => {
    if (doing === null) return ' ';
    return isColoured ? styleText(COLOURS[doing], SIGNS[doing], { validateStream: false }) : SIGNS[doing];
  };
  const days: Day[] = [];
  let place = 0;
  let act = 0;
  for (
    let startAt = midnight(from, zone);
    startAt < until;
    startAt = midnight(startAt + 1.5 * DAY_HOURS * HOUR_MS, zone)
  ) {
    const nextAt = midnight(startAt + 1.5 * DAY_HOURS * HOUR_MS, zone);
    const date = localDay(startAt, zone);
    const edges = hourEdges(date, startAt, nextAt, zone);
    const hours: (Doing | null)[] = [];
    for (const [hour, at] of edges.slice(0, DAY_HOURS).entries()) {
      const end = edges[hour + 1] ?? nextAt;
      while ((machine.timeline[place + 1]?.at ?? Number.POSITIVE_INFINITY) <= at) place += 1;
      hours.push(mostly(machine.timeline, place, Math.max(at, from), Math.min(end, until)));
    }
    const notes: string[] = [];
    for (let each = machine.acts[act]; each !== undefined && each.at < nextAt; each = machine.acts[act]) {
      const refused = each.refused === undefined ? '' : ` refused: ${each.refused}`;
      notes.push(`${clock(each.at, zone)} ${each.action} (${printable(each.policy)})${refused}`);
      act += 1;
    }
    const weekday = WEEKDAYS[Temporal.PlainDate.from(date).dayOfWeek] ?? '';
    const isRoomy = columns - BESIDE >= LEAST_NOTES;
    days.push({
      label: `${date.slice(5)} ${weekday}`,
      signs: hours.map(paint).join(''),
      notes: isRoomy ? notes.join(', ') : '',
      key: `${hours.join()} ${notes.length}`,
    });
  }
  return days;
}

/** What it was at for the longest part of a time. */
function mostly(timeline: MachineRun['timeline'], first: number, from: number, until: number): Doing | null {
  const sums = new Map<Doing, number>();
  for (let place = first; place < timeline.length; place += 1) {
    const change = timeline[place];
    if (change === undefined || change.at >= until) break;
    const end = Math.min(timeline[place + 1]?.at ?? until, until);
    const ms = end - Math.max(change.at, from);
    if (ms > 0) sums.set(change.doing, (sums.get(change.doing) ?? 0) + ms);
  }
  let most: Doing | null = null;
  for (const [doing, ms] of sums) if (most === null || ms > (sums.get(most) ?? 0)) most = doing;
  return most;
}

/**
 * When each hour of the clock begins, and the day ends. Where clocks are set ahead an hour of them has no time and stays empty,
 * and where they are set back one has two hours: each sign stands under its hour.
 */
function hourEdges(date: string, startAt: number, nextAt: number, zone: Zone): readonly number[] {
  const hours = Array.from({ length: DAY_HOURS }, (_, hour) => hour);
  if (nextAt - startAt === DAY_HOURS * HOUR_MS) return [...hours.map((hour) => startAt + hour * HOUR_MS), nextAt];
  const day = Temporal.PlainDate.from(date);
  const at = (hour: number) => day.toZonedDateTime({ timeZone: zone.name, plainTime: { hour } }).epochMilliseconds;
  return [...hours.map(at), nextAt];
}

function midnight(at: number, zone: Zone): number {
  return Temporal.PlainDate.from(localDay(at, zone)).toZonedDateTime(zone.name).epochMilliseconds;
}

function clock(at: number, zone: Zone): string {
  return new Date(at + zone.offsetMs(at)).toISOString().slice(11, 16);
}

/** As much as fits, told by an ellipsis. */
function fitted(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let kept = '';
  for (const char of text) {
    if (displayWidth(kept + char) > columns - 1) break;
    kept += char;
  }
  return `${kept}…`;
}

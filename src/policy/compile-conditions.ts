import { type CronTicks, parseCron } from '../calendar/cron.ts';
import { parseWindow } from '../calendar/parse-window.ts';
import type { Window } from '../calendar/window.ts';
import type { Zone } from '../calendar/zone.ts';
import { assertNever } from '../fleet/assert-never.ts';
import { unknownName } from '../fleet/unknown-name.ts';
import type { Calendars } from './compile-calendars.ts';
import type { Subject } from './findings.ts';
import type { Condition } from './policy.ts';
import { CONDITION_KEYS, type WhenText } from './when-grammar.ts';

/** What was read before: people write the same times in many policies, and a window answers alike wherever it stands. */
export class ReadTimes {
  readonly windows = new Map<string, Window>();
  readonly crons = new Map<string, CronTicks>();
}

export interface ConditionContext {
  readonly times: ReadTimes;
  readonly zone: Zone;
  readonly calendars: Calendars;
  /** A file could not be read, so a calendar that is not known may well be there. */
  readonly calendarsIncomplete: boolean;
}

/** The conditions of a policy in a fixed order; what is wrong with a window or pattern is said at its letters. */
export function compileConditions(when: WhenText, subject: Subject, context: ConditionContext): Condition[] {
  const conditions: Condition[] = [];
  for (const key of CONDITION_KEYS) {
    const condition = compileCondition(key, when, subject, context);
    if (condition !== null) conditions.push(condition);
  }
  return conditions;
}

function compileCondition(
  key: (typeof CONDITION_KEYS)[number],
  when: WhenText,
  subject: Subject,
  context: ConditionContext,
): Condition | null {
  switch (key) {
    case 'during':
      return when.during === undefined ? null : compileWindow(when.during, subject, context);
    case 'cron':
      return when.cron === undefined ? null : compileCron(when.cron, subject, context);
    case 'statusFor':
      return when.statusFor === undefined ? null : { kind: key, ...when.statusFor };
    case 'balanceBelow':
      return when.balanceBelow === undefined ? null : { kind: key, fen: when.balanceBelow };
    case 'idleFor':
    case 'expiresWithin':
    case 'runningFor':
    case 'stoppedFor':
    case 'runwayBelow': {
      const ms = when[key];
      return ms === undefined ? null : { kind: key, ms };
    }
    default:
      return assertNever(key);
  }
}

function compileWindow(text: string, subject: Subject, context: ConditionContext): Condition | null {
  const { zone, calendars, times } = context;
  const key = `${zone.name} ${text}`;
  const known = times.windows.get(key);
  if (known !== undefined) return { kind: 'during', window: known, text };
  if ([...calendars.broken].some((name) => text.includes(`${name}.`))) return null;
  const parsed = parseWindow(text, { zone, calendars: calendars.known });
  if (parsed.ok) {
    times.windows.set(key, parsed.window);
    return { kind: 'during', window: parsed.window, text };
  }
  const { offset, length } = parsed;
  const isUnknownCalendar = parsed.message.startsWith('no calendar is called');
  if (context.calendarsIncomplete && isUnknownCalendar) return null;
  // The reader of windows knows only calendars without mistakes; the name may have been meant for another.
  const names = [...calendars.known.keys(), ...calendars.broken];
  const isListed = isUnknownCalendar && calendars.broken.size > 0;
  const message = isListed ? unknownName('calendar', text.slice(offset, offset + length), names) : parsed.message;
  subject.error(['when', 'during'], message, { offset, length });
  return null;
}

function compileCron(text: string, subject: Subject, context: ConditionContext): Condition | null {
  const { zone, times } = context;
  const key = `${zone.name} ${text}`;
  const known = times.crons.get(key);
  if (known !== undefined) return { kind: 'cron', ticks: known, text, timezone: zone.name };
  const parsed = parseCron(text, zone);
  if (parsed.ok) {
    times.crons.set(key, parsed.cron);
    return { kind: 'cron', ticks: parsed.cron, text, timezone: zone.name };
  }
  subject.error(['when', 'cron'], parsed.message);
  return null;
}

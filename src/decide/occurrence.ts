import { assertNever } from '../fleet/assert-never.ts';
import type { Condition } from '../policy/policy.ts';
import { idleSince } from './idle-clock.ts';
import { utcText } from './time-text.ts';
import type { AccountView, InstanceView } from './world.ts';

/** The order in which the parts are joined, whatever the order in the file. */
const ORDER = [
  'during',
  'idleFor',
  'cron',
  'expiresWithin',
  'runningFor',
  'stoppedFor',
  'statusFor',
  'balanceBelow',
  'runwayBelow',
] as const satisfies readonly Condition['kind'][];

/** What the calendar says, the same for every instance. */
export interface CalendarKeys {
  /** `null`: the policy has no window. */
  readonly window: string | null;
  readonly tickAt: number | null;
}

export function inOccurrenceOrder(conditions: readonly Condition[]): readonly Condition[] {
  return [...conditions].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}

/**
 * The natural key of why now, for conditions that hold. `conditions` in {@link inOccurrenceOrder}.
 * `view` is `null` for what is decided once per account. `earlier`: an occurrence about the same low balance that was
 * announced before; its crossing is kept, since how far back we remember the balance may change.
 */
export function occurrenceOf(
  conditions: readonly Condition[],
  calendar: CalendarKeys,
  account: AccountView,
  view: InstanceView | null,
  earlier: string | null = null,
): string {
  let text = '';
  for (let index = 0; index < conditions.length; index += 1) {
    const condition = conditions[index];
    if (condition === undefined) continue;
    const value = partValue(condition, calendar, account, view, earlier);
    text = text === '' ? `${condition.kind}=${value}` : `${text};${condition.kind}=${value}`;
  }
  return text === '' ? 'once' : text;
}

function partValue(
  condition: Condition,
  calendar: CalendarKeys,
  account: AccountView,
  view: InstanceView | null,
  earlier: string | null,
): string {
  switch (condition.kind) {
    case 'during':
      return calendar.window ?? 'unknown';
    case 'cron':
      return timeOr(calendar.tickAt);
    case 'idleFor':
      return timeOr(view === null ? null : idleSince(view));
    case 'expiresWithin':
      return timeOr(view?.tracked.instance.expiresAt ?? null);
    case 'runningFor':
      return timeOr(view?.tracked.upSince ?? null);
    case 'stoppedFor':
    case 'statusFor':
      return timeOr(view?.tracked.statusSince ?? null);
    case 'balanceBelow':
      return partOf(earlier, condition.kind) ?? timeOr(account.balanceBelowSince(condition.fen));
    case 'runwayBelow':
      return partOf(earlier, condition.kind) ?? timeOr(account.runwayBelowSince(condition.ms));
    default:
      return assertNever(condition);
  }
}

function timeOr(at: number | null): string {
  return at === null ? 'unknown' : utcText(at);
}

function partOf(occurrence: string | null, kind: string): string | null {
  const part = occurrence?.split(';').find((each) => each.startsWith(`${kind}=`));
  return part === undefined ? null : part.slice(kind.length + 1);
}

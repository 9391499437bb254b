import { formatDuration } from '../calendar/duration.ts';
import { assertNever } from '../fleet/assert-never.ts';
import type { Standing } from './standing.ts';
import { localText } from './time-text.ts';
import type { InstanceView } from './world.ts';

/** Why a pair is not due. Made into a sentence only where somebody asks. */
export type NotDue =
  | 'outside-window'
  | 'no-tick'
  | 'late'
  | 'condition'
  | 'expired'
  | 'not-ready'
  | 'under-way'
  | 'failed'
  | 'done'
  | 'person-start'
  | 'changed-since';

export function notDueDetail(why: NotDue, standing: Standing, view: InstanceView, now: number): string {
  const { timezone } = standing.policy;
  switch (why) {
    case 'outside-window':
      return 'outside the window';
    case 'no-tick':
      return 'the schedule has not ticked since the policy was first seen';
    case 'late':
      return 'the last tick is longer ago than catchUp allows';
    case 'condition':
      return `not all conditions hold: ${whatFails(standing, view, now)}`;
    case 'expired':
      return `expired at ${localText(view.tracked.instance.expiresAt ?? 0, timezone)}: nothing is renewed after that`;
    case 'not-ready':
      return `it is ${view.tracked.instance.status} (${view.tracked.instance.billing})`;
    case 'under-way':
      return 'it is being done for this occurrence';
    case 'failed':
      return 'it failed for this occurrence';
    case 'done':
      return 'it was done for this occurrence';
    case 'person-start':
      return `somebody started it at ${localText(view.tracked.personStartAt ?? 0, timezone)}, inside the window`;
    case 'changed-since':
      return 'it came to be as it is after the tick';
    default:
      return assertNever(why);
  }
}

function whatFails(standing: Standing, view: InstanceView, now: number): string {
  const { tracked, activity } = view;
  const since = (at: number | null) => {
    const ms = now - (at ?? Number.NaN);
    return Number.isFinite(ms) ? formatDuration(Math.round(ms / 1000) * 1000) : 'an unknown time';
  };
  const facts = standing.ordered.map((condition): string | null => {
    switch (condition.kind) {
      case 'during':
      case 'cron':
        return null;
      case 'idleFor':
        return activity === null ? 'activity unknown' : `activity ${activity.kind}`;
      case 'runningFor':
        return `up for ${since(tracked.upSince)}`;
      case 'stoppedFor':
      case 'statusFor':
        return `${tracked.instance.status} for ${since(tracked.statusSince)}`;
      case 'expiresWithin': {
        const { expiresAt } = tracked.instance;
        return expiresAt === null ? 'no expiry' : `expires ${localText(expiresAt, standing.policy.timezone)}`;
      }
      case 'balanceBelow':
      case 'runwayBelow':
        return 'balance or runway not low';
      default:
        return assertNever(condition);
    }
  });
  return facts.filter((fact) => fact !== null).join(', ');
}

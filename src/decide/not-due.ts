import { formatDuration } from '../calendar/duration.ts';
import { assertNever } from '../fleet/assert-never.ts';
import { formatYuan } from '../fleet/money.ts';
import type { Status } from '../fleet/status.ts';
import { instanceTests, testInstance } from './conditions.ts';
import { type IdleCause, idleCause, idleStart, provenMs } from './idle-clock.ts';
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
  const { tracked } = view;
  const wanted = formatDuration;
  const since = (at: number | null) => {
    const ms = now - (at ?? Number.NaN);
    return Number.isFinite(ms) ? formatDuration(Math.round(ms / 1000) * 1000) : 'an unknown time';
  };
  const facts = standing.ordered.map((condition): string | null => {
    const tests = instanceTests([condition]);
    if (tests.length > 0 && testInstance(tests, view, now, Number.POSITIVE_INFINITY, 'holds') === 'holds') return null;
    switch (condition.kind) {
      case 'during':
      case 'cron':
        return null;
      case 'idleFor':
        return idleText(view, condition.ms, standing, now);
      case 'runningFor':
        return tracked.upSince === null
          ? `${tracked.instance.status}, not up for ${wanted(condition.ms)}`
          : `up for ${since(tracked.upSince)} of ${wanted(condition.ms)}`;
      case 'stoppedFor':
        return statusText(view, ['stopped'], wanted(condition.ms), since);
      case 'statusFor':
        return statusText(view, condition.status, wanted(condition.ms), since);
      case 'expiresWithin': {
        const { expiresAt } = tracked.instance;
        const within = `not within ${wanted(condition.ms)}`;
        return expiresAt === null
          ? `no expiry, so ${within}`
          : `expires ${localText(expiresAt, standing.policy.timezone)}, ${within}`;
      }
      case 'balanceBelow':
        return `balance wanted below ${formatYuan(condition.fen)} yuan`;
      case 'runwayBelow':
        return `runway wanted below ${wanted(condition.ms)}`;
      default:
        return assertNever(condition);
    }
  });
  return facts.filter((fact) => fact !== null).join('; ');
}

type Since = (at: number | null) => string;

/** Since what idleness is counted, where it is not the activity itself. */
const CAUSES: Readonly<Record<IdleCause, string | null>> = {
  activity: null,
  boot: 'since it was started',
  watch: 'since it has been watched without a hole',
  'policy-edit': 'since the policy or what it is judged by was changed',
  'daemon-start': 'since the daemon was started',
  hold: 'since a hold on it ended',
};

function idleText(view: InstanceView, wantedMs: number, standing: Standing, now: number): string {
  const { activity, tracked } = view;
  const wanted = formatDuration(wantedMs);
  if (activity === null) return `activity unknown, not idle for ${wanted}`;
  if (activity.kind === 'active' && activity.protection !== undefined) {
    const { by, until } = activity.protection;
    const who = by === 'people' ? 'somebody is there' : 'it is kept by a lease';
    return `${who}, which protects it until ${localText(until, standing.policy.timezone)}; not idle for ${wanted}`;
  }
  if (activity.kind !== 'idle') return `activity ${activity.kind}, not idle for ${wanted}`;
  const { notBefore } = standing;
  const startAt = idleStart(view, notBefore.at);
  const cause = idleCause(view, notBefore);
  if (startAt === null || cause === null) return `${tracked.instance.status}, not idle for ${wanted}`;
  const ms = provenMs(wantedMs, startAt, activity.watched, Math.min(now, activity.watched.to));
  const told = Number.isFinite(ms) ? formatDuration(Math.round(ms / 1000) * 1000) : 'an unknown time';
  const why = CAUSES[cause] === null ? '' : `, counted ${CAUSES[cause]}`;
  return `idle for ${told} of ${wanted}${why}`;
}

function statusText(view: InstanceView, statuses: readonly Status[] | null, wanted: string, since: Since): string {
  const { instance, statusSince } = view.tracked;
  const isOther = statuses !== null && !statuses.includes(instance.status);
  if (isOther) return `${instance.status}, not ${statuses.join(' or ')} for ${wanted}`;
  return `${instance.status} for ${since(statusSince)} of ${wanted}`;
}

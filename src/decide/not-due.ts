import { assertNever } from '../fleet/assert-never.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import type { Status } from '../fleet/status.ts';
import { instanceTests, testInstance } from './conditions.ts';
import { idleCause, idleStart, provenMs } from './idle-clock.ts';
import type { Standing } from './standing.ts';
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

export function notDueDetail(why: NotDue, standing: Standing, view: InstanceView, now: number): Detail {
  const { instance, personStartAt } = view.tracked;
  switch (why) {
    case 'outside-window':
    case 'no-tick':
    case 'under-way':
      return { kind: why };
    case 'late':
      return { kind: 'tick-late' };
    case 'condition':
      return { kind: 'conditions-fail', facts: whatFails(standing, view, now) };
    case 'expired':
      return { kind: 'expired-at', at: instance.expiresAt };
    case 'not-ready':
      return { kind: 'not-ready', status: instance.status, billing: instance.billing };
    case 'failed':
      return { kind: 'failed-once' };
    case 'done':
      return { kind: 'done-once' };
    case 'person-start':
      return { kind: 'person-started', at: personStartAt };
    case 'changed-since':
      return { kind: 'changed-since-tick' };
    default:
      return assertNever(why);
  }
}

function whatFails(standing: Standing, view: InstanceView, now: number): readonly Detail[] {
  const { tracked } = view;
  const since = (at: number | null) => toTheSecond(now - (at ?? Number.NaN));
  const facts = standing.ordered.map((condition): Detail | null => {
    const tests = instanceTests([condition]);
    if (tests.length > 0 && testInstance(tests, view, now, Number.POSITIVE_INFINITY, 'holds') === 'holds') return null;
    switch (condition.kind) {
      case 'during':
      case 'cron':
        return null;
      case 'idleFor':
        return idleDetail(view, condition.ms, standing, now);
      case 'runningFor':
        return tracked.upSince === null
          ? { kind: 'not-up', status: tracked.instance.status, wantedMs: condition.ms }
          : { kind: 'up-for', ms: since(tracked.upSince), wantedMs: condition.ms };
      case 'stoppedFor':
        return statusDetail(view, ['stopped'], condition.ms, since);
      case 'statusFor':
        return statusDetail(view, condition.status, condition.ms, since);
      case 'expiresWithin': {
        const { expiresAt } = tracked.instance;
        return expiresAt === null
          ? { kind: 'no-expiry', withinMs: condition.ms }
          : { kind: 'expires-later', expiresAt, withinMs: condition.ms };
      }
      case 'balanceBelow':
        return { kind: 'balance-wanted', belowFen: condition.fen };
      case 'runwayBelow':
        return { kind: 'runway-wanted', belowMs: condition.ms };
      default:
        return assertNever(condition);
    }
  });
  return facts.filter((fact) => fact !== null);
}

/** `null`: nobody knows. */
function toTheSecond(ms: number): number | null {
  return Number.isFinite(ms) ? Math.round(ms / 1000) * 1000 : null;
}

function idleDetail(view: InstanceView, wantedMs: number, standing: Standing, now: number): Detail {
  const { activity, tracked } = view;
  if (activity === null) return { kind: 'not-idle', activity: 'unknown', wantedMs };
  if (activity.kind === 'active' && activity.protection !== undefined) {
    const { by, until } = activity.protection;
    return { kind: by === 'people' ? 'people-protect' : 'lease-protects', until, wantedMs };
  }
  if (activity.kind !== 'idle') return { kind: 'not-idle', activity: activity.kind, wantedMs };
  const { notBefore } = standing;
  const startAt = idleStart(view, notBefore.at);
  const since = idleCause(view, notBefore);
  if (startAt === null || since === null) {
    return { kind: 'not-idle-status', status: tracked.instance.status, wantedMs };
  }
  const ms = provenMs(wantedMs, startAt, activity.watched, Math.min(now, activity.watched.to));
  return { kind: 'idle-for', ms: toTheSecond(ms), wantedMs, since };
}

function statusDetail(
  view: InstanceView,
  wanted: readonly Status[] | null,
  wantedMs: number,
  since: (at: number | null) => number | null,
): Detail {
  const { instance, statusSince } = view.tracked;
  const isOther = wanted !== null && !wanted.includes(instance.status);
  if (isOther) return { kind: 'other-status', status: instance.status, wanted, wantedMs };
  return { kind: 'status-for', status: instance.status, ms: since(statusSince), wantedMs };
}

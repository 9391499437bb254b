import { localDay, type Zone } from '../calendar/zone.ts';
import { type InstanceKey, parseInstanceKey } from '../fleet/instance.ts';
import type { Fen } from '../fleet/money.ts';
import type { SavedTime } from '../fleet/saved-time.ts';
import { isUp } from '../fleet/status.ts';
import type { Policy } from '../policy/policy.ts';
import type { Refusal } from './decision.ts';
import { hourlyFenOf } from './evidence.ts';
import { idleSince } from './idle-clock.ts';
import { stoppedPriceFen } from './price.ts';
import { noSaving, SAVING_HORIZON_MS, savedTimes, WRONG_WITHIN_MS } from './savings.ts';
import { utcText } from './time-text.ts';
import type { AccountView, InstanceView } from './world.ts';

const HOUR_MS = 3_600_000;
/** Whether it would have been right cannot be told any more after this. */
const NEVER_KNOWN_AFTER_MS = 24 * 3_600_000;

/** `wrong`: activity soon after; `unknown`: nobody could tell. */
export const SHADOW_OUTCOMES = ['right', 'wrong', 'unknown'] as const;
export type ShadowOutcome = (typeof SHADOW_OUTCOMES)[number];

/** A stop that an observing policy would have made. One per policy and instance: the last one. Times epoch ms. */
export interface ShadowStop {
  readonly policy: string;
  readonly instance: InstanceKey;
  readonly name: string;
  readonly action: 'stop' | 'cardless-stop';
  /** What makes it the same stop when it is due again at the next pass: the stretch of idleness, or else the occurrence. */
  readonly stretch: string;
  readonly seenAt: number;
  /** When it would have been stopped: after its notice. */
  readonly at: number;
  /** What an hour costs while it is up; `null`: not known, or not paid by the hour. */
  readonly hourlyFen: Fen | null;
  /** What an hour of that stop costs; absent: nobody says. */
  readonly stoppedFen?: Fen;
  readonly gpuCount: number;
  /** `null`: it has not shown yet. */
  readonly outcome: ShadowOutcome | null;
  /** Until when it would have saved something; `null`: it still would. */
  readonly endedAt: number | null;
  /** When the policy would have had it started again at the latest; absent: that is for people to do. */
  readonly untilAt?: number;
  /** Stretches in which nobody looked, from and to: nothing is counted of them. Absent: there were none. */
  readonly unseen?: readonly (readonly [number, number])[];
  /** It goes by the calendar alone, so that what works there does not keep it from being stopped, nor starts it again. */
  readonly byCalendar?: boolean;
}

/** The stop that a refusal of an observing policy stands for; `null`: none, or the one that is known already. */
export function shadowOf(
  refusal: Refusal,
  view: InstanceView,
  account: Pick<AccountView, 'prices'>,
  policy: Pick<Policy, 'noticeMs' | 'conditions' | 'afterwards'>,
  known: ShadowStop | null,
  now: number,
): ShadowStop | null {
  const { action, instance, reason, occurrence } = refusal;
  if (reason !== 'observe' || instance === null || (action !== 'stop' && action !== 'cardless-stop')) return null;
  const since = idleSince(view);
  const stretch = since === null ? (occurrence ?? 'once') : `idle=${utcText(since)}`;
  if (known !== null && known.stretch === stretch) return null;
  const row = view.tracked.instance;
  const at = now + policy.noticeMs;
  const closesAt = closingAt(policy, now);
  const byCalendar = closesAt !== null && !policy.conditions.some(({ kind }) => kind === 'idleFor');
  const stoppedFen = stoppedPriceFen(row, account.prices, action === 'cardless-stop' ? 'cardless' : 'normal');
  return {
    policy: refusal.policy,
    instance,
    name: row.name,
    action,
    stretch,
    seenAt: now,
    at,
    hourlyFen: hourlyFenOf(row, account),
    ...(stoppedFen !== null && { stoppedFen }),
    // What is paid ahead is paid whether it runs or not.
    gpuCount: row.billing === 'daily' || row.billing === 'monthly' ? 0 : (row.gpuCount ?? 1),
    outcome: null,
    endedAt: null,
    ...(byCalendar && { byCalendar }),
    ...(closesAt !== null && (byCalendar || policy.afterwards !== null) && { untilAt: Math.max(at, closesAt) }),
  };
}

/** When the window that is open closes; `null`: there is none, or it never does. */
function closingAt({ conditions }: Pick<Policy, 'conditions'>, now: number): number | null {
  const during = conditions.find((condition) => condition.kind === 'during');
  const state = during?.kind === 'during' ? during.window.state(now) : null;
  return state?.inside === true ? state.closesAt : null;
}

/** What has become of it by now. `view` `null`: it is gone. The very same object where nothing has; `null`: it was called off in time. */
export function followShadow(stop: ShadowStop, view: InstanceView | null, now: number): ShadowStop | null {
  if (stop.endedAt !== null && stop.outcome !== null) return stop;
  const activeAt = view === null ? null : lastSeenActive(view);
  const { byCalendar = false, untilAt = Number.POSITIVE_INFINITY } = stop;
  const latestAt = Math.min(stop.at + SAVING_HORIZON_MS, untilAt);
  const runsOutAt = now >= latestAt ? latestAt : null;
  if (!byCalendar && activeAt !== null && activeAt > stop.seenAt && activeAt <= stop.at) return null;
  if (activeAt !== null && activeAt > stop.at) {
    const outcome = stop.outcome ?? (activeAt <= stop.at + WRONG_WITHIN_MS ? 'wrong' : outcomeOf(stop, view, now));
    const endedAt = stop.endedAt ?? (byCalendar ? runsOutAt : Math.min(activeAt, latestAt));
    const judged = outcome ?? 'right';
    return judged === stop.outcome && endedAt === stop.endedAt ? stop : { ...stop, outcome: judged, endedAt };
  }
  const isDown = view === null || (view.tracked.instance.status !== 'unknown' && !isUp(view.tracked.instance.status));
  // Down before its time: somebody else has done it.
  if (isDown && now <= stop.at) return null;
  const endedAt = stop.endedAt ?? (isDown ? Math.min(now, latestAt) : runsOutAt);
  const outcome = stop.outcome ?? (isDown ? 'right' : outcomeOf(stop, view, now));
  return outcome === stop.outcome && endedAt === stop.endedAt ? stop : { ...stop, outcome, endedAt };
}

/** It was right if it was watched all the while and showed nothing; `null`: that cannot be told yet. */
function outcomeOf(stop: ShadowStop, view: InstanceView | null, now: number): ShadowOutcome | null {
  const dueAt = stop.at + WRONG_WITHIN_MS;
  if (now < dueAt) return null;
  const activity = view?.activity ?? null;
  const watched = activity === null || activity.kind === 'not-applicable' ? undefined : activity.watched;
  if (watched !== undefined && watched.to >= dueAt) return watched.from <= stop.at ? 'right' : 'unknown';
  return now - stop.at >= NEVER_KNOWN_AFTER_MS || activity === null ? 'unknown' : null;
}

/** The last activity that was seen, of work or of people, whoever starts it anew among them; `null`: none was. */
function lastSeenActive({ activity, tracked }: InstanceView): number | null {
  const readings = activity === null || activity.kind === 'not-applicable' ? [] : activity.readings;
  const times = readings.flatMap(({ lastActiveAt, presence }) => [lastActiveAt, presence?.at ?? null]);
  times.push(tracked.upSince);
  if (activity?.kind === 'active') times.push(activity.at);
  return times.reduce((latest, at) => (at !== null && (latest === null || at > latest) ? at : latest), null);
}

/** The same with a stretch in which nobody looked; the very same object where it is known already, or is none of its time. */
export function unseenBetween(stop: ShadowStop, from: number, to: number): ShadowStop {
  const { at, endedAt, unseen = [] } = stop;
  const gap = [Math.max(at, from), Math.min(to, endedAt ?? to)] as const;
  if (gap[0] >= gap[1] || unseen.some(([, until]) => until >= gap[1])) return stop;
  return { ...stop, unseen: [...unseen, gap] };
}

/**
 * What has become of `before` while nobody has looked since `from`. What is over is counted with this, and so without that
 * time; of what goes on it is noted when it is known how long it was.
 */
export function endedUnseen(before: ShadowStop, after: ShadowStop, from: number, now: number): ShadowStop {
  return before.endedAt === null && after.endedAt !== null ? unseenBetween(after, from, now) : after;
}

/** What it would have saved by `now`, less what the machine would have cost stopped. */
export function shadowSaving(stop: ShadowStop, now: number): { readonly gpuSeconds: number; readonly fen: number } {
  const ms = seenParts(stop, now).reduce((sum, [from, until]) => sum + until - from, 0);
  const fenPerHour = stop.hourlyFen === null ? 0 : stop.hourlyFen - (stop.stoppedFen ?? 0);
  return { gpuSeconds: (stop.gpuCount * ms) / 1000, fen: (fenPerHour * ms) / HOUR_MS };
}

/** The same by local day, as the ledger of savings has it. */
export function shadowSavedTimes(stop: ShadowStop, now: number, zone: Zone): readonly SavedTime[] {
  const { policy, hourlyFen, stoppedFen = null, gpuCount: cards } = stop;
  // Paid ahead: nothing would have been saved.
  if (cards === 0) return [];
  const of = { policy, instance: idOf(stop), cards, hourlyFen, stoppedFen };
  return seenParts(stop, now).flatMap(([from, until]) => savedTimes(of, from, until, zone));
}

/** That it would have been a stop, and whether a wrong one, on the day of it. */
export function shadowJudged(stop: ShadowStop, zone: Zone): SavedTime {
  const nothing = noSaving(localDay(stop.at, zone), stop.policy, idOf(stop));
  return { ...nothing, stops: 1, wrong: stop.outcome === 'wrong' ? 1 : 0 };
}

function idOf({ instance }: ShadowStop): string {
  return parseInstanceKey(instance)?.id ?? instance;
}

/** The time that it would have been stopped by `now`, without what nobody saw. */
function seenParts(stop: ShadowStop, now: number): readonly (readonly [number, number])[] {
  const { at, untilAt = Number.POSITIVE_INFINITY, unseen = [] } = stop;
  const endsAt = stop.endedAt ?? Math.min(now, at + SAVING_HORIZON_MS, untilAt);
  const parts: (readonly [number, number])[] = [];
  let from = at;
  for (const [gapFrom, gapTo] of [...unseen, [endsAt, endsAt] as const]) {
    const until = Math.min(gapFrom, endsAt);
    if (until > from) parts.push([from, until]);
    from = Math.max(from, gapTo);
  }
  return parts;
}

import { formatDuration } from '../calendar/duration.ts';
import { type CloudAction, interrupts } from '../fleet/action.ts';
import type { ProbeReading } from '../fleet/activity.ts';
import { assertNever } from '../fleet/assert-never.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import type { Instance } from '../fleet/instance.ts';
import { type Fen, formatYuan } from '../fleet/money.ts';
import type { Evidence } from '../fleet/operation.ts';
import type { Condition } from '../policy/policy.ts';
import { aftermathOf } from './aftermath.ts';
import { idleSince } from './idle-clock.ts';
import { inEnglish } from './in-english.ts';
import { hourlyPriceFen } from './price.ts';
import type { Standing } from './standing.ts';
import { localText } from './time-text.ts';
import type { AccountView, InstanceView } from './world.ts';

type Facts = Record<string, string | number | boolean | null>;

/** The facts that a decision rests on: what each condition asked and what was seen. Times with the policy's offset. */
export function evidenceOf(standing: Standing, account: AccountView, view: InstanceView | null): Evidence {
  const { timezone } = standing.policy;
  const time = (at: number | null) => (at === null ? null : localText(at, timezone));
  const facts: Facts = { listingAt: time(account.takenAt) };
  if (view !== null) {
    facts.status = view.tracked.instance.status;
    facts.statusSince = time(view.tracked.statusSince);
    facts.billing = view.tracked.instance.billing;
  }
  for (const condition of standing.ordered) addFacts(facts, condition, standing, account, view, time);
  return facts;
}

/** What an interrupting action is about to cost and to save: for whoever may still object. */
export function priceOf(action: CloudAction, account: AccountView, view: InstanceView): Evidence {
  const { instance } = view.tracked;
  if (!interrupts(action, account.provider)) return {};
  const aftermath = aftermathOf(account.provider, action);
  const fen = hourlyFenOf(instance, account);
  return {
    costPerHour: fen === null ? null : formatYuan(fen),
    ...(aftermath === null
      ? {}
      : { lost: aftermath.loses, kept: aftermath.keeps, notDocumented: aftermath.notDocumented }),
  };
}

/** What an hour of it costs by the listing or the configured prices; `null`: not known, or not paid by the hour. */
export function hourlyFenOf(instance: Instance, account: Pick<AccountView, 'prices'>): Fen | null {
  if (instance.billing !== 'hourly') return null;
  return hourlyPriceFen(instance, account.prices);
}

function addFacts(
  facts: Facts,
  condition: Condition,
  standing: Standing,
  account: AccountView,
  view: InstanceView | null,
  time: (at: number | null) => string | null,
): void {
  const tracked = view?.tracked ?? null;
  switch (condition.kind) {
    case 'during':
      facts.during = condition.text;
      facts.windowOpenedAt = time(standing.openedAt);
      break;
    case 'cron':
      facts.cron = condition.text;
      facts.tickAt = time(standing.keys.tickAt);
      break;
    case 'idleFor':
      facts.idleFor = formatDuration(condition.ms);
      facts.idleSince = time(view === null ? null : idleSince(view));
      addActivity(facts, view, time, standing.policy.timezone);
      break;
    case 'expiresWithin':
      facts.expiresWithin = formatDuration(condition.ms);
      facts.expiresAt = time(tracked?.instance.expiresAt ?? null);
      break;
    case 'runningFor':
      facts.runningFor = formatDuration(condition.ms);
      facts.upSince = time(tracked?.upSince ?? null);
      break;
    case 'stoppedFor':
      facts.stoppedFor = formatDuration(condition.ms);
      break;
    case 'statusFor':
      facts.statusFor = formatDuration(condition.ms);
      break;
    case 'balanceBelow':
      facts.balanceBelow = formatYuan(condition.fen);
      facts.balance = account.balanceFen === null ? null : formatYuan(account.balanceFen);
      break;
    case 'runwayBelow':
      facts.runwayBelow = formatDuration(condition.ms);
      facts.runway = account.runwayMs === null ? null : formatDuration(account.runwayMs);
      break;
    default:
      assertNever(condition);
  }
}

function addActivity(
  facts: Facts,
  view: InstanceView | null,
  time: (at: number | null) => string | null,
  timezone: string,
): void {
  const activity = view?.activity ?? null;
  if (activity === null) return;
  facts.activityReadAt = time(activity.at);
  if (activity.kind === 'not-applicable') return;
  facts.probes = inEnglish(probesDetail(activity.readings), timezone);
  if (activity.watched !== undefined) {
    facts.watchedSince = time(activity.watched.from);
    facts.missed = activity.watched.holes.length;
  }
}

/** What each probe saw. */
export function probesDetail(readings: readonly ProbeReading[]): Detail {
  return {
    kind: 'parts',
    parts: readings.map(({ probe, evidence }) => ({ kind: 'named', name: probe, what: evidence })),
  };
}

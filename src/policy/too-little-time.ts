import type { CronTicks } from '../calendar/cron.ts';
import { formatDuration } from '../calendar/duration.ts';
import type { Window } from '../calendar/window.ts';
import { interrupts } from '../fleet/action.ts';
import { defaultMax, share } from './allowance.ts';
import { conditionOf, type Draft, type KnownAccount } from './draft.ts';
import { longestOpening } from './longest-opening.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/**
 * A renewal needs a poll that shows that it is due, the call, and up to a quarter of an hour until the new expiry shows; as
 * long again is left to a person where it does not.
 */
const RENEWAL_NEEDS_MS = 30 * MINUTE_MS;

/** Warns where what is asked for cannot be done in the time that there is. */
export function warnOfTooLittleTime(draft: Draft, now: number, fleet?: readonly KnownAccount[]): void {
  const { subject } = draft;
  const expiry = conditionOf(draft, 'expiresWithin');
  if (expiry !== undefined && expiry.ms < RENEWAL_NEEDS_MS && draft.steps.some(({ kind }) => kind === 'renew')) {
    const message = `a renewal needs up to ${formatDuration(RENEWAL_NEEDS_MS)} until it is seen or a person has looked, and ${formatDuration(expiry.ms)} is less`;
    subject.warn(['when', 'expiresWithin'], `${message}: write 12h, say`);
  }
  if (expiry !== undefined && draft.steps.some(({ kind }) => kind === 'renew'))
    warnOfUnseenExpiry(draft, expiry.ms, now);
  if (draft.text.limits === undefined && fleet === undefined) return;
  const during = conditionOf(draft, 'during');
  const openMs = during === undefined ? null : longestOpening(during.window, now);
  if (openMs === null) return;
  const open = `the window is open for ${formatDuration(openMs)} at most`;
  if (fleet === undefined) warnOfLimits(draft, openMs, open);
  else warnOfFleet(draft, openMs, open, fleet);
}

/** So many openings and ticks show how long a policy sleeps in between. */
const LOOKS = 40;

/** An expiry that comes while the window is closed, or between two ticks, is seen by nobody unless it shows beforehand. */
function warnOfUnseenExpiry(draft: Draft, withinMs: number, now: number): void {
  const [during, cron] = [conditionOf(draft, 'during'), conditionOf(draft, 'cron')];
  const closed = during === undefined ? 0 : longestSleep(openingsAfter(during.window, now));
  const between = cron === undefined ? 0 : longestSleep(ticksAfter(cron.ticks, now));
  for (const [key, asleepMs, what] of [
    ['during', closed, 'the window is closed'],
    ['cron', between, 'there is no tick'],
  ] as const) {
    if (asleepMs === 0 || asleepMs + RENEWAL_NEEDS_MS <= withinMs) continue;
    const message = `${what} for ${formatDuration(asleepMs)} at times, and what expires meanwhile is not renewed`;
    const enough = Math.ceil((asleepMs + RENEWAL_NEEDS_MS) / HOUR_MS) * HOUR_MS;
    draft.subject.warn(['when', key], `${message}; write expiresWithin: ${formatDuration(enough)} or more`);
  }
}

interface Awake {
  readonly from: number;
  readonly until: number;
}

function openingsAfter(window: Window, now: number): readonly Awake[] {
  const edges = window.edgesAfter(now, LOOKS);
  return edges.flatMap(({ at, opens }, index) => {
    const end = edges[index + 1];
    return opens && end !== undefined ? [{ from: at, until: end.at }] : [];
  });
}

function ticksAfter(ticks: CronTicks, now: number): readonly Awake[] {
  const times: Awake[] = [];
  for (let at = ticks.nextTick(now); at !== null && times.length < LOOKS; at = ticks.nextTick(at))
    times.push({ from: at, until: at });
  return times;
}

function longestSleep(awake: readonly Awake[]): number {
  return awake.reduce((longest, { until }, index) => Math.max(longest, (awake[index + 1]?.from ?? until) - until), 0);
}

/** The share of an account, or the number of instances, that the limits let a policy reach while its window is open. */
function warnOfLimits(draft: Draft, openMs: number, open: string): void {
  const { subject, text } = draft;
  const { percent, perHour } = text.limits ?? {};
  if (percent !== undefined) {
    const minutes = Math.ceil(openMs / MINUTE_MS);
    const most = percent * minutes;
    if (most < 100) {
      // One a minute may always be reached, so that a small account is served all the same.
      const message = `${open}, and ${percent}% a minute reach ${most}% of an account with more than ${minutes} instances in that time`;
      subject.warn(['limits', 'percent'], `${message}: the rest is left as it is`);
    }
  }
  const named = namedInstances(draft);
  if (perHour !== undefined && named !== null) {
    const most = perHour * Math.ceil(openMs / HOUR_MS);
    if (most < named) {
      subject.warn(
        ['limits', 'perHour'],
        `${open}, and ${perHour} an hour reach ${most} of the ${named} named instances`,
      );
    }
  }
}

/** A tick every 30 s and one after each listing: more passes than so many a minute are not to be counted on. */
const PASSES_A_MINUTE = 3;

/** What the limits leave as it is, by what each account is known to have. */
function warnOfFleet(draft: Draft, openMs: number, open: string, fleet: readonly KnownAccount[]): void {
  const { subject, text, match } = draft;
  const reached = fleet.filter((account) => match.account(account));
  const counts = reached.map(({ name, provider, instances }) => {
    const meant = instances.filter(({ instance, labels }) => match.instanceWhateverStatus(instance, labels)).length;
    const cuts = draft.steps.some(({ kind }) => interrupts(kind, provider));
    return { name, meant, most: aMinute(text.limits, instances.length, cuts) * Math.ceil(openMs / MINUTE_MS) };
  });
  const key = (['percent', 'perPass'] as const).find((each) => text.limits?.[each] !== undefined) ?? null;
  for (const { name, meant, most } of counts) {
    if (!(most < meant)) continue;
    const limit = key === null ? 'the limits that hold where a policy sets none' : 'its limits';
    const message = `${open}, and in that time ${limit} reach ${most} of the ${meant} instances of ${name} that it is about`;
    subject.warn(key === null ? ['when', 'during'] : ['limits', key], `${message}: the rest is left as it is`);
  }
  const { perHour } = text.limits ?? {};
  const all = counts.reduce((sum, { meant }) => sum + meant, 0);
  const most = perHour === undefined ? all : perHour * Math.ceil(openMs / HOUR_MS);
  if (most < all)
    subject.warn(
      ['limits', 'perHour'],
      `${open}, and ${perHour} an hour reach ${most} of the ${all} instances that it is about`,
    );
}

/** How many instances of an account of that size may be reached in a minute; no bound is infinity. */
function aMinute(limits: Draft['text']['limits'], size: number, cuts: boolean): number {
  if (limits === undefined) return cuts ? defaultMax(size) : Number.POSITIVE_INFINITY;
  const { percent, perPass } = limits;
  const byShare = percent === undefined ? Number.POSITIVE_INFINITY : share(percent, size);
  return perPass === undefined ? byShare : Math.min(byShare, PASSES_A_MINUTE * perPass);
}

/** How many instances `match.id` names one by one; `null`: it does not. */
function namedInstances({ text: { match } }: Draft): number | null {
  if (match === undefined || match === 'all' || match.id === undefined) return null;
  return match.id.some((id) => /[*?]/.test(id)) ? null : new Set(match.id).size;
}

import { formatDuration } from '../calendar/duration.ts';
import { conditionOf, type Draft } from './draft.ts';
import { longestOpening } from './longest-opening.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/**
 * A renewal needs a poll that shows that it is due, the call, and up to a quarter of an hour until the new expiry shows; as
 * long again is left to a person where it does not.
 */
const RENEWAL_NEEDS_MS = 30 * MINUTE_MS;

/** Warns where what is asked for cannot be done in the time that there is. */
export function warnOfTooLittleTime(draft: Draft, now: number): void {
  const { subject } = draft;
  const expiry = conditionOf(draft, 'expiresWithin');
  if (expiry !== undefined && expiry.ms < RENEWAL_NEEDS_MS && draft.steps.some(({ kind }) => kind === 'renew')) {
    const message = `a renewal needs up to ${formatDuration(RENEWAL_NEEDS_MS)} until it is seen or a person has looked, and ${formatDuration(expiry.ms)} is less`;
    subject.warn(['when', 'expiresWithin'], `${message}: write 12h, say`);
  }
  const during = conditionOf(draft, 'during');
  const openMs = during === undefined ? null : longestOpening(during.window, now);
  if (openMs === null) return;
  const open = `the window is open for ${formatDuration(openMs)} at most`;
  warnOfLimits(draft, openMs, open);
}

/** The share of an account, or the number of instances, that the limits let a policy reach while its window is open. */
function warnOfLimits(draft: Draft, openMs: number, open: string): void {
  const { subject, text } = draft;
  const { percent, perHour } = text.limits ?? {};
  if (percent !== undefined) {
    const most = percent * Math.ceil(openMs / MINUTE_MS);
    if (most < 100) {
      const message = `${open}, and ${percent}% a minute reach ${most}% of an account in that time`;
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

/** How many instances `match.id` names one by one; `null`: it does not. */
function namedInstances({ text: { match } }: Draft): number | null {
  if (match === undefined || match === 'all' || match.id === undefined) return null;
  return match.id.some((id) => /[*?]/.test(id)) ? null : new Set(match.id).size;
}

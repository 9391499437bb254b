import { formatDuration } from '../calendar/duration.ts';
import { interrupts, offers } from '../fleet/action.ts';
import { PROVIDER_KINDS } from '../fleet/provider-kind.ts';
import { conditionOf, type Draft } from './draft.ts';
import { longestOpening } from './longest-opening.ts';
import { DEFAULT_CATCH_UP_MS, DESTROY_NOTICE_MS } from './to-policy.ts';

/** Warns of a notice that is still running when what made it due is over: then nothing is ever done. */
export function warnOfLongNotice(draft: Draft, now: number): void {
  const { subject, text } = draft;
  const destroys = draft.steps.some((step) => step.kind === 'destroy');
  const notice = text.notice ?? (destroys ? DESTROY_NOTICE_MS : 0);
  if (notice === 0 || !isAlwaysAnnounced(draft)) return;
  // Where a destroy says nothing of its notice, the one it has without saying is what is too long.
  const warn = (key: 'during' | 'cron' | 'expiresWithin', message: string) =>
    subject.warn(
      text.notice === undefined ? ['when', key] : ['notice'],
      `the notice of ${formatDuration(notice)} ${message}`,
    );
  const during = conditionOf(draft, 'during');
  const longest = during === undefined ? null : longestOpening(during.window, now);
  if (longest !== null && notice >= longest) {
    const open = `which is open for ${formatDuration(longest)} at most`;
    warn('during', `outlasts the window, ${open}: it closes before anything is done`);
  }
  const catchUp = text.catchUp ?? DEFAULT_CATCH_UP_MS;
  if (conditionOf(draft, 'cron') !== undefined && notice >= catchUp) {
    const missed = `within which a tick is made up: it is missed before anything is done`;
    warn(
      'cron',
      `outlasts catchUp (${formatDuration(catchUp)}), ${missed}; write catchUp: ${formatDuration(2 * notice)}`,
    );
  }
  const expiry = conditionOf(draft, 'expiresWithin');
  if (expiry !== undefined && notice >= expiry.ms)
    warn(
      'expiresWithin',
      `outlasts expiresWithin (${formatDuration(expiry.ms)}): it has expired before anything is done`,
    );
}

/** Does what comes first interrupt wherever it can be done? An image, say, is announced only at clouds where it ends in a shutdown. */
function isAlwaysAnnounced({ steps, reach }: Draft): boolean {
  const first = steps.find((step) => step.kind !== 'notify');
  const providers = reach?.map(({ provider }) => provider) ?? PROVIDER_KINDS;
  return first !== undefined && providers.every((each) => !offers(each, first.kind) || interrupts(first.kind, each));
}

import { interrupts } from '../fleet/action.ts';
import { PROVIDER_KINDS } from '../fleet/provider-kind.ts';
import { isAboutInstances } from './compile-match.ts';
import { conditionOf, type Draft, type Outline, stepPath } from './draft.ts';

/**
 * What a policy must keep to whatever accounts there are. Finds errors; where a piece could not be read, none that
 * another reading of it would take back.
 */
export function checkOwnRules(draft: Outline): void {
  const { text, subject } = draft;
  if (subject.isAbsent(['match']) && draft.named.all.some(({ action }) => action !== 'notify')) {
    const which = text.name === undefined ? 'this policy' : `the policy "${text.name}"`;
    subject.error(['name'], `${which} has no match; name instances, or write match: all`, { part: 'key' });
  }
  checkAfterwards(draft);
  checkNotice(draft);
  checkRenewal(draft);
  if (subject.isWritten(['minimumUptime']) && lacksCondition(draft, 'idleFor')) {
    subject.error(['minimumUptime'], 'minimumUptime belongs to when.idleFor, which this policy does not have', {
      part: 'key',
    });
  }
}

/** Is it certain that `when` has no such key? A `when` that is not there at all is another mistake. */
function lacksCondition({ subject }: Outline, key: 'idleFor' | 'during'): boolean {
  return subject.isWritten(['when']) && subject.isAbsent(['when', key]);
}

function checkAfterwards(draft: Outline): void {
  if (draft.text.afterwards === undefined) return;
  const { named } = draft;
  const wrong = (message: string) => draft.subject.error(['afterwards'], message, { part: 'key' });
  if (named.complete && !named.all.some(({ action }) => action === 'stop' || action === 'cardless-stop')) {
    wrong('afterwards: start needs a stop or cardless-stop in do');
  }
  if (lacksCondition(draft, 'during')) wrong('afterwards: start needs when.during, whose end it waits for');
  const during = conditionOf(draft, 'during');
  if (during === undefined) return;
  // Asked about a time long ago, so that a window that is over by now is not taken for one without an end.
  const state = during.window.state(0);
  if (state.inside && state.closesAt === null)
    wrong('afterwards: start waits for the end of a window that never closes');
}

function checkNotice(draft: Outline): void {
  const { text, subject, named } = draft;
  const notice = text.notice ?? 0;
  if (text.requireNotice === true && notice === 0 && !subject.lost.perhaps(['notice'])) {
    subject.error(['requireNotice'], 'requireNotice needs a notice, such as notice: 10m', { part: 'key' });
  }
  if (notice === 0 || !named.complete) return;
  const providers = draft.reach?.map((account) => account.provider) ?? PROVIDER_KINDS;
  const cuts = named.all.some(({ action }) => providers.some((provider) => interrupts(action, provider)));
  if (cuts || providers.length === 0) return;
  subject.error(
    ['notice'],
    'notice is for what interrupts work (stop, cardless-stop, restart, destroy); nothing in do does',
    {
      part: 'key',
    },
  );
}

/** A renewal that none of the matched instances could get. */
function checkRenewal(draft: Outline): void {
  const { text, subject } = draft;
  const billings = text.match === undefined || text.match === 'all' ? undefined : text.match.billing;
  if (billings === undefined || subject.lost.at(['match', 'billing'])) return;
  const units = (['daily', 'monthly'] as const).filter((unit) => billings.includes(unit));
  if (units.length === 0 && draft.named.all.some(({ action }) => action === 'renew')) {
    const message = `only daily and monthly instances can be renewed, and match.billing has ${billings.join(', ')}`;
    subject.error(['match', 'billing'], message);
  }
  for (const [index, step] of draft.steps.entries()) {
    if (step.kind !== 'renew' || units.length === 0) continue;
    if (units.every((unit) => step.periods[unit] === null)) {
      const allowed = units.map((unit) => (unit === 'daily' ? 'daily 1, 3 or 7' : 'monthly 1, 3 or 12')).join('; ');
      subject.error(
        [...stepPath(draft, index), 'renew', 'periods'],
        `fits none of the matched billings; allowed: ${allowed}`,
      );
    }
  }
}

/**
 * Decided once per account instead of once per instance: it only notifies, its conditions are about the account or the
 * time (balance, runway, window, cron), and its match tells no instances of one account apart.
 */
export function scopeOf(draft: Draft): 'instance' | 'account' {
  const onlyNotifies = draft.steps.every((step) => step.kind === 'notify');
  if (!onlyNotifies || isAboutInstances(draft.text.match)) return 'instance';
  const aboutAccount = draft.conditions.every(({ kind }) => ACCOUNT_CONDITIONS.some((each) => each === kind));
  return aboutAccount ? 'account' : 'instance';
}

const ACCOUNT_CONDITIONS = ['balanceBelow', 'runwayBelow', 'during', 'cron'] as const;

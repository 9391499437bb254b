import { formatDuration } from '../calendar/duration.ts';
import { assertNever } from '../fleet/assert-never.ts';
import type { EventName } from '../fleet/event.ts';
import { formatYuan } from '../fleet/money.ts';
import type { Condition, Policy } from '../policy/policy.ts';
import { idleSince } from './idle-clock.ts';
import type { Standing } from './standing.ts';
import { localText } from './time-text.ts';
import type { AccountView, InstanceView } from './world.ts';

/** Which event a `notify` is, by what its policy's conditions are about. */
export function eventOf({ conditions, scope }: Pick<Policy, 'conditions' | 'scope'>): EventName {
  const about = (kind: Condition['kind']) => conditions.some((condition) => condition.kind === kind);
  if (about('expiresWithin')) return 'expiry.soon';
  if (about('statusFor')) return 'instance.stuck';
  // Recovery is told for accounts, so an alarm that can recover is only theirs.
  if (scope === 'account' && (about('balanceBelow') || about('runwayBelow'))) return 'balance.low';
  return 'policy.notice';
}

/** One sentence: who, and everything that made it due. */
export function sentence(standing: Standing, account: AccountView, view: InstanceView | null): string {
  const facts = standing.ordered.map((condition) => clause(condition, standing, account, view));
  const told = facts.length === 0 ? `matches policy ${standing.policy.name}` : facts.join(' and ');
  return `${subject(account, view)} ${told}.`;
}

export function subject(account: AccountView, view: InstanceView | null): string {
  if (view === null) return `Account ${account.name}`;
  const { name, id } = view.tracked.instance;
  return name === '' || name === id ? view.key : `${name} (${view.key})`;
}

function clause(condition: Condition, standing: Standing, account: AccountView, view: InstanceView | null): string {
  const { timezone } = standing.policy;
  const time = (at: number | null | undefined) =>
    at === null || at === undefined ? 'an unknown time' : localText(at, timezone);
  const tracked = view?.tracked;
  switch (condition.kind) {
    case 'during':
      return `is in the window ${condition.text}`;
    case 'cron':
      return `is due by the schedule ${condition.text} at ${time(standing.keys.tickAt)}`;
    case 'idleFor':
      return `has been idle since ${time(view === null ? null : idleSince(view))}`;
    case 'expiresWithin':
      return `expires at ${time(tracked?.instance.expiresAt)}, within ${formatDuration(condition.ms)}`;
    case 'runningFor':
      return `has been up since ${time(tracked?.upSince)}, longer than ${formatDuration(condition.ms)}`;
    case 'stoppedFor':
      return `has been stopped since ${time(tracked?.statusSince)}, longer than ${formatDuration(condition.ms)}`;
    case 'statusFor':
      return `has been ${tracked?.instance.status ?? 'unknown'} since ${time(tracked?.statusSince)}, longer than ${formatDuration(condition.ms)}`;
    case 'balanceBelow':
      return `has ${money(account.balanceFen)} yuan left, less than ${formatYuan(condition.fen)}`;
    case 'runwayBelow':
      return `has money for ${account.runwayMs === null ? 'an unknown time' : formatDuration(roughly(account.runwayMs))}, less than ${formatDuration(condition.ms)} (${money(account.balanceFen)} yuan left)`;
    default:
      return assertNever(condition);
  }
}

function money(fen: number | null): string {
  return fen === null ? 'unknown' : formatYuan(fen);
}

/** A forecast to the minute: more digits would pretend. */
function roughly(ms: number): number {
  return Math.floor(ms / 60_000) * 60_000;
}

import { formatDuration } from '../calendar/duration.ts';
import type { Zone } from '../calendar/zone.ts';
import { assertNever } from '../fleet/assert-never.ts';
import { formatYuan } from '../fleet/money.ts';
import type { Clause, MatchAbout } from '../policy/clauses.ts';
import type { Condition, Policy } from '../policy/policy.ts';
import { instanceTests, testInstance, testMoney, type Verdict } from './conditions.ts';
import { idleSince, notBeforeOf } from './idle-clock.ts';
import type { AccountView, InstanceView, World } from './world.ts';

/** Whom a policy is asked about: one machine, or with `null` its account as a whole. */
export interface Target {
  readonly account: AccountView;
  readonly view: InstanceView | null;
}

/** A clause of `match` or `when`, with what it says of one target now. */
export interface ClauseStand {
  readonly clause: Clause;
  readonly verdict: Verdict;
}

/** What each clause of `match` and `when` says of a target by itself. */
export function clauseStands(
  clauses: readonly Clause[],
  policy: Policy,
  world: World,
  target: Target,
): readonly ClauseStand[] {
  return clauses.flatMap((clause): ClauseStand[] => {
    const { says } = clause;
    if (says.kind === 'match') return [{ clause, verdict: fits(says.alone, target) ? 'holds' : 'fails' }];
    if (says.kind === 'condition') return [{ clause, verdict: testCondition(says.condition, policy, world, target) }];
    return [];
  });
}

/** Does what a clause of `match` asks for fit the target? */
export function fits(match: Policy['match'], { account, view }: Target): boolean {
  if (!match.account(account)) return false;
  return view === null || match.instance(view.tracked.instance, view.labels);
}

function testCondition(condition: Condition, policy: Policy, world: World, { account, view }: Target): Verdict {
  const { now } = world;
  switch (condition.kind) {
    case 'during':
      return condition.window.state(now).inside ? 'holds' : 'fails';
    case 'cron': {
      const tickAt = condition.ticks.previousTick(now);
      return tickAt !== null && now - tickAt <= policy.catchUpMs ? 'holds' : 'fails';
    }
    case 'balanceBelow':
    case 'runwayBelow':
      return testMoney(condition, account);
    case 'idleFor':
    case 'expiresWithin':
    case 'runningFor':
    case 'stoppedFor':
    case 'statusFor': {
      if (view === null) return 'holds';
      const tests = instanceTests([condition], notBeforeOf(policy.name, world.history).at);
      return testInstance(tests, view, now, Number.POSITIVE_INFINITY, 'holds');
    }
    default:
      return assertNever(condition);
  }
}

/** Which conditions say nothing by themselves where another clause fails: they are about the same fact. */
const IMPLIED: Readonly<Partial<Record<MatchAbout, readonly string[]>>> = {
  status: ['idleFor', 'runningFor', 'stoppedFor', 'statusFor'],
  billing: ['expiresWithin'],
};

/**
 * Does the first clause, where it fails, take the second along? A stopped machine is not idle either, an hourly one has no
 * expiry, and another account may be at another provider: then the first is still what keeps the policy away.
 */
export function takesAlong(first: Clause, second: ClauseStand): boolean {
  const { says } = first;
  if (says.kind !== 'match') return false;
  const other = second.clause.says;
  const isAccount = says.about === 'account' || says.about === 'provider';
  if (other.kind === 'match') return isAccount && (other.about === 'account' || other.about === 'provider');
  if (other.kind !== 'condition') return false;
  if (isAccount) return second.verdict === 'not-supported' || other.condition.kind === 'expiresWithin';
  return IMPLIED[says.about]?.includes(other.condition.kind) === true;
}

/** What was seen of the fact that a clause is about, in a few words: `status is stopped`, `idle for 12m`. */
export function seenText(clause: Clause, world: World, { account, view }: Target, zone: Zone): string {
  const { says } = clause;
  if (says.kind === 'condition') return factText(says.condition, world, { account, view }, zone);
  if (says.kind !== 'match') return '';
  const [, field = '', label = ''] = clause.path.split('.');
  if (field === 'labels') {
    const value = view?.labels[label];
    return value === undefined ? `it has no label ${label}` : `${label} is ${value}`;
  }
  switch (says.about) {
    case 'account':
      return `account is ${account.name}`;
    case 'provider':
      return `provider is ${account.provider}`;
    case 'id':
    case 'name':
    case 'status':
    case 'billing':
    case 'gpu':
    case 'room': {
      const value = view?.tracked.instance[says.about] ?? '';
      return value === '' ? `it has no ${says.about}` : `${says.about} is ${value}`;
    }
    case 'not':
      return 'it is left out';
    case 'labels':
      return 'its labels are others';
    default:
      return assertNever(says.about);
  }
}

function factText(condition: Condition, world: World, { account, view }: Target, zone: Zone): string {
  const { now } = world;
  const tracked = view?.tracked;
  const since = (at: number) => formatDuration(Math.max(0, Math.floor((now - at) / 60_000) * 60_000));
  switch (condition.kind) {
    case 'during': {
      const state = condition.window.state(now);
      if (state.inside) return 'open';
      return state.opensAt === null ? 'it does not open any more' : `closed until ${clockText(state.opensAt, zone)}`;
    }
    case 'cron': {
      const next = condition.ticks.nextTick(now);
      return next === null ? 'it does not tick any more' : `it ticks next at ${clockText(next, zone)}`;
    }
    case 'idleFor': {
      const at = view === null ? null : idleSince(view);
      if (at !== null) return `idle for ${since(at)}`;
      const kind = view?.activity?.kind ?? 'unknown';
      return kind === 'not-applicable' ? `${tracked?.instance.status ?? 'not up'}` : `activity is ${kind}`;
    }
    case 'runningFor':
      return tracked?.upSince == null ? `${tracked?.instance.status ?? 'not up'}` : `up for ${since(tracked.upSince)}`;
    case 'stoppedFor':
    case 'statusFor':
      return tracked === undefined ? '' : `${tracked.instance.status} for ${since(tracked.statusSince)}`;
    case 'expiresWithin': {
      const expiresAt = tracked?.instance.expiresAt ?? null;
      if (expiresAt === null) return 'it has no expiry';
      return `${expiresAt <= now ? 'expired' : 'expires'} at ${clockText(expiresAt, zone)}`;
    }
    case 'balanceBelow':
      return account.balanceFen === null
        ? 'the balance is not known'
        : `${formatYuan(account.balanceFen)} yuan are left`;
    case 'runwayBelow':
      return account.runwayMs === null ? 'the runway is not known' : `money lasts ${formatDuration(account.runwayMs)}`;
    default:
      return assertNever(condition);
  }
}

/** Date and time to the minute, as a test file writes them. */
export function clockText(at: number, zone: Zone): string {
  return new Date(at + zone.offsetMs(at)).toISOString().slice(0, 16).replace('T', ' ');
}

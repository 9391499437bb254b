import { assertNever } from '../fleet/assert-never.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import type { EventName } from '../fleet/event.ts';
import type { Condition, Policy } from '../policy/policy.ts';
import { idleSince } from './idle-clock.ts';
import type { Standing } from './standing.ts';
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
export function sentence(standing: Standing, account: AccountView, view: InstanceView | null): Detail {
  const facts = standing.ordered.map((condition) => clause(condition, standing, account, view));
  return about(account, view, facts.length === 0 ? [{ kind: 'matches-policy', policy: standing.policy.name }] : facts);
}

/** What holds of an instance, or of the account where it is about none. */
export function about(account: AccountView, view: InstanceView | null, facts: readonly Detail[]): Detail {
  if (view === null) return { kind: 'due-account', account: account.name, facts };
  const { name, id } = view.tracked.instance;
  return { kind: 'due-instance', name: name === id ? '' : name, instance: view.key, facts };
}

function clause(condition: Condition, standing: Standing, account: AccountView, view: InstanceView | null): Detail {
  const tracked = view?.tracked;
  switch (condition.kind) {
    case 'during':
      return { kind: 'in-window', window: condition.text };
    case 'cron':
      return { kind: 'by-schedule', cron: condition.text, at: standing.keys.tickAt };
    case 'idleFor':
      return { kind: 'idle-since', since: view === null ? null : idleSince(view) };
    case 'expiresWithin':
      return { kind: 'expires-within', expiresAt: tracked?.instance.expiresAt ?? null, withinMs: condition.ms };
    case 'runningFor':
      return { kind: 'up-longer', since: tracked?.upSince ?? null, thanMs: condition.ms };
    case 'stoppedFor':
      return { kind: 'stopped-longer', since: tracked?.statusSince ?? null, thanMs: condition.ms };
    case 'statusFor': {
      const status = tracked?.instance.status ?? 'unknown';
      return { kind: 'status-longer', status, since: tracked?.statusSince ?? null, thanMs: condition.ms };
    }
    case 'balanceBelow':
      return { kind: 'balance-below', fen: account.balanceFen, belowFen: condition.fen };
    case 'runwayBelow': {
      const runwayMs = account.runwayMs === null ? null : roughly(account.runwayMs);
      return { kind: 'runway-below', runwayMs, belowMs: condition.ms, fen: account.balanceFen };
    }
    default:
      return assertNever(condition);
  }
}

/** A forecast to the minute: more digits would pretend. */
function roughly(ms: number): number {
  return Math.floor(ms / 60_000) * 60_000;
}

import { localDay } from '../calendar/zone.ts';
import { strangeness } from '../decide/account-identity.ts';
import { belowSince, moneyView } from '../decide/burn.ts';
import type { AccountView, InstanceView, Trust, World } from '../decide/world.ts';
import { interrupts } from '../fleet/action.ts';
import type { Activity } from '../fleet/activity.ts';
import type { StandingFreeze } from '../fleet/freeze.ts';
import type { Hold } from '../fleet/hold.ts';
import { type InstanceKey, instanceKey } from '../fleet/instance.ts';
import type { Snapshot, Tracked } from '../fleet/snapshot.ts';
import { policyActions } from '../policy/policy.ts';
import type { AccountRuntime, Standing, Work } from './ports.ts';

/** A snapshot is believed for two polls and what one may take. */
const POLLS_BELIEVED = 2;
const SLOW_POLL_MS = 30_000;
/** Two replicas' clocks may differ by this much; a listing from farther ahead was taken before our clock was set back. */
const CLOCK_SLACK_MS = 60_000;
/** The window of the default limits. */
const INTERRUPT_WINDOW_MS = 60_000;

/** How old a snapshot may be, ms. */
export function believedMs(pollEveryMs: number): number {
  return POLLS_BELIEVED * pollEveryMs + SLOW_POLL_MS;
}

export function trustOf(snapshot: Snapshot, pollEveryMs: number, now: number): Trust {
  if (now - snapshot.takenAt > believedMs(pollEveryMs)) return 'stale-snapshot';
  if (snapshot.takenAt - now > CLOCK_SLACK_MS) return 'stale-snapshot';
  if (snapshot.shrunken) return 'shrunken-snapshot';
  return snapshot.complete ? 'good' : 'incomplete-snapshot';
}

/** What is fresher than the stored snapshot for one instance: the re-read and the last look of an act. */
export interface Fresher {
  readonly tracked: Tracked;
  readonly activity: Activity | null;
}

/**
 * Reads everything that an evaluation of one account may know. `null`: the account has never been listed. `listed`: a
 * snapshot that is not stored, for a plan on an account of which none is.
 */
export async function accountWorld(
  work: Work,
  standing: Standing,
  runtime: AccountRuntime,
  now: number,
  fresher?: Fresher,
  listed?: Snapshot,
): Promise<World | null> {
  const { account } = runtime;
  const snapshot = listed ?? (await work.store.loadSnapshot(account.name));
  if (snapshot === null) return null;
  // Of what may be much only what some policy in force asks for.
  const { policies } = standing;
  const hourly = policies.some(({ limits }) => (limits?.perHour ?? null) !== null);
  const mayInterrupt = policies.some((policy) =>
    policyActions(policy).some((action) => interrupts(action, account.provider)),
  );
  const [guarded, history, holds, paused, interruptedAt, breaker, freezes, balances, spent, activities] =
    await Promise.all([
      work.store.loadShrink(account.name),
      work.store.history(account.name, now, { hourly }),
      work.store.holds(now),
      work.store.paused(),
      mayInterrupt ? work.store.interruptedAt(account.name, now - INTERRUPT_WINDOW_MS) : [],
      work.store.breaker(account.name, now),
      work.store.freezes(),
      work.store.balances(account.name),
      work.store.spentToday(account.name, localDay(now, standing.zone)),
      standing.observer.activities(snapshot, standing.labels, now),
    ]);
  const held = byInstance(holds);
  // One that is in force is told by itself; only its end begins anything.
  const endedHold = (key: InstanceKey) => (held.has(key) ? null : (history.heldUntil?.(key) ?? null));
  const instances = snapshot.instances.map((tracked): InstanceView => {
    const key = instanceKey(tracked.instance);
    const isFresh = fresher !== undefined && fresher.tracked.instance.id === tracked.instance.id;
    return {
      key,
      tracked: isFresh ? fresher.tracked : tracked,
      labels: standing.labels(isFresh ? fresher.tracked.instance : tracked.instance),
      activity: isFresh ? fresher.activity : (activities.get(key) ?? null),
      heldUntil: endedHold(key),
    };
  });
  const off = work.paidWorkOff();
  const frozen = freezes.find(({ class: cls }) => cls !== 'reversible') ?? null;
  const reversibleOff = freezes.find((freeze) => freeze.class === 'reversible' && freeze.account === account.name);
  const money = moneyView({ balances, snapshot, prices: account.prices, now });
  const view: AccountView = {
    name: account.name,
    provider: account.provider,
    allowed: new Set(account.actions),
    trust: trustOf(snapshot, account.pollEveryMs, now),
    takenAt: snapshot.takenAt,
    instances,
    balanceFen: snapshot.balance?.cashFen ?? null,
    runwayMs: money.runwayMs,
    balanceBelowSince: (fen) => belowSince(balances, fen),
    runwayBelowSince: (ms) => money.runwayBelowSince(ms),
    paidWork: frozen !== null || off !== null ? 'frozen' : breaker.paid ? 'breaker' : 'open',
    paidWorkOff: frozen === null ? off : frozen.detail === '' ? null : untilReconciled(frozen),
    reversibleOff: reversibleOff === undefined ? null : untilReconciled(reversibleOff),
    breakerOpen: breaker.all,
    foreign: runtime.mark === undefined ? null : strangeness(account.name, guarded, runtime.mark),
    prices: account.prices,
    spend:
      account.spendLimit === null ? null : { ...account.spendLimit, callsToday: spent.calls, spentTodayFen: spent.fen },
    interruptedAt,
  };
  return { now, paused, accounts: [view], holds: held, history };
}

function untilReconciled({ reason, detail }: StandingFreeze): string {
  return `frozen (${reason}: ${detail}) until lamplighter reconcile`;
}

export function byInstance(holds: readonly Hold[]): ReadonlyMap<InstanceKey, Hold> {
  const map = new Map<InstanceKey, Hold>();
  // Of several holds on one instance the longest counts.
  for (const hold of holds) {
    const known = map.get(hold.instance);
    if (known === undefined || known.until < hold.until) map.set(hold.instance, hold);
  }
  return map;
}

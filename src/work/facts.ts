import { belowSince } from '../decide/burn.ts';
import { type Runway, runwayOf } from '../decide/runway.ts';
import type { AccountView, InstanceView, Trust, World } from '../decide/world.ts';
import type { Account } from '../fleet/account.ts';
import type { Activity } from '../fleet/activity.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import type { Hold } from '../fleet/hold.ts';
import { type InstanceKey, instanceKey } from '../fleet/instance.ts';
import type { Labels } from '../fleet/label.ts';
import type { Fen } from '../fleet/money.ts';
import type { Snapshot, Tracked } from '../fleet/snapshot.ts';
import type { Policy } from '../policy/policy.ts';
import type { KeptHistory } from './ports.ts';

/** A snapshot is believed for two polls and what one may take. */
const POLLS_BELIEVED = 2;
const SLOW_POLL_MS = 30_000;
/** Two replicas' clocks may differ by this much; a listing from farther ahead was taken before our clock was set back. */
const CLOCK_SLACK_MS = 60_000;

/** What of an account's configuration decides anything. */
export type AccountSettings = Pick<Account, 'name' | 'provider' | 'actions' | 'pollEveryMs' | 'prices' | 'spendLimit'>;

/** One instance as a pass found it. */
export interface InstanceFacts {
  readonly tracked: Tracked;
  readonly labels: Labels;
  readonly activity: Activity | null;
}

/**
 * Everything that a pass over one account reads before it decides, as it was read: {@link worldOf} makes the world of it,
 * today and whenever it is read again from a recording.
 */
export interface PassFacts {
  /** Asked for once; epoch ms. */
  readonly now: number;
  readonly paused: boolean;
  readonly account: AccountSettings;
  readonly listing: Omit<Snapshot, 'instances'>;
  /** In the order of the listing. */
  readonly instances: readonly InstanceFacts[];
  /** On whatever account, in no order. */
  readonly holds: readonly Hold[];
  readonly history: KeptHistory;
  readonly balances: readonly { readonly at: number; readonly fen: Fen }[];
  readonly spent: { readonly calls: number; readonly fen: Fen };
  /** When interrupting operations were armed in the last minute. */
  readonly interruptedAt: readonly number[];
  /** No action at all: the credentials are refused. */
  readonly breakerOpen: boolean;
  readonly paidWork: AccountView['paidWork'];
  readonly paidWorkOff: Detail | null;
  readonly reversibleOff: Detail | null;
  readonly foreign: Detail | null;
}

/**
 * The world that an evaluation decides on. The same facts and policies make the same world, whoever read them and when; of the
 * policies it is only how long the money will last that depends on them.
 */
export function worldOf(facts: PassFacts, policies: readonly Policy[]): World {
  const { now, paused, account, listing, history, balances, spent } = facts;
  const holds = byInstance(facts.holds);
  // One that is in force is told by itself; only its end begins anything.
  const endedHold = (key: InstanceKey) => (holds.has(key) ? null : (history.heldUntil?.(key) ?? null));
  const instances = facts.instances.map(({ tracked, labels, activity }): InstanceView => {
    const key = instanceKey(tracked.instance);
    return { key, tracked, labels, activity, heldUntil: endedHold(key) };
  });
  const allowed = new Set(account.actions);
  // Worked out where somebody asks for it, and once.
  let known: Runway | null = null;
  const runway = (): Runway => {
    known ??= runwayOf({
      account: { name: account.name, provider: account.provider, allowed },
      balance: listing.balance,
      balances,
      instances: facts.instances,
      prices: account.prices,
      policies,
      heldUntil: (key) => holds.get(key)?.until ?? null,
      paused: isHalted({ paused, breakerOpen: facts.breakerOpen, isFrozen: facts.reversibleOff !== null }),
      now,
      believedMs: believedMs(account.pollEveryMs),
    });
    return known;
  };
  const view: AccountView = {
    name: account.name,
    provider: account.provider,
    allowed,
    trust: trustOf(listing, account.pollEveryMs, now),
    takenAt: listing.takenAt,
    instances,
    balanceFen: listing.balance?.cashFen ?? null,
    get runwayMs() {
      const told = runway();
      return told.kind === 'known' ? told.expectedMs : null;
    },
    get runwayUnknown() {
      const told = runway();
      return told.kind === 'unknown' ? told.why : null;
    },
    balanceBelowSince: (fen) => belowSince(balances, fen),
    runwayBelowSince: (ms) => {
      const told = runway();
      return told.kind === 'known' ? belowSince(balances, told.fenFor(ms)) : null;
    },
    paidWork: facts.paidWork,
    paidWorkOff: facts.paidWorkOff,
    reversibleOff: facts.reversibleOff,
    breakerOpen: facts.breakerOpen,
    foreign: facts.foreign,
    prices: account.prices,
    spend:
      account.spendLimit === null ? null : { ...account.spendLimit, callsToday: spent.calls, spentTodayFen: spent.fen },
    interruptedAt: facts.interruptedAt,
  };
  return { now, paused, accounts: [view], holds, history };
}

/** Is nothing stopped or started on an account, whatever the calendar says, until a person has done something? */
export function isHalted(kept: {
  readonly paused: boolean;
  /** The credentials are refused. */
  readonly breakerOpen: boolean;
  /** What is reversible is frozen there. */
  readonly isFrozen: boolean;
}): boolean {
  return kept.paused || kept.breakerOpen || kept.isFrozen;
}

/** How old a snapshot may be, ms. */
export function believedMs(pollEveryMs: number): number {
  return POLLS_BELIEVED * pollEveryMs + SLOW_POLL_MS;
}

export function trustOf(
  listing: Pick<Snapshot, 'takenAt' | 'shrunken' | 'complete'>,
  pollEveryMs: number,
  now: number,
): Trust {
  if (now - listing.takenAt > believedMs(pollEveryMs)) return 'stale-snapshot';
  if (listing.takenAt - now > CLOCK_SLACK_MS) return 'stale-snapshot';
  if (listing.shrunken) return 'shrunken-snapshot';
  return listing.complete ? 'good' : 'incomplete-snapshot';
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

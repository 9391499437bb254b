import { type BurnView, burnView } from '../decide/burn.ts';
import { type Runway, runwayOf } from '../decide/runway.ts';
import type { Clock } from '../fleet/clock.ts';
import type { Snapshot } from '../fleet/snapshot.ts';
import { type AccountSettings, believedMs, byInstance, isHalted } from './facts.ts';
import type { Standing, StorePort } from './ports.ts';

/** How the money of an account goes, and how long it lasts. */
export interface AccountMoney extends BurnView {
  /** What is expected, and the bounds of it, ms; `null`: the money does not end, or it is not known when. */
  readonly runwayMs: number | null;
  readonly runwayPessimisticMs: number | null;
  readonly runwayOptimisticMs: number | null;
  /** Why it is not known; `null`: it is. */
  readonly runwayUnknown: Extract<Runway, { kind: 'unknown' }>['why'] | null;
}

/** Of an account that nobody has listed. */
export const NO_MONEY: AccountMoney = {
  burnFenPerHour: null,
  unpriced: [],
  runwayMs: null,
  runwayPessimisticMs: null,
  runwayOptimisticMs: null,
  runwayUnknown: 'no-balance',
};

/** What of the work it is told from. */
interface MoneyWork {
  readonly clock: Pick<Clock, 'now'>;
  readonly store: Pick<StorePort, 'balances' | 'holds' | 'paused' | 'breaker' | 'freezes'>;
  readonly standing: () => Pick<Standing, 'policies' | 'labels'>;
}

/** What of an account's configuration it is told from. */
type MoneyAccount = Omit<AccountSettings, 'spendLimit'>;

/** What was made of the rows of a listing, and of what besides. */
interface Made {
  /** Both, since a reload may come between the two: then it is the new policies with the prices of before. */
  readonly standing: Pick<Standing, 'policies' | 'labels'>;
  readonly account: MoneyAccount;
  readonly of: string;
  readonly money: AccountMoney;
}

/**
 * Every scrape and every page asks for it, and of ten thousand machines it takes a tenth of a second: while nothing is
 * known anew it is made once a minute. The rows of a snapshot are the same object for whoever stores it and whoever loads it,
 * for as long as no other is stored.
 */
const MADE = new WeakMap<Snapshot['instances'], Made>();
const MINUTE_MS = 60_000;

/** What is burnt and how long it lasts, as a pass over the same snapshot has it, to the minute. */
export async function accountMoney(
  work: MoneyWork,
  { account }: { readonly account: MoneyAccount },
  snapshot: Snapshot,
): Promise<AccountMoney> {
  const standing = work.standing();
  const { policies, labels } = standing;
  const now = work.clock.now();
  const [balances, holds, paused, breaker, freezes] = await Promise.all([
    work.store.balances(account.name),
    work.store.holds(now),
    work.store.paused(),
    work.store.breaker(account.name, now),
    work.store.freezes(),
  ]);
  const isFrozen = freezes.some((freeze) => freeze.class === 'reversible' && freeze.account === account.name);
  const halted = isHalted({ paused, breakerOpen: breaker.all, isFrozen });
  const until = holds.map((hold) => [hold.instance, hold.until]);
  const { balance, instances } = snapshot;
  const cash = [balance?.cashFen, balance?.at, balances.length, balances.at(-1)];
  const of = JSON.stringify([Math.floor(now / MINUTE_MS), halted, until, cash]);
  const known = MADE.get(instances);
  if (known?.standing === standing && known.account === account && known.of === of) return known.money;
  const held = byInstance(holds);
  const { prices, name, provider, actions, pollEveryMs } = account;
  const runway = runwayOf({
    account: { name, provider, allowed: new Set(actions) },
    balance,
    balances,
    instances: instances.map((tracked) => ({ tracked, labels: labels(tracked.instance) })),
    prices,
    policies,
    heldUntil: (key) => held.get(key)?.until ?? null,
    paused: halted,
    now,
    believedMs: believedMs(pollEveryMs),
  });
  const burn = burnView({ balances, snapshot, prices, now });
  const isKnown = runway.kind === 'known';
  const money: AccountMoney = {
    ...burn,
    unpriced: isKnown || burn.unpriced.length > 0 ? burn.unpriced : runway.unpriced,
    runwayMs: isKnown ? runway.expectedMs : null,
    runwayPessimisticMs: isKnown ? runway.pessimisticMs : null,
    runwayOptimisticMs: isKnown ? runway.optimisticMs : null,
    runwayUnknown: isKnown ? null : runway.why,
  };
  MADE.set(instances, { standing, account, of, money });
  return money;
}

import { localDay } from '../calendar/zone.ts';
import { strangeness } from '../decide/account-identity.ts';
import { asksArmed } from '../decide/limits.ts';
import type { World } from '../decide/world.ts';
import { interrupts } from '../fleet/action.ts';
import type { Activity } from '../fleet/activity.ts';
import { type Detail, verbatim } from '../fleet/detail/detail.ts';
import { readDetail } from '../fleet/detail/stored.ts';
import type { StandingFreeze } from '../fleet/freeze.ts';
import type { Snapshot, Tracked } from '../fleet/snapshot.ts';
import { policyActions } from '../policy/policy.ts';
import { type InstanceFacts, type PassFacts, worldOf } from './facts.ts';
import type { AccountRuntime, Standing, Work } from './ports.ts';

/** The window of the default limits. */
const INTERRUPT_WINDOW_MS = 60_000;

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
  const facts = await gatherFacts(work, standing, runtime, now, fresher, listed);
  return facts === null ? null : worldOf(facts, standing.policies);
}

/** As {@link accountWorld}, before anything is made of it. */
export async function gatherFacts(
  work: Work,
  standing: Standing,
  runtime: AccountRuntime,
  now: number,
  fresher?: Fresher,
  listed?: Snapshot,
): Promise<PassFacts | null> {
  const { account } = runtime;
  const snapshot = listed ?? (await work.store.loadSnapshot(account.name));
  if (snapshot === null) return null;
  // Of what may be much only what some policy in force asks for.
  const { policies } = standing;
  const hourly = policies.some((policy) => asksArmed(policy, account.provider));
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
      standing.observer.judged(snapshot, standing.labels, now),
    ]);
  const { instances, ...listing } = snapshot;
  const off = work.paidWorkOff();
  const frozen = freezes.find(({ class: cls }) => cls !== 'reversible') ?? null;
  const reversibleOff = freezes.find((freeze) => freeze.class === 'reversible' && freeze.account === account.name);
  return {
    now,
    paused,
    account,
    listing,
    instances: instances.map((stored, place): InstanceFacts => {
      const isFresh = fresher !== undefined && fresher.tracked.instance.id === stored.instance.id;
      const tracked = isFresh ? fresher.tracked : stored;
      const activity = isFresh ? fresher.activity : (activities[place] ?? null);
      return { tracked, labels: standing.labels(tracked.instance), activity };
    }),
    holds,
    history,
    balances,
    spent,
    interruptedAt,
    breakerOpen: breaker.all,
    paidWork: frozen !== null || off !== null ? 'frozen' : breaker.paid ? 'breaker' : 'open',
    paidWorkOff:
      frozen === null ? (off === null ? null : verbatim(off)) : frozen.detail === '' ? null : untilReconciled(frozen),
    reversibleOff: reversibleOff === undefined ? null : untilReconciled(reversibleOff),
    foreign: runtime.mark === undefined ? null : strangeness(account.name, guarded, runtime.mark),
  };
}

function untilReconciled({ reason, detail }: StandingFreeze): Detail {
  return { kind: 'until-reconciled', reason, why: readDetail(detail) };
}

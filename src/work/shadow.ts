import type { Zone } from '../calendar/zone.ts';
import type { Evaluation, Refusal } from '../decide/decision.ts';
import {
  followShadow,
  type ShadowStop,
  shadowJudged,
  shadowOf,
  shadowSavedTimes,
  shadowSaving,
} from '../decide/shadow.ts';
import type { AccountView, InstanceView, World } from '../decide/world.ts';
import type { SavedTime } from '../fleet/saved-time.ts';
import type { Policy } from '../policy/policy.ts';
import type { Work } from './ports.ts';

/** Where it is kept what observing policies would have stopped. */
export interface ShadowPort {
  load(account: string): Promise<readonly ShadowStop[]>;
  /** `false`: another replica was there first. */
  replace(
    account: string,
    before: ShadowStop | null,
    after: ShadowStop | null,
    saved: {
      readonly gpuSeconds: number;
      readonly fen: number;
      /** The same by local day, and that it was a stop: each is counted when it has ended, and when it is judged. */
      readonly ended?: readonly SavedTime[];
      readonly judged?: SavedTime;
    },
    now: number,
  ): Promise<boolean>;
}

/**
 * Follows what observing policies would have stopped, and begins what they would stop now. No occurrence is consumed by it,
 * and nothing is told: it is there to be asked about.
 */
export async function shadow(
  work: Work,
  policies: readonly Policy[],
  world: World,
  evaluation: Evaluation,
): Promise<void> {
  const book = work.shadows;
  const [account] = world.accounts;
  if (book === undefined || account === undefined) return;
  const observing = new Map(
    policies.filter(({ enabled, mode }) => enabled && mode === 'observe').map((policy) => [policy.name, policy]),
  );
  const known = await book.load(account.name);
  if (observing.size === 0 && known.length === 0) return;
  const views = new Map(account.instances.map((view) => [view.key, view]));
  const last = new Map<string, ShadowStop>();
  await Promise.all(
    known.map(async (stop) => {
      const now = await follow(
        book,
        account,
        views.get(stop.instance) ?? null,
        stop,
        observing.has(stop.policy),
        world.now,
        work.standing().zone,
      );
      if (now !== null) last.set(`${stop.policy}|${stop.instance}`, now);
    }),
  );
  const begin = async (refusal: Refusal): Promise<void> => {
    const policy = observing.get(refusal.policy);
    const view = refusal.instance === null ? undefined : views.get(refusal.instance);
    if (refusal.reason !== 'observe' || policy === undefined || view === undefined) return;
    const before = last.get(`${refusal.policy}|${refusal.instance}`) ?? null;
    // What it would have stopped it cannot stop again, whatever begins anew meanwhile.
    if (before !== null && before.endedAt === null) return;
    const begun = shadowOf(refusal, view, account, policy, before, world.now);
    if (begun === null) return;
    if (!(await book.replace(account.name, before, begun, { gpuSeconds: 0, fen: 0 }, world.now))) return;
    work.log.info(
      { policy: begun.policy, instance: begun.instance, action: begun.action, at: begun.at },
      'an observing policy would have stopped an instance',
    );
  };
  // A listing that is not believed begins nothing, as it stops nothing: it is refused for another reason.
  await Promise.all(evaluation.refusals.map(begin));
}

/** `null`: it was called off in time, so that it never was. */
async function follow(
  book: ShadowPort,
  account: AccountView,
  view: InstanceView | null,
  stop: ShadowStop,
  isObserved: boolean,
  now: number,
  zone: Zone,
): Promise<ShadowStop | null> {
  // What a listing that is not whole does not show is not thereby gone.
  if (view === null && account.trust !== 'good') return stop;
  const next = isObserved ? followShadow(stop, view, now) : givenUp(stop, now);
  if (next === stop) return stop;
  const saved =
    next === null
      ? { gpuSeconds: 0, fen: 0 }
      : {
          ...shadowSaving(next, now),
          ended: shadowSavedTimes(next, now, zone),
          judged: shadowJudged(next, zone),
        };
  return (await book.replace(account.name, stop, next, saved, now)) ? next : stop;
}

/** The policy observes no longer: what has not shown by now never will. */
function givenUp(stop: ShadowStop, now: number): ShadowStop | null {
  if (now <= stop.at) return null;
  if (stop.endedAt !== null && stop.outcome !== null) return stop;
  return { ...stop, outcome: stop.outcome ?? 'unknown', endedAt: stop.endedAt ?? now };
}

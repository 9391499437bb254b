import type { Zone } from '../calendar/zone.ts';
import type { Evaluation, Refusal } from '../decide/decision.ts';
import { longestGapMs } from '../decide/savings.ts';
import {
  endedUnseen,
  followShadow,
  type ShadowStop,
  shadowJudged,
  shadowOf,
  shadowSavedTimes,
  shadowSaving,
  unseenBetween,
} from '../decide/shadow.ts';
import type { AccountView, InstanceView, World } from '../decide/world.ts';
import type { SavedTime } from '../fleet/saved-time.ts';
import type { Policy } from '../policy/policy.ts';
import { believedMs } from './facts.ts';
import type { AccountRuntime, Work } from './ports.ts';

/** Another replica may be there first, and then what it has left is noted. */
const MOST_TRIES = 3;

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
  const unseenFrom = known.some(({ endedAt }) => endedAt === null)
    ? await unseenSince(work, account.name, world.now)
    : null;
  const last = new Map<string, ShadowStop>();
  await Promise.all(
    known.map(async (stop) => {
      const now = await follow(book, account, views.get(stop.instance) ?? null, stop, {
        isObserved: observing.has(stop.policy),
        now: world.now,
        zone: work.standing().zone,
        unseenFrom,
      });
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
  look: {
    readonly isObserved: boolean;
    readonly now: number;
    readonly zone: Zone;
    /** Nobody has looked since then; `null`: somebody has lately. */
    readonly unseenFrom: number | null;
  },
): Promise<ShadowStop | null> {
  const { isObserved, now, zone, unseenFrom } = look;
  // What a listing that is not whole does not show is not thereby gone.
  if (view === null && account.trust !== 'good') return stop;
  const followed = isObserved ? followShadow(stop, view, now) : givenUp(stop, now);
  if (followed === stop) return stop;
  const next = followed === null || unseenFrom === null ? followed : endedUnseen(stop, followed, unseenFrom, now);
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

/** Since when nobody has looked at the account; `null`: somebody has lately, or the ledger of savings has not begun. */
async function unseenSince(work: Work, name: string, now: number): Promise<number | null> {
  const runtime = work.standing().accounts.get(name);
  const at = runtime === undefined ? null : await work.store.savingsCountedTo(name);
  if (runtime === undefined || at === null) return null;
  return now - at > longestGapMs(believedMs(runtime.account.pollEveryMs)) ? at : null;
}

/** Notes in what observing policies would have stopped that nobody looked from then to then. */
export async function noteUnseen(work: Work, { account }: AccountRuntime, from: number, to: number): Promise<void> {
  const book = work.shadows;
  if (book === undefined) return;
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const open = (await book.load(account.name)).filter(({ endedAt }) => endedAt === null);
    const noted = await Promise.all(
      open.map(async (stop) => {
        const next = unseenBetween(stop, from, to);
        return next === stop || (await book.replace(account.name, stop, next, { gpuSeconds: 0, fen: 0 }, to));
      }),
    );
    if (noted.every((each) => each)) return;
  }
}

/** The policy observes no longer: what has not shown by now never will. */
function givenUp(stop: ShadowStop, now: number): ShadowStop | null {
  if (now <= stop.at) return null;
  if (stop.endedAt !== null && stop.outcome !== null) return stop;
  return { ...stop, outcome: stop.outcome ?? 'unknown', endedAt: stop.endedAt ?? now };
}

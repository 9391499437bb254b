import type { ShadowStop } from '../decide/shadow.ts';
import type { Store } from '../store/store.ts';

/** A stop that an observing policy would have made, and up to when its account was watched: nothing is counted beyond. */
export interface WatchedShadow {
  readonly stop: ShadowStop;
  readonly watchedTo: number;
}

/** The last stop of each observing policy and instance of the account, as the ledger of savings would count it now. */
export async function watchedShadows(store: Store, account: string, now: number): Promise<readonly WatchedShadow[]> {
  const [stops, countedTo] = await Promise.all([store.shadows.load(account), store.savings.countedTo(account)]);
  // Before its first listing nothing is known of an account, and there is nothing to be counted either.
  const watchedTo = Math.min(now, countedTo ?? now);
  return stops.map((stop) => ({ stop, watchedTo }));
}

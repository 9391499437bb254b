import type { Snapshot } from '../fleet/snapshot.ts';
import type { Work } from '../work/ports.ts';

/** The last snapshot of every configured account that has been listed. */
export async function lastSeen(work: Work): Promise<readonly Snapshot[]> {
  const { accounts } = work.standing();
  const loaded = await Promise.all([...accounts.keys()].map((name) => work.store.loadSnapshot(name)));
  return loaded.filter((snapshot) => snapshot !== null);
}

import type { InstanceKey } from '../fleet/instance.ts';
import { instanceKey } from '../fleet/instance.ts';
import type { Operation } from '../fleet/operation.ts';
import type { Listing, Snapshot } from '../fleet/snapshot.ts';
import type { LedgerPort } from './ports.ts';

/** How many of the account's latest operations are asked who started or stopped an instance. */
const RECENT_OPERATIONS = 300;
/** Where those reach back so far they have whatever a listing shows anew. */
const LONG_AGO_MS = 3_600_000;

/**
 * What was done lately, by the cloud's own id of the instance: by this it is told who started or stopped what a listing
 * shows. Where a night's hundreds of stops came at once the last few are not all: then it is asked of each machine that moved.
 */
export async function recentOperations(
  ledger: Pick<LedgerPort, 'recent' | 'lastOf'>,
  previous: Snapshot | null,
  account: string,
  listing: Listing,
): Promise<ReadonlyMap<string, readonly Operation[]>> {
  const recent = await ledger.recent(account, RECENT_OPERATIONS);
  const oldest = recent.at(-1);
  const isAll = recent.length < RECENT_OPERATIONS || oldest === undefined;
  if (isAll || oldest.createdAt < listing.startedAt - LONG_AGO_MS) return byInstance(recent);
  const last = await ledger.lastOf(movedKeys(previous, listing));
  return byInstance([...new Map([...recent, ...last].map((operation) => [operation.id, operation])).values()]);
}

/** Of what a listing shows anew, or did not tell so far whose doing it was; and what it lacks. */
function movedKeys(previous: Snapshot | null, listing: Listing): readonly InstanceKey[] {
  const known = new Map(previous?.instances.map((tracked) => [tracked.instance.id, tracked]));
  const listed = new Set(listing.instances.map(({ id }) => id));
  const moved = listing.instances.filter(({ id, status, startedAt }) => {
    const before = known.get(id);
    if (before === undefined || before.instance.status !== status || before.instance.startedAt !== startedAt)
      return true;
    return status === 'stopped' && before.stopMode === null && before.statusSince > listing.startedAt - LONG_AGO_MS;
  });
  const lost = [...known.values()].filter(({ instance }) => !listed.has(instance.id)).map(({ instance }) => instance);
  return [...moved, ...lost].map(instanceKey);
}

function byInstance(operations: readonly Operation[]): ReadonlyMap<string, readonly Operation[]> {
  return Map.groupBy(operations, ({ instanceId }) => instanceId);
}

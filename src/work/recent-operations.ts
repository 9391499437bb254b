import { lastMove } from '../decide/track.ts';
import { type Instance, instanceKey } from '../fleet/instance.ts';
import type { Operation } from '../fleet/operation.ts';
import type { Listing, Snapshot } from '../fleet/snapshot.ts';
import { isUp } from '../fleet/status.ts';
import type { LedgerPort } from './ports.ts';

/** How many of the account's latest operations are asked who started or stopped an instance. */
const RECENT_OPERATIONS = 300;
/** What was done to an instance last is among so many: what is not sent yet, renewals and the like are no moves. */
const LAST_OF_ONE = 5;
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
  const known = byInstance(recent);
  // What was armed later was sent later: of a machine with a move among the latest there is nothing to ask.
  const unknown = moved(previous, listing).filter(
    ({ id }) => lastMove(known.get(id) ?? [], listing.finishedAt) === null,
  );
  if (unknown.length === 0) return known;
  const last = await ledger.lastOf(unknown.map(instanceKey), 1);
  const found = byInstance(last);
  const waiting = unknown.filter(
    ({ id }) => lastMove(found.get(id) ?? [], listing.finishedAt) === null && found.has(id),
  );
  const more = waiting.length === 0 ? [] : await ledger.lastOf(waiting.map(instanceKey), LAST_OF_ONE);
  return byInstance([...new Map([...recent, ...last, ...more].map((each) => [each.id, each])).values()]);
}

/** Of what a listing shows anew, or did not tell so far whose doing it was; and what it lacks. */
function moved(previous: Snapshot | null, listing: Listing): readonly Instance[] {
  const known = new Map(previous?.instances.map((tracked) => [tracked.instance.id, tracked]));
  const listed = new Set(listing.instances.map(({ id }) => id));
  const shown = listing.instances.filter(({ id, status, startedAt }) => {
    const before = known.get(id);
    if (before === undefined) return true;
    // On its way down it is nobody's stop yet.
    if (isUp(status)) return before.upSince === null || before.instance.startedAt !== startedAt;
    if (status !== 'stopped' || before.stopMode !== null) return false;
    return before.instance.status !== status || before.statusSince > listing.startedAt - LONG_AGO_MS;
  });
  const lost = [...known.values()].filter(({ instance }) => !listed.has(instance.id)).map(({ instance }) => instance);
  return [...shown, ...lost];
}

function byInstance(operations: readonly Operation[]): ReadonlyMap<string, readonly Operation[]> {
  return Map.groupBy(operations, ({ instanceId }) => instanceId);
}

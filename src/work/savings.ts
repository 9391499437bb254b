import { localDay } from '../calendar/zone.ts';
import { ledgerEntry } from '../decide/savings.ts';
import type { Operation } from '../fleet/operation.ts';
import type { SavedTime } from '../fleet/saved-time.ts';
import type { Snapshot } from '../fleet/snapshot.ts';
import { believedMs } from './facts.ts';
import { forPeople } from './for-people.ts';
import type { AccountRuntime, Work } from './ports.ts';
import { noteUnseen } from './shadow.ts';

/** Of two replicas one is told that the other has counted; a third time there is nothing left to count. */
const MOST_TRIES = 3;

/** Writes into the ledger what policies saved up to this listing; what could not be written is caught up with by the next. */
export async function countSavings(
  work: Work,
  runtime: AccountRuntime,
  looks: {
    readonly previous: Snapshot | null;
    readonly snapshot: Snapshot;
    readonly operations: ReadonlyMap<string, readonly Operation[]>;
  },
): Promise<void> {
  const { store } = work;
  const { account } = runtime;
  const { zone, labels } = work.standing();
  const context = { ...looks, prices: account.prices, believedMs: believedMs(account.pollEveryMs), zone };
  let countedTo = await store.savingsCountedTo(account.name);
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const entry = ledgerEntry({ ...context, countedTo });
    if (entry === null) return;
    // Before it is counted: whoever dies in between does it again.
    if (entry.from !== null && entry.unwatched.length > 0) await noteUnseen(work, runtime, entry.from, entry.to);
    // Names and labels change rarely: they are written with a stop, and with its first entry of a day.
    const isNewDay = entry.from !== null && localDay(entry.from, zone) !== localDay(entry.to, zone);
    const toName = new Set(entry.saved.flatMap(({ instance, stops }) => (isNewDay || stops > 0 ? [instance] : [])));
    const called = new Map(
      looks.snapshot.instances
        .filter(({ instance }) => toName.has(instance.id))
        .map(({ instance }) => [instance.id, { name: instance.name, labels: labels(instance) }]),
    );
    const result = await store.countSavings(account.name, entry, called);
    if (result.isCounted) {
      await tally(work, entry.saved, entry.to);
      return;
    }
    countedTo = result.countedTo;
  }
}

async function tally(work: Work, saved: readonly SavedTime[], at: number): Promise<void> {
  for (const [policy, all] of Map.groupBy(saved, (each) => each.policy)) {
    const sum = (of: (each: SavedTime) => number) => all.reduce((total, each) => total + of(each), 0);
    const fen = sum(({ grossFen, keptFen }) => grossFen - keptFen);
    await forPeople(work, work.tallies?.saved(policy, { gpuSeconds: sum(({ gpuMs }) => gpuMs) / 1000, fen }, at));
  }
}

import type { Price } from '../../fleet/account.ts';
import type { Activity, ProbeReading } from '../../fleet/activity.ts';
import type { Detail } from '../../fleet/detail/detail.ts';
import { storedDetail } from '../../fleet/detail/stored.ts';
import type { Instance } from '../../fleet/instance.ts';
import type { Tracked } from '../../fleet/snapshot.ts';
import { isJsonMap, type Json } from '../../recording/json.ts';
import type { KnownRow, Row } from '../../recording/pass-codec.ts';
import type { HistoryRows } from '../../store/history.ts';
import type { InstanceFacts, PassFacts } from '../../work/facts.ts';

/** A pass whose history cannot be told row by row cannot be kept. */
export class NotRecordable extends Error {}

/**
 * What a pass knew, as plain values, but for its rows. Field by field: whatever else hangs on something one day is not kept
 * without being asked about. What changes from pass to pass stands under keys of its own, so that it is told by itself.
 */
export function plainFacts(facts: PassFacts): Json {
  const { now, paused, listing, holds, balances, spent, interruptedAt } = facts;
  const { name, provider, actions, pollEveryMs, prices, spendLimit } = facts.account;
  const { takenAt, finishedAt, generation, complete, incomplete, shrunken, balance } = listing;
  const mine = `${name}/`;
  return {
    now,
    paused,
    account: {
      name,
      provider,
      actions: [...actions],
      pollEveryMs,
      prices: Object.fromEntries([...prices].map(([type, price]) => [type, plainPrice(price)])),
      spendLimit: spendLimit === null ? null : { perDayFen: spendLimit.perDayFen, callsPerDay: spendLimit.callsPerDay },
    },
    listing: {
      takenAt,
      finishedAt,
      generation,
      complete,
      incomplete,
      shrunken,
      balance: balance === null ? null : { cashFen: balance.cashFen, cardsFen: balance.cardsFen, at: balance.at },
    },
    holds: keyed(
      holds.filter(({ instance }) => instance.startsWith(mine)),
      ({ id }) => id,
      ({ id, instance, owner, reason, createdAt, until }) => ({ id, instance, owner, reason, createdAt, until }),
    ),
    balances: keyed(
      balances,
      ({ at }) => `${at}`,
      ({ at, fen }) => [at, fen],
    ),
    spent: { calls: spent.calls, fen: spent.fen },
    interruptedAt: [...interruptedAt],
    breakerOpen: facts.breakerOpen,
    paidWork: facts.paidWork,
    paidWorkOff: stored(facts.paidWorkOff),
    reversibleOff: stored(facts.reversibleOff),
    foreign: stored(facts.foreign),
    history: plainHistory(facts.history.rows, mine),
  };
}

function plainPrice({ hourlyFen, dailyFen, monthlyFen, stoppedFen, cardlessFen }: Price): Json {
  return {
    hourlyFen,
    dailyFen,
    monthlyFen,
    ...(stoppedFen !== undefined && { stoppedFen }),
    ...(cardlessFen !== undefined && { cardlessFen }),
  };
}

function plainHistory(rows: HistoryRows | undefined, mine: string): Json {
  if (rows === undefined) throw new NotRecordable('the history of the account cannot be told row by row');
  const own = (map: ReadonlyMap<string, string>) => [...map].filter(([key]) => key.startsWith(mine));
  return {
    acted: Object.fromEntries(rows.acted),
    recent: rows.recent === null ? null : Object.fromEntries(rows.recent),
    open: [...rows.open],
    openPaid: [...rows.openPaid],
    renewed: Object.fromEntries(rows.renewed),
    notices: [...rows.notices],
    obligations: [...rows.obligations],
    policySince: Object.fromEntries(rows.policySince),
    lowBalance: Object.fromEntries(rows.lowBalance),
    policyEdits: Object.fromEntries(rows.policyEdits),
    // These two are of all accounts.
    heldUntil: Object.fromEntries(own(rows.heldUntil)),
    leashes: Object.fromEntries(own(rows.leashes)),
    watchBeganAt: rows.watchBeganAt,
  };
}

/** The listing row by row, each with all that belongs to it. */
export function* plainRows({ instances }: PassFacts): Generator<Row> {
  const taken = new Set<string>();
  for (const row of instances)
    yield {
      key: free(taken, row.tracked.instance.id),
      made: [row.tracked.instance, row.tracked, row.labels, row.activity],
      plain: (before) => plainRow(row, before),
    };
}

/** What is made of the very same as before is the very same: most rows differ in nothing but what they are at. */
export function plainRow({ tracked, labels, activity }: InstanceFacts, before: KnownRow | null): Json {
  const known = isJsonMap(before?.plain) ? before.plain : undefined;
  const [instance, ...others] = before?.made ?? [];
  return {
    instance: (instance === tracked.instance ? known?.instance : undefined) ?? plainInstance(tracked.instance),
    tracked: (others[0] === tracked ? known?.tracked : undefined) ?? plainTracked(tracked),
    labels: (others[1] === labels ? known?.labels : undefined) ?? { ...labels },
    activity: activity === null ? null : plainActivity(activity),
  };
}

/** Without the ways in, by which nothing is decided. */
function plainInstance(instance: Instance): Json {
  const { account, provider, id, name, status, rawStatus, billing, rawBilling, gpu, gpuCount, gpuType, room } =
    instance;
  const { createdAt, startedAt, expiresAt, hourlyFen, orderId, imageId, savingImage, shutdownTimerAt } = instance;
  return {
    account,
    provider,
    id,
    name,
    status,
    rawStatus,
    billing,
    rawBilling,
    gpu,
    gpuCount,
    gpuType,
    room,
    createdAt,
    startedAt,
    expiresAt,
    hourlyFen,
    orderId,
    imageId,
    savingImage,
    shutdownTimerAt,
    problems: [...instance.problems],
  };
}

function plainTracked(tracked: Tracked): Json {
  const { firstSeenAt, statusSince, upSince, personStartAt, stopMode, stoppedBy, missing } = tracked;
  const known = { firstSeenAt, statusSince, upSince, personStartAt, stopMode, stoppedBy };
  return missing === undefined ? known : { ...known, missing };
}

function plainActivity(activity: Activity): Json {
  const { kind, at } = activity;
  if (kind === 'not-applicable') return { kind, at };
  const { watched } = activity;
  const shared = {
    at,
    readings: activity.readings.map(plainReading),
    ...(watched !== undefined && {
      watched: {
        from: watched.from,
        to: watched.to,
        holes: watched.holes.map((hole) => ({ at: hole.at, ms: hole.ms })),
      },
    }),
  };
  switch (kind) {
    case 'idle':
      return { kind, ...shared, since: activity.since };
    case 'unknown':
      return {
        kind,
        ...shared,
        reason: activity.reason,
        ...(activity.detail !== undefined && { detail: storedDetail(activity.detail) }),
      };
    case 'active': {
      const { protection } = activity;
      return {
        kind,
        ...shared,
        ...(protection !== undefined && { protection: { by: protection.by, until: protection.until } }),
      };
    }
  }
}

/** What is decided by and told; what the probes keep for themselves is theirs. */
function plainReading({ probe, at, verdict, reason, lastActiveAt, judges, evidence }: ProbeReading): Json {
  return { probe, at, verdict, reason, lastActiveAt, judges, evidence: storedDetail(evidence) };
}

function stored(detail: Detail | null): string | null {
  return detail === null ? null : storedDetail(detail);
}

/** A list whose items come and go, as a map. */
function keyed<T>(items: readonly T[], keyOf: (item: T) => string, plain: (item: T) => Json): Json {
  const taken = new Set<string>();
  return Object.fromEntries(items.map((item) => [free(taken, keyOf(item)), plain(item)]));
}

/** A name that nothing before has: what is there twice must not get lost. */
function free(taken: Set<string>, name: string): string {
  let own = name;
  for (let more = 2; taken.has(own); more += 1) own = `${name} ${more}`;
  taken.add(own);
  return own;
}

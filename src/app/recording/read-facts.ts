import { z } from 'zod';
import { ACTIONS } from '../../fleet/action.ts';
import { ACTIVITY_VERDICTS, JUDGED, UNKNOWN_ACTIVITY_REASONS } from '../../fleet/activity.ts';
import { readDetail } from '../../fleet/detail/stored.ts';
import type { InstanceKey } from '../../fleet/instance.ts';
import { PROVIDER_KINDS } from '../../fleet/provider-kind.ts';
import { INCOMPLETE_REASONS } from '../../fleet/snapshot.ts';
import { BILLINGS, STATUSES } from '../../fleet/status.ts';
import { isJsonMap, type Json } from '../../recording/json.ts';
import { type HistoryRows, historyOf } from '../../store/history.ts';
import type { InstanceFacts, PassFacts } from '../../work/facts.ts';

const time = z.number().nullable();
const word = z.string().nullable();
/** As text of older recordings, too; see storedDetail. */
const told = z.string().transform(readDetail);
const texts = z.record(z.string(), z.string());
const key = z.custom<InstanceKey>((value) => typeof value === 'string' && value.includes('/'));

const price = z.object({
  hourlyFen: time,
  dailyFen: time,
  monthlyFen: time,
  stoppedFen: z.number().exactOptional(),
  cardlessFen: z.number().exactOptional(),
});

const factsSchema = z.compile(
  z.object({
    now: z.number(),
    paused: z.boolean(),
    account: z.object({
      name: z.string(),
      provider: z.enum(PROVIDER_KINDS),
      actions: z.array(z.enum(ACTIONS)),
      pollEveryMs: z.number(),
      prices: z.record(z.string(), price),
      spendLimit: z.object({ perDayFen: time, callsPerDay: time }).nullable(),
    }),
    listing: z.object({
      takenAt: z.number(),
      finishedAt: z.number(),
      generation: z.number(),
      complete: z.boolean(),
      incomplete: z.enum(INCOMPLETE_REASONS).nullable(),
      shrunken: z.boolean(),
      balance: z.object({ cashFen: z.number(), cardsFen: z.number(), at: z.number() }).nullable(),
    }),
    holds: z.record(
      z.string(),
      z.object({
        id: z.string(),
        instance: key,
        owner: z.string(),
        reason: z.string(),
        createdAt: z.number(),
        until: z.number(),
      }),
    ),
    balances: z.record(z.string(), z.tuple([z.number(), z.number()])),
    spent: z.object({ calls: z.number(), fen: z.number() }),
    interruptedAt: z.array(z.number()),
    breakerOpen: z.boolean(),
    paidWork: z.enum(['open', 'frozen', 'breaker']),
    paidWorkOff: told.nullable(),
    reversibleOff: told.nullable(),
    foreign: told.nullable(),
  }),
);

const historySchema = z.compile(
  z.object({
    acted: texts,
    recent: texts.nullable(),
    open: z.array(z.string()),
    openPaid: z.array(z.string()),
    renewed: texts,
    notices: z.array(z.string()),
    obligations: z.array(z.string()),
    policySince: texts,
    lowBalance: texts,
    policyEdits: texts,
    heldUntil: texts,
    leashes: texts,
    watchBeganAt: time,
  }),
);

const instance = z.object({
  account: z.string(),
  provider: z.enum(PROVIDER_KINDS),
  id: z.string(),
  name: z.string(),
  status: z.enum(STATUSES),
  rawStatus: z.string(),
  billing: z.enum(BILLINGS),
  rawBilling: z.string(),
  gpu: z.string(),
  gpuCount: time,
  gpuType: z.string(),
  room: z.string(),
  createdAt: time,
  startedAt: time,
  expiresAt: time,
  hourlyFen: time,
  orderId: word,
  imageId: word,
  savingImage: z.boolean(),
  shutdownTimerAt: time,
  problems: z.array(z.string()),
});

const tracked = z.object({
  firstSeenAt: z.number(),
  statusSince: z.number(),
  upSince: time,
  personStartAt: time,
  stopMode: z.enum(['normal', 'cardless']).nullable(),
  stoppedBy: word,
  missing: z.number().exactOptional(),
});

const reading = z.object({
  probe: z.string(),
  at: z.number(),
  verdict: z.enum(ACTIVITY_VERDICTS),
  reason: z.enum(UNKNOWN_ACTIVITY_REASONS).nullable(),
  lastActiveAt: time,
  judges: z.enum(JUDGED),
  evidence: told,
});
const watched = z.object({
  from: z.number(),
  to: z.number(),
  holes: z.array(z.object({ at: z.number(), ms: z.number() })),
});
const seen = { at: z.number(), readings: z.array(reading) };
const activity = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('not-applicable'), at: z.number() }),
  z.object({ kind: z.literal('idle'), ...seen, since: z.number(), watched }),
  z.object({
    kind: z.literal('unknown'),
    ...seen,
    reason: z.enum(UNKNOWN_ACTIVITY_REASONS),
    detail: told.exactOptional(),
    watched: watched.exactOptional(),
  }),
  z.object({
    kind: z.literal('active'),
    ...seen,
    protection: z.object({ by: z.enum(['people', 'keep-alive']), until: z.number() }).exactOptional(),
    watched: watched.exactOptional(),
  }),
]);

const rowSchema = z.compile(z.object({ instance, tracked, labels: texts, activity: activity.nullable() }));

/** Makes facts of what was kept. What is the very same as in the pass before is not looked at again. */
export class FactsReader {
  readonly #rows = new WeakMap<object, InstanceFacts>();
  readonly #histories = new WeakMap<object, HistoryRows>();

  /** @throws ZodError where it is none of ours */
  read(plain: Json, rows: ReadonlyMap<string, Json>): PassFacts {
    const facts = factsSchema.parse(plain);
    const { account, listing, now } = facts;
    const { name, provider } = account;
    const history = this.#history(isJsonMap(plain) ? plain.history : undefined);
    return {
      ...facts,
      account: { ...account, prices: new Map(Object.entries(account.prices)) },
      listing: { account: name, provider, ...listing },
      instances: [...rows.values()].map((row) => this.row(row)),
      holds: Object.values(facts.holds),
      balances: Object.values(facts.balances).map(([at, fen]) => ({ at, fen })),
      history: historyOf(history, name, now),
    };
  }

  /** One machine. @throws ZodError where it is none of ours */
  row(plain: Json): InstanceFacts {
    const known = isJsonMap(plain) ? this.#rows.get(plain) : undefined;
    if (known !== undefined) return known;
    const row = rowSchema.parse(plain);
    const facts: InstanceFacts = {
      tracked: { instance: { ...row.instance, services: [] }, ...row.tracked },
      labels: row.labels,
      activity: row.activity,
    };
    if (isJsonMap(plain)) this.#rows.set(plain, facts);
    return facts;
  }

  #history(plain: Json | undefined): HistoryRows {
    const known = isJsonMap(plain) ? this.#histories.get(plain) : undefined;
    if (known !== undefined) return known;
    const read = historySchema.parse(plain);
    const map = (record: Readonly<Record<string, string>>) => new Map(Object.entries(record));
    const rows: HistoryRows = {
      acted: map(read.acted),
      recent: read.recent === null ? null : byScore(read.recent),
      open: read.open,
      openPaid: read.openPaid,
      renewed: map(read.renewed),
      notices: read.notices,
      obligations: read.obligations,
      policySince: map(read.policySince),
      lowBalance: map(read.lowBalance),
      policyEdits: map(read.policyEdits),
      heldUntil: map(read.heldUntil),
      leashes: map(read.leashes),
      watchBeganAt: read.watchBeganAt,
    };
    if (isJsonMap(plain)) this.#histories.set(plain, rows);
    return rows;
  }
}

/** As Redis orders them: by time, and what is of one time by its name. */
function byScore(recent: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const rows = Object.entries(recent).sort(([a, at], [b, bt]) => Number(at) - Number(bt) || (a < b ? -1 : 1));
  return new Map(rows);
}

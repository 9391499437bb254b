import type { InstanceKey } from '../fleet/instance.ts';
import { type Notice, noticeId } from '../fleet/notice.ts';
import type { Obligation } from '../fleet/obligation.ts';
import { type Acted, lastActedAt, latestOccurrence, parseActed, stepState } from './acted-record.ts';
import { parseNotice } from './notices.ts';
import { parseObligation } from './obligations.ts';
import type { StoreRedis } from './redis.ts';
import { StoreCorrupt } from './store-error.ts';

/** The window of `limits.perHour`. */
const HOUR_MS = 3_600_000;

/**
 * What was done before on one account, read in one go and then answered from memory. It is what decide's `History` asks
 * for; targets are "account/id", or the account's name. Of other accounts it knows nothing.
 */
export interface LoadedHistory {
  /** What all of it is answered from. */
  readonly rows: HistoryRows;
  step(policy: string, target: string, occurrence: string, step: number): 'none' | 'open' | 'done' | 'failed';
  lastActedAt(policy: string, target: string): number | null;
  latestOccurrence(policy: string, target: string): string | null;
  actedAt(policy: string, account: string): readonly number[];
  open(instance: InstanceKey): 'none' | 'any' | 'paid';
  lastRenewedAt(instance: InstanceKey): number | null;
  notice(policy: string, instance: InstanceKey, occurrence: string): Notice | null;
  notices(account: string): readonly Notice[];
  obligations(account: string): readonly Obligation[];
  policySince(policy: string): number | null;
  lowBalance(policy: string, account: string): string | null;
  policyEditedAt(policy: string): number | null;
  watchBeganAt(): number | null;
  heldUntil(instance: InstanceKey): number | null;
  restarts(instance: InstanceKey): { readonly count: number; readonly lastAt: number } | null;
}

/** What of the history is needed. */
export interface HistoryNeeds {
  /** {@link LoadedHistory.actedAt}: everything that was armed in the last hour, which after a busy one is much. */
  readonly hourly: boolean;
}

/**
 * The history of one account as Redis has it, by what it is about: made into answers by {@link historyOf}, and plain enough
 * to be kept and read again elsewhere. Values are those of Redis, text for text.
 */
export interface HistoryRows {
  /** By "policy\ntarget". */
  readonly acted: ReadonlyMap<string, string>;
  /** What was armed in the last hour, with its time, the oldest first; `null`: it was not read. */
  readonly recent: ReadonlyMap<string, string> | null;
  readonly open: readonly string[];
  readonly openPaid: readonly string[];
  readonly renewed: ReadonlyMap<string, string>;
  readonly notices: readonly string[];
  readonly obligations: readonly string[];
  readonly policySince: ReadonlyMap<string, string>;
  readonly lowBalance: ReadonlyMap<string, string>;
  readonly policyEdits: ReadonlyMap<string, string>;
  readonly heldUntil: ReadonlyMap<string, string>;
  readonly leashes: ReadonlyMap<string, string>;
  readonly watchBeganAt: number | null;
}

export async function loadHistory(
  store: StoreRedis,
  account: string,
  now: number,
  needs: HistoryNeeds = { hourly: true },
): Promise<LoadedHistory> {
  const { keys } = store;
  const rows = await store.ask(`reading the history of ${account}`, async (redis) => {
    const all = redis.pipeline();
    // Flat lists instead of hgetall: thousands of fields would become one slow object.
    all.call('HGETALL', keys.acted(account));
    all.zrangebyscore(keys.recent(account), `(${now - HOUR_MS}`, needs.hourly ? '+inf' : '-inf', 'WITHSCORES');
    all.hkeys(keys.open(account));
    all.hkeys(keys.openPaid(account));
    all.call('HGETALL', keys.renewed(account));
    all.hvals(keys.notices(account));
    all.hvals(keys.obligations(account));
    all.call('HGETALL', keys.policySince);
    all.call('HGETALL', keys.lowBalance(account));
    all.call('HGETALL', keys.policyEdits);
    all.call('HGETALL', keys.heldUntil);
    all.call('HGETALL', keys.leashes);
    all.mget(keys.watchBegan);
    return (await all.exec()) ?? [];
  });
  const texts = (index: number): readonly string[] => {
    const [error, value] = rows[index] ?? [new Error('no answer'), null];
    if (error) throw error;
    if (!Array.isArray(value))
      throw new StoreCorrupt(`history of ${account}`, new Error(`answer ${index} is not a list`));
    return value.map(String);
  };
  return historyOf(
    {
      acted: pairs(texts(0)),
      recent: needs.hourly ? pairs(texts(1)) : null,
      open: texts(2),
      openPaid: texts(3),
      renewed: pairs(texts(4)),
      notices: texts(5),
      obligations: texts(6),
      policySince: pairs(texts(7)),
      lowBalance: pairs(texts(8)),
      policyEdits: pairs(texts(9)),
      heldUntil: pairs(texts(10)),
      leashes: pairs(texts(11)),
      watchBeganAt: numberOrNull(texts(12)[0]),
    },
    account,
    now,
  );
}

/** Answers from rows that were read at `now`. */
export function historyOf(rows: HistoryRows, account: string, now: number): LoadedHistory {
  const { acted, renewed, lowBalance: low, policySince: since, policyEdits: edits, heldUntil: held, leashes } = rows;
  const recent = rows.recent === null ? null : timesByPolicy(rows.recent);
  const open = new Set(rows.open);
  const openPaid = new Set(rows.openPaid);
  const notices = rows.notices.map(parseNotice);
  const noticeById = new Map(notices.map((notice) => [noticeId(notice), notice]));
  const obligations = rows.obligations.map(parseObligation);

  // Parsed when first asked for: most of what is remembered is of policies and instances that this pass passes by.
  const parsed = new Map<string, Acted>();
  const actedOn = (policy: string, target: string): Acted | undefined => {
    const field = `${policy}\n${target}`;
    const known = parsed.get(field);
    if (known !== undefined) return known;
    const text = acted.get(field);
    if (text === undefined) return undefined;
    const fresh = parseActed(text);
    parsed.set(field, fresh);
    return fresh;
  };

  return {
    rows,
    step: (policy, target, occurrence, step) => stepState(actedOn(policy, target), occurrence, step, now),
    lastActedAt: (policy, target) => lastActedAt(actedOn(policy, target)),
    latestOccurrence: (policy, target) => latestOccurrence(actedOn(policy, target)),
    actedAt: (policy, of) => {
      // Nothing where much was done would let a limit be passed over.
      if (recent === null) throw new Error('what was armed in the last hour was not read; a bug of ours');
      return of === account ? (recent.get(policy) ?? []) : [];
    },
    open: (instance) => (open.has(instance) ? 'any' : openPaid.has(instance) ? 'paid' : 'none'),
    lastRenewedAt: (instance) => numberOrNull(renewed.get(instance)),
    notice: (policy, instance, occurrence) => noticeById.get(noticeId({ policy, instance, occurrence })) ?? null,
    notices: (of) => (of === account ? notices : []),
    obligations: (of) => (of === account ? obligations : []),
    policySince: (policy) => numberOrNull(since.get(policy)),
    lowBalance: (policy, of) => (of === account ? (low.get(policy) ?? null) : null),
    watchBeganAt: () => rows.watchBeganAt,
    policyEditedAt: (policy) => numberOrNull(edits.get(policy)?.split(' ')[1]),
    heldUntil: (instance) => numberOrNull(held.get(instance)),
    restarts: (instance) => {
      const [count = 0, lastAt = 0] = leashes.get(instance)?.split(' ').map(Number) ?? [];
      return Number.isInteger(count) && count > 0 && Number.isFinite(lastAt) ? { count, lastAt } : null;
    },
  };
}

/** When interrupting operations were armed on the account since then. */
export async function interruptedAt(store: StoreRedis, account: string, since: number): Promise<readonly number[]> {
  const stored = await store.ask(`reading what was interrupted on ${account}`, (redis) =>
    redis.zrangebyscore(store.keys.recent(account), since, '+inf', 'WITHSCORES'),
  );
  return stored.flatMap((member, i) => (i % 2 === 0 && member.startsWith('i\n') ? [Number(stored[i + 1])] : []));
}

function pairs(flat: readonly string[]): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (let i = 0; i + 1 < flat.length; i += 2) map.set(flat[i] ?? '', flat[i + 1] ?? '');
  return map;
}

/** From members "i|-\npolicy\nid" with their times. */
function timesByPolicy(members: ReadonlyMap<string, string>): ReadonlyMap<string, readonly number[]> {
  const times = new Map<string, number[]>();
  for (const [member, at] of members) {
    const policy = member.split('\n')[1] ?? '';
    const known = times.get(policy);
    if (known === undefined) times.set(policy, [Number(at)]);
    else known.push(Number(at));
  }
  return times;
}

function numberOrNull(text: string | undefined): number | null {
  const value = Number(text ?? Number.NaN);
  return Number.isFinite(value) ? value : null;
}

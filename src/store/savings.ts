import { z } from 'zod';
import type { LedgerEntry, SavedTime } from '../fleet/saved-time.ts';
import { COUNT_SAVINGS } from './lua/savings.lua.ts';
import { parseInteger, parseStored } from './parse.ts';
import type { StoreRedis } from './redis.ts';
import { StoreCorrupt } from './store-error.ts';

const DAY_MS = 86_400_000;
/** A quarter and some: what is asked about later is kept as a sum per policy. */
export const LEDGER_DAYS = 100;
export const KEEP_LEDGER_SECONDS = LEDGER_DAYS * 86_400;

/** How an instance was called and labelled when it was last counted: it may be gone since. */
export interface NamedInstance {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** One local day of one account. */
export interface LedgerDay {
  readonly day: string;
  readonly saved: readonly SavedTime[];
  /** What observing policies would have saved, of their stops that are over. */
  readonly would: readonly SavedTime[];
  readonly unwatchedMs: number;
}

/** What a policy has saved since the beginning. Money less what the stopped machines cost. */
export interface Saving {
  readonly policy: string;
  readonly gpuSeconds: number;
  readonly fen: number;
  readonly unpricedSeconds: number;
  readonly stops: number;
  readonly wrong: number;
}

const names = z.object({ name: z.string(), labels: z.record(z.string(), z.string()), day: z.string() });
const answered = z.tuple([z.number(), z.string()]);

/**
 * The ledger of what policies saved, by account, local day, policy and instance, and what it comes to per policy since the
 * beginning. A hash a day: `s\npolicy\ninstance` for what was saved, `w\n…` for what would have been, `u` for the time that
 * nobody watched. Kept for 100 days: 1 000 instances that are stopped every day take 142 bytes each
 * and day, 14 MB in all, and 171 bytes each for their names, measured.
 */
export class Savings {
  readonly #redis: StoreRedis;

  constructor(redis: StoreRedis) {
    this.#redis = redis;
  }

  /** Up to when the ledger of the account has counted; `null`: it has not begun. */
  async countedTo(account: string): Promise<number | null> {
    const key = this.#redis.keys.savingsMarks;
    const mark = await this.#redis.ask(`reading the ledger of savings of ${account}`, (redis) =>
      redis.hget(key, account),
    );
    return mark === null ? null : parseInteger(mark, key);
  }

  /**
   * Writes an entry, once: it counts only where the ledger still stands at its `from`, and moves it to its `to` in the same
   * step. Answers where the ledger stands now, and whether this entry is what brought it there.
   */
  async count(
    account: string,
    entry: LedgerEntry,
    called: ReadonlyMap<string, NamedInstance>,
  ): Promise<{ readonly isCounted: boolean; readonly countedTo: number | null }> {
    const { keys } = this.#redis;
    const { from, to, saved, unwatched } = entry;
    const args = [account, from ?? '', to, KEEP_LEDGER_SECONDS, keys.savings, keys.savingsNames(account), called.size];
    const lastDay =
      saved
        .map(({ day }) => day)
        .sort()
        .at(-1) ?? '';
    const texts = [...called].flatMap(([id, { name, labels }]) => [id, JSON.stringify({ name, labels, day: lastDay })]);
    const gaps = unwatched.flatMap(({ day, ms }) => [keys.savingsDay(account, day), 'u', Math.round(ms), '']);
    const rows = saved.flatMap((each) => [...additionOf(keys.savingsDay(account, each.day), 's', each), each.policy]);
    const answer = await this.#redis.ask(`counting what was saved on ${account}`, (redis) =>
      COUNT_SAVINGS.run(redis, keys.savingsMarks, [...args, ...texts, ...gaps, ...rows]),
    );
    const [done, mark] = answered.parse(answer);
    return { isCounted: done === 1, countedTo: mark === '' ? null : parseInteger(mark, keys.savingsMarks) };
  }

  /** Every account that was ever counted. */
  async accounts(): Promise<readonly string[]> {
    const key = this.#redis.keys.savingsMarks;
    return (await this.#redis.ask('reading whose savings are kept', (redis) => redis.hkeys(key))).sort();
  }

  /** In the order of `days`; a day of which nothing is known is empty. */
  async days(account: string, days: readonly string[]): Promise<readonly LedgerDay[]> {
    const { keys } = this.#redis;
    const rows = await this.#redis.ask(`reading what was saved on ${account}`, async (redis) => {
      const pipeline = redis.pipeline();
      for (const day of days) pipeline.hgetall(keys.savingsDay(account, day));
      return await pipeline.exec();
    });
    return days.map((day, i) => dayOf(day, rows?.[i]?.[1], keys.savingsDay(account, day)));
  }

  /** How the instances of the account were called, by id. */
  async names(account: string): Promise<ReadonlyMap<string, NamedInstance>> {
    const stored = await this.#names(account);
    return new Map(stored.map(([id, { name, labels }]) => [id, { name, labels }]));
  }

  async list(): Promise<readonly Saving[]> {
    const { savings } = this.#redis.keys;
    const stored = await this.#redis.ask('reading what was saved', (redis) => redis.hgetall(savings));
    const policies = new Set(Object.keys(stored).map((field) => field.slice(0, field.lastIndexOf('\n'))));
    return [...policies].sort().map((policy) => {
      const number = (what: string) => parseInteger(stored[`${policy}\n${what}`] ?? '0', savings);
      // `milliFen` is what was counted before there was a ledger.
      const milliFen = number('milliFen') + number('milliGrossFen') - number('milliKeptFen');
      return {
        policy,
        gpuSeconds: Math.round(number('milliGpuSeconds') / 1000),
        fen: Math.round(milliFen / 1000),
        unpricedSeconds: Math.round(number('unpricedMs') / 1000),
        stops: number('stops'),
        wrong: number('wrong'),
      };
    });
  }

  /** Forgets the names of what has not been counted for as long as days are kept. Days end by themselves. */
  async trim(account: string, now: number): Promise<number> {
    const keepFrom = new Date(now - (LEDGER_DAYS + 1) * DAY_MS).toISOString().slice(0, 10);
    const old = (await this.#names(account)).flatMap(([id, { day }]) => (day < keepFrom ? [id] : []));
    if (old.length === 0) return 0;
    const key = this.#redis.keys.savingsNames(account);
    return await this.#redis.ask('trimming the ledger of savings', (redis) => redis.hdel(key, ...old));
  }

  async #names(account: string) {
    const key = this.#redis.keys.savingsNames(account);
    const stored = await this.#redis.ask(`reading the names of ${account}`, (redis) => redis.hgetall(key));
    return Object.entries(stored).map(([id, text]) => [id, parseStored(names, text, key)] as const);
  }
}

/** Key, field and numbers of one addition to a day of the ledger. */
export function additionOf(key: string, kind: 's' | 'w', saved: SavedTime): readonly string[] {
  const { policy, instance, ms, gpuMs, grossFen, keptFen, unpricedMs, unkeptMs, stops, wrong } = saved;
  // Money in thousandths: a poll adds a few fen at a time, and rounding those would lose a tenth of the sum.
  const numbers = [ms, gpuMs, grossFen * 1000, keptFen * 1000, unpricedMs, unkeptMs, stops, wrong];
  return [key, `${kind}\n${policy}\n${instance}`, numbers.map((each) => Math.round(each)).join(' ')];
}

function dayOf(day: string, row: unknown, where: string): LedgerDay {
  const saved: SavedTime[] = [];
  const would: SavedTime[] = [];
  let unwatchedMs = 0;
  for (const [field, text] of Object.entries(typeof row === 'object' && row !== null ? row : {})) {
    const numbers = String(text)
      .split(' ')
      .map((each) => parseInteger(each, where));
    if (field === 'u') {
      unwatchedMs += numbers[0] ?? 0;
      continue;
    }
    const [kind, policy, instance] = field.split('\n');
    if (policy === undefined || instance === undefined)
      throw new StoreCorrupt(where, new Error(`"${field}" is no field of a day`));
    const [ms = 0, gpuMs = 0, gross = 0, kept = 0, unpricedMs = 0, unkeptMs = 0, stops = 0, wrong = 0] = numbers;
    const money = { grossFen: gross / 1000, keptFen: kept / 1000 };
    const each = { day, policy, instance, ms, gpuMs, ...money, unpricedMs, unkeptMs, stops, wrong };
    (kind === 'w' ? would : saved).push(each);
  }
  return { day, saved, would, unwatchedMs };
}

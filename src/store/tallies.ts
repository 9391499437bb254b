import { OPERATION_OUTCOMES, type OperationOutcome } from '../fleet/operation.ts';
import { INACTION_REASONS, type InactionReason } from '../fleet/reason.ts';
import { Gathered } from './coalesced.ts';
import { parseInteger } from './parse.ts';
import type { StoreRedis } from './redis.ts';

const HOUR_MS = 3_600_000;
/** The longest look back, a week, and some. */
const KEEP_SECONDS = 8 * 86_400;
const DAY_HOURS = 24;
const WEEK_HOURS = 7 * DAY_HOURS;

/** What one policy did, was kept from doing and saved in some stretch of time. */
export interface PolicyTally {
  /** Operations that came to this in that time; one that was escalated and is confirmed later is both. */
  readonly outcomes: ReadonlyMap<OperationOutcome, number>;
  /** How often it told people something. */
  readonly told: number;
  /** How many different steps (of one instance, for one occurrence) were held back; about one in a hundred off. */
  readonly refusals: ReadonlyMap<InactionReason, number>;
  readonly savedGpuSeconds: number;
  readonly savedFen: number;
}

/** Something to count in one field of an hour's hash. */
interface Count {
  readonly hour: number;
  readonly field: string;
  readonly by: number;
}

interface HourOfCounts {
  readonly hour: number;
  readonly counts: ReadonlyMap<string, number>;
}

/** A step that a policy was kept from. */
export interface Refused {
  readonly policy: string;
  readonly reason: InactionReason;
  /** "account/id", or the account it was decided for. */
  readonly target: string;
  readonly occurrence: string | null;
}

/**
 * What each policy did in each hour, for people to look at. The metrics tell the same over any stretch, where somebody
 * keeps them. Refusals are counted as a set is: said again by another replica, or after a restart, they are the same.
 */
export class Tallies {
  readonly #redis: StoreRedis;
  /** A night's hundreds of outcomes come together. */
  readonly #counts = new Gathered<Count, void>((counts) => this.#count(counts));

  constructor(redis: StoreRedis) {
    this.#redis = redis;
  }

  async outcome(policy: string, outcome: OperationOutcome, at: number): Promise<void> {
    await this.#counts.add({ hour: hourOf(at), field: `${policy}\ndone\n${outcome}`, by: 1 });
  }

  async told(policy: string, at: number): Promise<void> {
    await this.#counts.add({ hour: hourOf(at), field: `${policy}\ntold\nnotify`, by: 1 });
  }

  /** In thousandths, as the savings themselves are kept. */
  async saved(
    policy: string,
    saving: { readonly gpuSeconds: number; readonly fen: number },
    at: number,
  ): Promise<void> {
    const hour = hourOf(at);
    await Promise.all([
      this.#counts.add({ hour, field: `${policy}\nsaved\nmilliGpuSeconds`, by: Math.round(saving.gpuSeconds * 1000) }),
      this.#counts.add({ hour, field: `${policy}\nsaved\nmilliFen`, by: Math.round(saving.fen * 1000) }),
    ]);
  }

  async refused(refusals: readonly Refused[], at: number): Promise<void> {
    if (refusals.length === 0) return;
    const { keys } = this.#redis;
    const hour = hourOf(at);
    const sets = Map.groupBy(refusals, ({ policy, reason }) => `${policy}\nrefused\n${reason}`);
    await this.#redis.ask('counting what policies were kept from', async (redis) => {
      const pipeline = redis.pipeline();
      for (const [field, [first, ...more]] of sets) {
        if (first === undefined) continue;
        const key = keys.tallyRefused(hour, first.policy, first.reason);
        pipeline.pfadd(key, ...[first, ...more].map(({ target, occurrence }) => `${target}|${occurrence ?? ''}`));
        pipeline.expire(key, KEEP_SECONDS);
        pipeline.hset(keys.tally(hour), field, 1);
      }
      pipeline.expire(keys.tally(hour), KEEP_SECONDS);
      await pipeline.exec();
    });
  }

  /** The last 24 hours and 7 days, in whole hours. A policy of which there is nothing to tell has zeros. */
  async lately(now: number): Promise<(policy: string) => { readonly day: PolicyTally; readonly week: PolicyTally }> {
    const last = hourOf(now);
    const hours = Array.from({ length: WEEK_HOURS }, (_, i) => last - i);
    const { keys } = this.#redis;
    const rows = await this.#redis.ask('reading what policies did', async (redis) => {
      const pipeline = redis.pipeline();
      for (const hour of hours) pipeline.hgetall(keys.tally(hour));
      return await pipeline.exec();
    });
    const all = hours.map((hour, i) => ({ hour, counts: countsIn(rows?.[i]?.[1], keys.tally(hour)) }));
    const [day, week] = await Promise.all([this.#sum(all.slice(0, DAY_HOURS)), this.#sum(all)]);
    return (policy) => ({ day: day(policy), week: week(policy) });
  }

  async #sum(hours: readonly HourOfCounts[]): Promise<(policy: string) => PolicyTally> {
    const sums = new Map<string, number>();
    const refused = new Map<string, number[]>();
    for (const { hour, counts } of hours) {
      for (const [field, count] of counts) {
        if (field.includes('\nrefused\n')) refused.set(field, [...(refused.get(field) ?? []), hour]);
        else sums.set(field, (sums.get(field) ?? 0) + count);
      }
    }
    const different = await this.#countRefused(refused);
    return (policy) => tallyOf(policy, sums, different);
  }

  async #countRefused(refused: ReadonlyMap<string, readonly number[]>): Promise<ReadonlyMap<string, number>> {
    if (refused.size === 0) return new Map();
    const fields = [...refused];
    const rows = await this.#redis.ask('reading what policies were kept from', async (redis) => {
      const pipeline = redis.pipeline();
      for (const [field, hours] of fields) {
        const [policy = '', , reason = ''] = field.split('\n');
        pipeline.pfcount(...hours.map((hour) => this.#redis.keys.tallyRefused(hour, policy, reason)));
      }
      return await pipeline.exec();
    });
    return new Map(fields.map(([field], i) => [field, Number(rows?.[i]?.[1] ?? 0)]));
  }

  async #count(counts: readonly Count[]): Promise<void> {
    await this.#redis.ask('counting what policies did', async (redis) => {
      const pipeline = redis.pipeline();
      for (const { hour, field, by } of counts) pipeline.hincrby(this.#redis.keys.tally(hour), field, by);
      for (const hour of new Set(counts.map((count) => count.hour))) {
        pipeline.expire(this.#redis.keys.tally(hour), KEEP_SECONDS);
      }
      await pipeline.exec();
    });
  }
}

function tallyOf(
  policy: string,
  sums: ReadonlyMap<string, number>,
  different: ReadonlyMap<string, number>,
): PolicyTally {
  const sum = (what: string, word: string) => sums.get(`${policy}\n${what}\n${word}`) ?? 0;
  const outcomes = new Map(OPERATION_OUTCOMES.map((outcome) => [outcome, sum('done', outcome)]));
  const refusals = new Map(
    INACTION_REASONS.flatMap((reason) => {
      const count = different.get(`${policy}\nrefused\n${reason}`) ?? 0;
      return count === 0 ? [] : [[reason, count] as const];
    }),
  );
  return {
    outcomes,
    told: sum('told', 'notify'),
    refusals,
    savedGpuSeconds: sum('saved', 'milliGpuSeconds') / 1000,
    savedFen: Math.round(sum('saved', 'milliFen') / 1000),
  };
}

function countsIn(row: unknown, where: string): ReadonlyMap<string, number> {
  if (typeof row !== 'object' || row === null) return new Map();
  return new Map(Object.entries(row).map(([field, value]) => [field, parseInteger(String(value), where)]));
}

function hourOf(at: number): number {
  return Math.floor(at / HOUR_MS);
}

import { z } from 'zod';
import type { SavedTime } from '../fleet/saved-time.ts';
import { ADD_SAVED } from './lua/savings.lua.ts';
import { instanceKeySchema } from './operation-record.ts';
import { parseInteger, parseStored } from './parse.ts';
import type { StoreRedis } from './redis.ts';
import { additionOf, KEEP_LEDGER_SECONDS } from './savings.ts';
import { Script } from './script.ts';

const schema = z.object({
  policy: z.string(),
  instance: instanceKeySchema,
  name: z.string().default(''),
  action: z.enum(['stop', 'cardless-stop']),
  stretch: z.string(),
  seenAt: z.number(),
  at: z.number(),
  hourlyFen: z.number().nullable().default(null),
  stoppedFen: z.number().exactOptional(),
  gpuCount: z.number().default(1),
  outcome: z.enum(['right', 'wrong', 'unknown']).nullable().default(null),
  endedAt: z.number().nullable().default(null),
  untilAt: z.number().exactOptional(),
  unseen: z
    .array(z.tuple([z.number(), z.number()]).readonly())
    .readonly()
    .exactOptional(),
  byCalendar: z.boolean().exactOptional(),
});

/** As decide's `ShadowStop` has it. */
export type StoredShadow = Readonly<z.output<typeof schema>>;

/** What a policy would have stopped, since the beginning. */
export interface ShadowTotal {
  readonly policy: string;
  readonly right: number;
  readonly wrong: number;
  readonly unknown: number;
  readonly gpuSeconds: number;
  readonly fen: number;
}

/** Judged stops are shown for longer than a month, and no more than so many. */
const KEEP_MS = 35 * 86_400_000;
const MOST_KEPT = 10_000;
/** Of a pair that nobody has asked about for so long the instance or the policy is gone. */
const KEEP_PAIR_MS = 35 * 86_400_000;

/**
 * Replaces the record of a pair, unless another replica has done so already, and counts an outcome and what was saved in
 * the same step: both are counted once.
 */
const REPLACE_SHADOW = new Script(
  'replace-shadow',
  `${ADD_SAVED}
local pairsKey = KEYS[1]
local field, before, after, policy, outcome, milliSeconds, milliFen, score, totalsKey, logKey, keepFrom, most, keepDay = unpack(ARGV, 1, 13)
if (redis.call('HGET', pairsKey, field) or '') ~= before then return 0 end
if after == '' then redis.call('HDEL', pairsKey, field) else redis.call('HSET', pairsKey, field, after) end
if outcome ~= '' then
  redis.call('HINCRBY', totalsKey, policy .. '\\n' .. outcome, 1)
end
if tonumber(milliSeconds) > 0 or tonumber(milliFen) > 0 then
  redis.call('HINCRBY', totalsKey, policy .. '\\nmilliGpuSeconds', milliSeconds)
  redis.call('HINCRBY', totalsKey, policy .. '\\nmilliFen', milliFen)
end
if score ~= '' then
  redis.call('ZADD', logKey, score, after)
  redis.call('ZREMRANGEBYSCORE', logKey, '-inf', keepFrom)
  redis.call('ZREMRANGEBYRANK', logKey, 0, -1 - tonumber(most))
end
for at = 14, #ARGV, 3 do addSaved(ARGV[at], ARGV[at + 1], ARGV[at + 2], keepDay) end
return 1
`,
);

/** The stops that observing policies would have made: the last of each pair, a log of those that have ended, and totals. */
export class Shadows {
  readonly #redis: StoreRedis;

  constructor(redis: StoreRedis) {
    this.#redis = redis;
  }

  /** The last one of each policy and instance of the account. */
  async load(account: string): Promise<readonly StoredShadow[]> {
    const stored = await this.#redis.ask(`reading the shadow stops of ${account}`, (redis) =>
      redis.hvals(this.#redis.keys.shadows(account)),
    );
    return stored.map(parse);
  }

  /**
   * Puts `after` in the place of `before`; `null` stands for none. `false`: another replica was there first. `saved` is what
   * is counted with it, once it has ended.
   */
  async replace(
    account: string,
    before: StoredShadow | null,
    after: StoredShadow | null,
    saved: {
      readonly gpuSeconds: number;
      readonly fen: number;
      /** The same by local day, once it has ended, and that it was a stop, once it is judged. */
      readonly ended?: readonly SavedTime[];
      readonly judged?: SavedTime;
    },
    now: number,
  ): Promise<boolean> {
    const pair = after ?? before;
    if (pair === null) return false;
    const { keys } = this.#redis;
    const isJudged = after !== null && after.outcome !== null && (before === null || before.outcome === null);
    const hasEnded = after !== null && after.endedAt !== null && (before === null || before.endedAt === null);
    const isOver = after !== null && after.endedAt !== null && after.outcome !== null;
    const wasOver = before !== null && before.endedAt !== null && before.outcome !== null;
    const judged = isJudged && saved.judged !== undefined ? [saved.judged] : [];
    const additions = [...(hasEnded ? (saved.ended ?? []) : []), ...judged];
    const done = await this.#redis.ask(`noting a shadow stop of ${pair.instance}`, (redis) =>
      REPLACE_SHADOW.run(redis, keys.shadows(account), [
        `${pair.policy}\n${pair.instance}`,
        before === null ? '' : text(before),
        after === null ? '' : text(after),
        pair.policy,
        isJudged ? (after.outcome ?? '') : '',
        hasEnded ? Math.round(saved.gpuSeconds * 1000) : 0,
        hasEnded ? Math.round(saved.fen * 1000) : 0,
        isOver && !wasOver ? after.at : '',
        keys.shadowTotals,
        keys.shadowLog,
        now - KEEP_MS,
        MOST_KEPT,
        KEEP_LEDGER_SECONDS,
        ...additions.flatMap((each) => additionOf(keys.savingsDay(account, each.day), 'w', each)),
      ]),
    );
    return done === 1;
  }

  /** Those that have ended since then, the latest first. */
  async log(since: number, limit: number): Promise<readonly StoredShadow[]> {
    const stored = await this.#redis.ask('reading the shadow stops', (redis) =>
      redis.zrevrangebyscore(this.#redis.keys.shadowLog, '+inf', since, 'LIMIT', 0, limit),
    );
    return stored.map(parse);
  }

  /** By policy; what has not ended yet is not in it. */
  async totals(): Promise<readonly ShadowTotal[]> {
    const { shadowTotals } = this.#redis.keys;
    const stored = await this.#redis.ask('reading what would have been saved', (redis) => redis.hgetall(shadowTotals));
    const policies = new Set(Object.keys(stored).map((field) => field.slice(0, field.lastIndexOf('\n'))));
    return [...policies].sort().map((policy) => {
      const number = (what: string) => parseInteger(stored[`${policy}\n${what}`] ?? '0', shadowTotals);
      return {
        policy,
        right: number('right'),
        wrong: number('wrong'),
        unknown: number('unknown'),
        gpuSeconds: number('milliGpuSeconds') / 1000,
        fen: number('milliFen') / 1000,
      };
    });
  }

  async trim(account: string, now: number): Promise<number> {
    const old = (await this.load(account)).flatMap(({ policy, instance, at }) =>
      at < now - KEEP_PAIR_MS ? [`${policy}\n${instance}`] : [],
    );
    if (old.length === 0) return 0;
    return await this.#redis.ask('trimming shadow stops', (redis) =>
      redis.hdel(this.#redis.keys.shadows(account), ...old),
    );
  }
}

function parse(stored: string): StoredShadow {
  return parseStored(schema, stored, 'a shadow stop');
}

/** Always the same for the same: it is compared. */
function text(stop: StoredShadow): string {
  const {
    policy,
    instance,
    name,
    action,
    stretch,
    seenAt,
    at,
    hourlyFen,
    stoppedFen,
    gpuCount,
    outcome,
    endedAt,
    untilAt,
    unseen,
    byCalendar,
  } = stop;
  return JSON.stringify({
    policy,
    instance,
    name,
    action,
    stretch,
    seenAt,
    at,
    hourlyFen,
    stoppedFen,
    gpuCount,
    outcome,
    endedAt,
    untilAt,
    unseen,
    byCalendar,
  });
}

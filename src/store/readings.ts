import { z } from 'zod';
import {
  ACTIVITY_SIGNALS,
  ACTIVITY_VERDICTS,
  JUDGED,
  type Noise,
  type ProbeReading,
  type SignalReading,
  UNKNOWN_ACTIVITY_REASONS,
} from '../fleet/activity.ts';
import { readDetail, storedDetail } from '../fleet/detail/stored.ts';
import { KeptFields } from './kept-fields.ts';
import { SAVE_READING } from './lua/small.lua.ts';
import { parseStored } from './parse.ts';
import type { StoreRedis } from './redis.ts';

/** As text of older records, too; see storedDetail. */
const told = z.string().default('').transform(readDetail);

const signal = z.object({
  signal: z.enum(ACTIVITY_SIGNALS),
  verdict: z.enum(ACTIVITY_VERDICTS),
  judges: z.enum(JUDGED),
  value: z.number().nullable().default(null),
  threshold: z.number().nullable().default(null),
  unit: z.string().default(''),
  onlyPositive: z.boolean().default(false),
  lastActiveAt: z.number().nullable().default(null),
  detail: told,
});

const noise = z.object({
  threshold: z.number(),
  from: z.number(),
  looks: z.number(),
  active: z.number(),
  alone: z.number(),
  beside: z.number(),
  most: z.number(),
  heights: z.record(z.string(), z.number()),
});

/** One reading, as it is stored. */
export const readingSchema = z.object({
  probe: z.string(),
  at: z.number(),
  verdict: z.enum(ACTIVITY_VERDICTS),
  reason: z.enum(UNKNOWN_ACTIVITY_REASONS).nullable().default(null),
  lastActiveAt: z.number().nullable().default(null),
  judges: z.enum(JUDGED),
  evidence: told,
  signals: z.array(signal).exactOptional(),
  keepAlive: z.object({ owner: z.string(), reason: z.string(), endsAt: z.number() }).exactOptional(),
  presence: z
    .object({
      at: z.number(),
      count: z.number(),
      most: z.object({ count: z.number(), at: z.number() }).exactOptional(),
    })
    .exactOptional(),
  marks: z.record(z.string(), z.number()).exactOptional(),
  noise: z.record(z.string(), noise).exactOptional(),
});
const ofInstance = z.compile(z.record(z.string(), readingSchema));

/**
 * Two looks at once end less than this apart. One that is farther ahead was made by a clock that has been set back since,
 * and would be in the way of every later one until that time comes again.
 */
const AHEAD_MS = 120_000;

/** Nobody believes a reading for so long; what is older is of instances or probes that are gone. */
const KEEP_MS = 7 * 86_400_000;

/** The latest reading of each probe of each instance, pulled or pushed. One hash per account, instance id → JSON by probe. */
export class Readings {
  readonly #redis: StoreRedis;
  readonly #kept = new KeptFields((text, id, account) => parse(text, `${account}/${id}`));

  constructor(redis: StoreRedis) {
    this.#redis = redis;
  }

  /** By instance id. */
  async load(account: string): Promise<ReadonlyMap<string, readonly ProbeReading[]>> {
    const flat = await this.#redis.ask(`reading the activity of ${account}`, (redis) =>
      redis.call('HGETALL', this.#redis.keys.readings(account)),
    );
    return await this.#kept.of(account, flat);
  }

  async loadOne(account: string, instanceId: string): Promise<readonly ProbeReading[]> {
    const text = await this.#redis.ask(`reading the activity of ${account}/${instanceId}`, (redis) =>
      redis.hget(this.#redis.keys.readings(account), instanceId),
    );
    return text === null ? [] : parse(text, `${account}/${instanceId}`);
  }

  /** Replaces what that probe said of the instance before, unless that was said later. */
  async save(account: string, instanceId: string, reading: ProbeReading): Promise<void> {
    const { probe, at, verdict, reason, lastActiveAt, judges, evidence, signals, keepAlive, presence, marks } = reading;
    const noise = reading.noise === undefined ? undefined : storedNoise(reading.noise);
    const text = JSON.stringify({
      probe,
      at,
      verdict,
      reason,
      lastActiveAt,
      judges,
      evidence: storedDetail(evidence),
      // Not an empty list: Redis' own JSON would make a map of it.
      signals: signals?.length === 0 ? undefined : signals?.map((part) => stored(part)),
      keepAlive,
      presence,
      marks,
      noise,
    });
    await this.#redis.ask(`noting the activity of ${account}/${instanceId}`, (redis) =>
      SAVE_READING.run(redis, this.#redis.keys.readings(account), [instanceId, probe, text, AHEAD_MS]),
    );
  }

  /** Removes instances of which nothing was heard for a week. */
  async trim(account: string, now: number): Promise<number> {
    const old: string[] = [];
    for (const [instanceId, readings] of await this.load(account)) {
      if (readings.every(({ at }) => at < now - KEEP_MS)) old.push(instanceId);
    }
    if (old.length === 0) return 0;
    return await this.#redis.ask('trimming readings', (redis) =>
      redis.hdel(this.#redis.keys.readings(account), ...old),
    );
  }
}

/** A reading without its marks, which only its own probe can read. Field by field, like what is kept of each instance. */
export function storedReading(reading: ProbeReading) {
  const { probe, at, verdict, reason, lastActiveAt, judges, evidence, signals, keepAlive, presence } = reading;
  const parts = signals === undefined || signals.length === 0 ? undefined : signals.map((part) => stored(part));
  return {
    probe,
    at,
    verdict,
    reason,
    lastActiveAt,
    judges,
    evidence: storedDetail(evidence),
    signals: parts,
    keepAlive,
    presence,
  };
}

/** Field by field: what a probe adds of its own one day is not stored without being asked about. */
function stored(part: SignalReading) {
  const { signal, verdict, judges, value, threshold, unit, onlyPositive, lastActiveAt, detail } = part;
  return { signal, verdict, judges, value, threshold, unit, onlyPositive, lastActiveAt, detail: storedDetail(detail) };
}

function storedNoise(noise: Readonly<Record<string, Noise>>): Record<string, Noise> {
  const fields = Object.entries(noise).map(([signal, each]) => {
    const { threshold, from, looks, active, alone, beside, most, heights } = each;
    return [signal, { threshold, from, looks, active, alone, beside, most, heights }] as const;
  });
  return Object.fromEntries(fields);
}

function parse(text: string, instance: string): readonly ProbeReading[] {
  return Object.values(parseStored(ofInstance, text, `the readings of ${instance}`));
}

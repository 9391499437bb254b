import { z } from 'zod';
import type { Activity, ProbeReading } from '../fleet/activity.ts';
import { parseStored } from './parse.ts';
import { readingSchema, storedReading } from './readings.ts';
import type { StoreRedis } from './redis.ts';

/** A month, as long as the ledger keeps what can be undone. Redis forgets it by itself. */
const KEEP_S = 30 * 86_400;

const schema = z.object({
  at: z.number(),
  verdict: z.string(),
  since: z.number().nullable(),
  watchedFrom: z.number().nullable(),
  holes: z.number(),
  readings: z.array(readingSchema),
});

/** What the last look before an operation was sent has shown. */
export interface LastEvidence {
  readonly at: number;
  readonly verdict: string;
  /** Idle since. */
  readonly since: number | null;
  readonly watchedFrom: number | null;
  /** Rounds, or rows of them, that were missing meanwhile. */
  readonly holes: number;
  readonly readings: readonly ProbeReading[];
}

/** What stops rest on, by operation, for a month. */
export class EvidenceBook {
  readonly #redis: StoreRedis;

  constructor(redis: StoreRedis) {
    this.#redis = redis;
  }

  async save(operationId: string, activity: Activity): Promise<void> {
    if (activity.kind === 'not-applicable') return;
    const text = JSON.stringify({
      at: activity.at,
      verdict: activity.kind,
      since: activity.kind === 'idle' ? activity.since : null,
      watchedFrom: activity.watched?.from ?? null,
      holes: activity.watched?.holes.length ?? 0,
      readings: activity.readings.map(storedReading),
    });
    await this.#redis.ask(`keeping the evidence of ${operationId}`, (redis) =>
      redis.set(this.#redis.keys.evidence(operationId), text, 'EX', KEEP_S),
    );
  }

  /** `null`: there was none, or it is too long ago. */
  async load(operationId: string): Promise<LastEvidence | null> {
    const text = await this.#redis.ask(`reading the evidence of ${operationId}`, (redis) =>
      redis.get(this.#redis.keys.evidence(operationId)),
    );
    return text === null ? null : parseStored(schema, text, `the evidence of ${operationId}`);
  }
}

import { hash } from 'node:crypto';
import { z } from 'zod';
import { PROVIDER_KINDS } from '../fleet/provider-kind.ts';
import { INCOMPLETE_REASONS, type Snapshot, type Tracked } from '../fleet/snapshot.ts';
import { Coalesced } from './coalesced.ts';
import { SAVE_SNAPSHOT } from './lua/save-snapshot.lua.ts';
import { parseStored } from './parse.ts';
import type { StoreRedis } from './redis.ts';
import { decodeRows, type EncodedRows, encodeRows } from './snapshot-codec.ts';
import { StoreCorrupt } from './store-error.ts';

const metaSchema = z.object({
  account: z.string(),
  provider: z.enum(PROVIDER_KINDS),
  takenAt: z.number(),
  finishedAt: z.number(),
  generation: z.number(),
  complete: z.boolean(),
  incomplete: z.enum(INCOMPLETE_REASONS).nullable().default(null),
  shrunken: z.boolean().default(false),
  balance: z
    .object({ cashFen: z.number(), cardsFen: z.number().default(0), at: z.number() })
    .nullable()
    .default(null),
});

const saved = z.tuple([z.enum(['stored', 'older']), z.number()]);

export type SaveResult =
  | { readonly kind: 'stored'; readonly generation: number }
  /** One that was taken later is there; nothing was changed. */
  | { readonly kind: 'older'; readonly generation: number };

/** Two replicas' clocks may differ by this much. */
const CLOCK_SLACK_MS = 60_000;

interface Known {
  readonly digest: string;
  readonly rows: readonly Tracked[];
  /** As written, where it was this process that wrote them. */
  readonly encoded: EncodedRows | null;
}

/** The latest snapshot of each account. What was read or written last is kept decoded, by digest. */
export class Snapshots {
  readonly #redis: StoreRedis;
  readonly #decoded = new Map<string, Known>();
  readonly #latest = new Coalesced((account: string) => this.#read(account));
  /** What was answered last: the same object for as long as nothing new is stored. */
  readonly #answered = new Map<string, { readonly meta: string; readonly snapshot: Snapshot }>();

  constructor(redis: StoreRedis) {
    this.#redis = redis;
  }

  /**
   * Stores it unless a newer one is there. The generation is given here: one more than what was stored, or what it says.
   * @param now when it is stored, epoch ms: one that is there from far after that was taken before the clock was set back
   */
  async save(snapshot: Snapshot, now: number): Promise<SaveResult> {
    const key = this.#redis.keys.snapshot(snapshot.account);
    const encoded = await encodeRows(snapshot.instances, this.#decoded.get(snapshot.account)?.encoded ?? null);
    // Equal rows give equal bytes, and the compressed ones are few.
    const digest = hash('sha1', encoded.packed);
    const { account, provider, takenAt, finishedAt, complete, incomplete, shrunken, balance } = snapshot;
    const cash = balance && { cashFen: balance.cashFen, cardsFen: balance.cardsFen, at: balance.at };
    const meta = { account, provider, takenAt, finishedAt, complete, incomplete, shrunken, balance: cash };
    const args = [takenAt, now + CLOCK_SLACK_MS, snapshot.generation, JSON.stringify(meta).slice(0, -1), digest];
    const answer = await this.#redis.ask(`storing the snapshot of ${account}`, async (redis) => {
      const first = await SAVE_SNAPSHOT.run(redis, key, [...args, '']);
      const wantsRows = Array.isArray(first) && first[0] === 'rows';
      return wantsRows ? await SAVE_SNAPSHOT.run(redis, key, [...args, encoded.packed]) : first;
    });
    const [kind, generation] = saved.parse(answer);
    if (kind === 'stored') this.#decoded.set(account, { digest, rows: snapshot.instances, encoded });
    return { kind, generation };
  }

  /** `null`: the account has never been listed. @throws StoreCorrupt */
  load(account: string): Promise<Snapshot | null> {
    return this.#latest.get(account);
  }

  async #read(account: string): Promise<Snapshot | null> {
    const key = this.#redis.keys.snapshot(account);
    const what = `reading the snapshot of ${account}`;
    const [meta, digest] = await this.#redis.ask(what, (redis) => redis.hmget(key, 'meta', 'digest'));
    if (!meta || !digest) return null;
    const known = this.#decoded.get(account);
    if (known?.digest === digest) return this.#snapshot(account, meta, known.rows);
    // Read together, since what was read above may have been replaced in between.
    const [text, stored, packed] = await this.#redis.ask(what, (redis) =>
      redis.hmgetBuffer(key, 'meta', 'digest', 'table'),
    );
    if (!text || !stored || !packed) return null;
    try {
      const rows = await decodeRows(packed);
      this.#decoded.set(account, { digest: stored.toString(), rows, encoded: null });
      return this.#snapshot(account, text.toString(), rows);
    } catch (error) {
      throw new StoreCorrupt(key, error);
    }
  }

  /** Forgets an account that is no longer configured. */
  async remove(account: string): Promise<void> {
    this.#decoded.delete(account);
    this.#answered.delete(account);
    const { keys } = this.#redis;
    await this.#redis.ask(`forgetting ${account}`, (redis) =>
      redis.del(keys.snapshot(account), keys.balances(account), keys.shrink(account)),
    );
  }

  #snapshot(account: string, meta: string, instances: readonly Tracked[]): Snapshot {
    const answered = this.#answered.get(account);
    if (answered?.meta === meta && answered.snapshot.instances === instances) return answered.snapshot;
    const snapshot = { ...parseStored(metaSchema, meta, this.#redis.keys.snapshot(account)), instances };
    this.#answered.set(account, { meta, snapshot });
    return snapshot;
  }
}

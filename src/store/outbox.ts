import { z } from 'zod';
import { EVENTS, SEVERITIES } from '../fleet/event.ts';
import type { OpenThread, Parcel } from '../fleet/parcel.ts';
import { PROVIDER_KINDS } from '../fleet/provider-kind.ts';
import { STATUSES } from '../fleet/status.ts';
import {
  DROP_PARCELS,
  LEASE_PARCELS,
  LOAD_OUTBOX,
  LOOK_LATER,
  PUT_PARCEL,
  RETURN_PARCELS,
  TAKE_SEND,
} from './lua/outbox.lua.ts';
import type { StoreRedis } from './redis.ts';

/** More than a night without anybody there; a notifier that never takes anything must not fill Redis. */
const MOST_WAITING = 20_000;
/** The same notification within this is the same; so it was with the queue's own memory. */
const REMEMBER_MS = 86_400_000;
const MOST_REMEMBERED = 20_000;

const line = z.object({ label: z.string(), text: z.string() });
const link = z.object({ label: z.string(), url: z.string() });
const parcelSchema = z.object({
  notification: z.object({
    id: z.string().min(1),
    version: z.literal(1),
    event: z.enum(EVENTS),
    severity: z.enum(SEVERITIES),
    at: z.string(),
    account: z.string().nullable(),
    provider: z.enum(PROVIDER_KINDS).nullable(),
    instance: z.object({ id: z.string(), name: z.string(), status: z.enum(STATUSES) }).nullable(),
    policy: z.string().nullable(),
    action: z.string().nullable(),
    occurrence: z.string().nullable(),
    reason: z.string().nullable(),
    text: z.string(),
    details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  }),
  words: z.object({
    title: z.string(),
    lines: z.array(line),
    links: z.array(link),
    item: z.string(),
    many: z.string(),
    costFen: z.number().nullable().default(null),
    manyLines: z.array(line),
    // Not in what an older version put there.
    itemEvidence: z.string().default(''),
    manyLinks: z.array(link).default([]),
  }),
  group: z.string(),
  opens: z.string().nullable(),
  closes: z.string().nullable(),
});
const openSchema = z.object({ thread: z.string(), parcel: parcelSchema, since: z.number(), repeats: z.number() });

const rowsSchema = z.tuple([
  z.array(z.tuple([z.string(), z.string(), z.string(), z.string(), z.string()])),
  z.string(),
  z.tuple([z.string(), z.string(), z.string(), z.string(), z.string()]),
  z.number(),
]);

const stateSchema = z.tuple([
  z.number(),
  z.array(z.string()),
  z.tuple([z.string().nullable(), z.string().nullable(), z.string().nullable()]),
]);

/** One parcel that waits. Times epoch ms. */
export interface WaitingParcel {
  readonly parcel: Parcel;
  /** The order in which they came. */
  readonly seq: number;
  readonly cameAt: number;
  readonly dueAt: number;
  /** How often it was tried in vain. */
  readonly tries: number;
}

/** Why nothing leaves at present: the receiver takes nothing, or did not answer lately. */
export interface Pause {
  readonly until: number;
  readonly why: 'muted' | 'retry';
  readonly detail: string;
}

export interface OutboxView {
  /** Due first, first. */
  readonly waiting: readonly WaitingParcel[];
  /** All that wait, also those that were not read. */
  readonly count: number;
  /** Ids of what nobody can read: of another version, or broken. */
  readonly unreadable: readonly string[];
  /** When the next of those that somebody is sending is taken back; `null`: nobody sends. */
  readonly leasedUntil: number | null;
  readonly pause: Pause | null;
  /** Attempts in vain since the last delivery. */
  readonly fails: number;
  /** What waited through a mute is told as one. */
  readonly digest: boolean;
}

/** How many wait at a notifier, since when, and what keeps them. */
export interface OutboxState {
  readonly notifier: string;
  readonly waiting: number;
  readonly oldestAt: number | null;
  readonly pause: Pause | null;
}

/** What is to be told and has not been taken yet, by notifier; and what was told and is not over. */
export class Outbox {
  readonly #redis: StoreRedis;
  readonly #newId: () => string;

  constructor(redis: StoreRedis, newId: () => string) {
    this.#redis = redis;
    this.#newId = newId;
  }

  /**
   * `known`: it has been here before, and was or will be told. `full`: it was not taken.
   * @param times `now` and `dueAt` are of the machine's clock, `openedAt` and `lookAt` (for what it opens) of ours
   */
  async put(
    notifier: string,
    parcel: Parcel,
    times: { readonly now: number; readonly dueAt: number; readonly openedAt: number; readonly lookAt: number },
  ): Promise<'taken' | 'known' | 'full'> {
    const { opens, closes, notification } = parcel;
    const open = opens === null ? '' : textOf({ thread: opens, parcel, since: times.openedAt, repeats: 0 });
    const answer = await this.#redis.ask(`queueing for ${notifier}`, (redis) =>
      PUT_PARCEL.run(redis, this.#key(notifier), [
        notification.id,
        JSON.stringify(parcel),
        times.now,
        times.dueAt,
        MOST_WAITING,
        times.now - REMEMBER_MS,
        MOST_REMEMBERED,
        opens ?? '',
        open,
        times.lookAt,
        closes ?? '',
      ]),
    );
    await this.#redis.ask('noting a notifier', (redis) => redis.sadd(this.#redis.keys.outboxes, notifier));
    return answer === 1 ? 'taken' : answer === 0 ? 'known' : 'full';
  }

  async load(notifier: string, now: number, most: number): Promise<OutboxView> {
    const answer = await this.#redis.ask(`reading what ${notifier} is to be told`, (redis) =>
      LOAD_OUTBOX.run(redis, this.#key(notifier), [now, most]),
    );
    const [rows, leased, [until, why, detail, fails, digest], count] = rowsSchema.parse(answer);
    const waiting: WaitingParcel[] = [];
    const unreadable: string[] = [];
    for (const [id, dueAt, tries, cameAt, item] of rows) {
      const blank = item.indexOf(' ');
      const parcel = readable(parcelSchema, item.slice(blank + 1));
      const seq = Number(item.slice(0, blank));
      if (parcel === null) unreadable.push(id);
      else waiting.push({ parcel, seq, cameAt: Number(cameAt), dueAt: Number(dueAt), tries: Number(tries) });
    }
    return {
      waiting,
      unreadable,
      count,
      leasedUntil: leased === '' ? null : Number(leased),
      pause: pauseOf(until, why, detail),
      fails: Number(fails),
      digest: digest === '1',
    };
  }

  /** Takes those of the ids that still wait, for one sender, until then; answers which. */
  async lease(notifier: string, ids: readonly string[], until: number): Promise<readonly string[]> {
    const taken = await this.#redis.ask(`taking what ${notifier} is to be told`, (redis) =>
      LEASE_PARCELS.run(redis, this.#key(notifier), [until, ...ids]),
    );
    return z.array(z.string()).parse(taken);
  }

  /** They are delivered, or given up. */
  async drop(notifier: string, ids: readonly string[]): Promise<void> {
    await this.#redis.ask(`noting what ${notifier} was told`, (redis) =>
      DROP_PARCELS.run(redis, this.#key(notifier), ids),
    );
  }

  /** They wait again. `counts`: the try was in vain, and not merely broken off. */
  async putBack(notifier: string, ids: readonly string[], dueAt: number, counts: boolean): Promise<void> {
    await this.#redis.ask(`putting back what ${notifier} was to be told`, (redis) =>
      RETURN_PARCELS.run(redis, this.#key(notifier), [dueAt, counts ? 1 : 0, ...ids]),
    );
  }

  /** Nothing leaves before then. */
  async pause(notifier: string, pause: Pause): Promise<void> {
    const { until, why, detail } = pause;
    await this.#redis.ask(`pausing ${notifier}`, (redis) =>
      redis
        .multi()
        .hset(`${this.#key(notifier)}state`, { until, why, detail, ...(why === 'muted' && { digest: 1 }) })
        .hincrby(`${this.#key(notifier)}state`, 'fails', 1)
        .exec(),
    );
  }

  /** It takes what it is told. */
  async resume(notifier: string): Promise<void> {
    await this.#redis.ask(`noting that ${notifier} takes what it is told`, (redis) =>
      redis.hdel(`${this.#key(notifier)}state`, 'until', 'why', 'detail', 'fails', 'digest'),
    );
  }

  /** Takes one send out of every limit: 0; or in how many real ms there is one. */
  async takeSend(
    notifier: string,
    limits: readonly { readonly max: number; readonly perMs: number }[],
  ): Promise<number> {
    if (limits.length === 0) return 0;
    const args = limits.flatMap(({ max, perMs }) => [max, perMs]);
    const wait = await this.#redis.ask(`counting what ${notifier} is told`, (redis) =>
      TAKE_SEND.run(redis, this.#key(notifier), [...args, this.#newId()]),
    );
    return Number(wait);
  }

  /** Which of the notifiers were told of the thread and not of its end, each with the id of what told it. */
  async knowing(thread: string, notifiers: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const found = await this.#redis.ask('asking who was told', async (redis) => {
      const pipeline = redis.pipeline();
      for (const notifier of notifiers) pipeline.hget(`${this.#key(notifier)}open`, thread);
      return await pipeline.exec();
    });
    return new Map(
      notifiers.flatMap((notifier, index) => {
        const text = found?.[index]?.[1];
        if (typeof text !== 'string') return [];
        // Who was told by something that nobody can read any more was told all the same.
        return [[notifier, readable(openSchema, text)?.parcel.notification.id ?? ''] as const];
      }),
    );
  }

  /** What is open and to be looked at by now. */
  async dueThreads(notifier: string, now: number, most: number): Promise<readonly OpenThread[]> {
    const key = this.#key(notifier);
    const threads = await this.#redis.ask(`asking what is open at ${notifier}`, (redis) =>
      redis.zrangebyscore(`${key}due`, '-inf', now, 'LIMIT', 0, most),
    );
    if (threads.length === 0) return [];
    const texts = await this.#redis.ask(`reading what is open at ${notifier}`, (redis) =>
      redis.hmget(`${key}open`, ...threads),
    );
    const open = texts.map((text) => (text === null ? null : readable(openSchema, text)));
    for (const [index, thread] of threads.entries()) {
      const found = open[index] ?? null;
      if (found === null) await this.close(notifier, thread);
    }
    return open.flatMap((each) => each ?? []);
  }

  /** `repeats`: how often it has been told again by now; `null`: as often as before. */
  async lookLater(notifier: string, open: OpenThread, at: number, repeats: number | null): Promise<void> {
    const text = repeats === null ? '' : textOf({ ...open, repeats });
    await this.#redis.ask(`noting what is open at ${notifier}`, (redis) =>
      LOOK_LATER.run(redis, this.#key(notifier), [open.thread, at, text]),
    );
  }

  /** It is over, and nobody needs to be told. */
  async close(notifier: string, thread: string): Promise<void> {
    const key = this.#key(notifier);
    await this.#redis.ask(`closing ${thread} at ${notifier}`, (redis) =>
      redis.multi().hdel(`${key}open`, thread).zrem(`${key}due`, thread).exec(),
    );
  }

  async states(notifiers: readonly string[]): Promise<readonly OutboxState[]> {
    const answers = await this.#redis.ask('asking what waits', async (redis) => {
      const pipeline = redis.pipeline();
      for (const notifier of notifiers) {
        const key = this.#key(notifier);
        pipeline.zcard(`${key}came`);
        pipeline.zrangebyscore(`${key}came`, '-inf', '+inf', 'WITHSCORES', 'LIMIT', 0, 1);
        pipeline.hmget(`${key}state`, 'until', 'why', 'detail');
      }
      return await pipeline.exec();
    });
    const found = answers?.map(([, answer]) => answer) ?? [];
    return notifiers.map((notifier, index) => {
      const [waiting, oldest, state] = stateSchema.parse(found.slice(3 * index, 3 * index + 3));
      const [until, why, detail] = state;
      return {
        notifier,
        waiting,
        oldestAt: oldest[1] === undefined ? null : Number(oldest[1]),
        pause: pauseOf(until ?? '', why ?? '', detail ?? ''),
      };
    });
  }

  /** Everybody who was ever queued for. */
  async names(): Promise<readonly string[]> {
    return await this.#redis.ask('asking who is told', (redis) => redis.smembers(this.#redis.keys.outboxes));
  }

  /** Forgets a notifier that is not there any more, with what waited for it; answers how much that was. */
  async forget(notifier: string): Promise<number> {
    const key = this.#key(notifier);
    const left = await this.#redis.ask(`asking what waits for ${notifier}`, (redis) => redis.hlen(`${key}items`));
    const parts = ['items', 'came', 'waiting', 'leased', 'tries', 'seen', 'open', 'due', 'state', 'sent'];
    await this.#redis.ask(`forgetting ${notifier}`, (redis) =>
      redis
        .multi()
        .del(parts.map((part) => `${key}${part}`))
        .srem(this.#redis.keys.outboxes, notifier)
        .exec(),
    );
    return left;
  }

  #key(notifier: string): string {
    return this.#redis.keys.outbox(notifier);
  }
}

/** `null`: it is of another version, or broken. One such thing must not keep the rest from being told. */
function readable<S extends z.ZodType>(schema: S, text: string): z.output<S> | null {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

function textOf(open: OpenThread): string {
  return JSON.stringify(open);
}

function pauseOf(until: string, why: string, detail: string): Pause | null {
  if (until === '' || (why !== 'muted' && why !== 'retry')) return null;
  return { until: Number(until), why, detail };
}

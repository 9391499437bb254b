import { z } from 'zod';
import { parseInstanceKey } from '../fleet/instance.ts';
import { type Notice, noticeId } from '../fleet/notice.ts';
import { NOTICE_DELIVERED, PUT_NOTICE } from './lua/small.lua.ts';
import { instanceKeySchema } from './operation-record.ts';
import { parseStored } from './parse.ts';
import type { StoreRedis } from './redis.ts';

const schema = z.object({
  policy: z.string(),
  instance: instanceKeySchema,
  occurrence: z.string(),
  announcedAt: z.number(),
  deadlineAt: z.number(),
  delivered: z.boolean().default(false),
  deliveredAt: z.number().exactOptional(),
});

export function parseNotice(text: string): Notice {
  return parseStored(schema, text, 'a notice');
}

/** Announced stops that wait for their deadline, by account. */
export class Notices {
  readonly #redis: StoreRedis;

  constructor(redis: StoreRedis) {
    this.#redis = redis;
  }

  /** Keeps it; `true` where it is new. The same again only lengthens the deadline and notes the delivery. */
  async put(notice: Notice): Promise<boolean> {
    const { policy, instance, occurrence, announcedAt, deadlineAt, delivered, deliveredAt } = notice;
    const text = JSON.stringify({ policy, instance, occurrence, announcedAt, deadlineAt, delivered, deliveredAt });
    const args = [noticeId(notice), text, announcedAt, deadlineAt, delivered ? 1 : 0];
    const isNew = await this.#redis.ask(`announcing for ${instance}`, (redis) =>
      PUT_NOTICE.run(redis, this.#key(notice), args),
    );
    return isNew === 1;
  }

  async drop(notice: Notice): Promise<void> {
    await this.#redis.ask(`dropping a notice of ${notice.instance}`, (redis) =>
      redis.hdel(this.#key(notice), noticeId(notice)),
    );
  }

  /** Notes that at least one notifier took it. One that was dropped meanwhile stays dropped. */
  async delivered(notice: Pick<Notice, 'policy' | 'instance' | 'occurrence'>, at: number): Promise<void> {
    await this.#redis.ask(`noting the notice of ${notice.instance}`, (redis) =>
      NOTICE_DELIVERED.run(redis, this.#key(notice), [noticeId(notice), at]),
    );
  }

  async list(account: string): Promise<readonly Notice[]> {
    const stored = await this.#redis.ask('reading notices', (redis) => redis.hvals(this.#redis.keys.notices(account)));
    return stored.map(parseNotice);
  }

  #key(notice: Pick<Notice, 'instance'>): string {
    return this.#redis.keys.notices(accountOf(notice.instance));
  }
}

export function accountOf(instance: string): string {
  return parseInstanceKey(instance)?.account ?? instance.slice(0, Math.max(0, instance.indexOf('/')));
}

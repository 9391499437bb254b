import { z } from 'zod';
import { type Detail, says } from '../fleet/detail/detail.ts';
import { english } from '../fleet/detail/english.ts';
import { readDetail, storedDetail } from '../fleet/detail/stored.ts';
import type { Evidence } from '../fleet/operation.ts';
import { rfc3339 } from '../fleet/rfc3339.ts';
import { AUDIT_LENGTH } from './lua/arm.lua.ts';
import { evidenceSchema } from './operation-record.ts';
import { parseStored } from './parse.ts';
import type { StoreRedis } from './redis.ts';

/** One thing that happened, as it is written down. */
export interface AuditEntry {
  readonly at: number;
  /** `decision`, `hold`, `pause`…; operations write their own `transition`s. */
  readonly kind: string;
  readonly account: string | null;
  readonly instance: string | null;
  readonly policy: string | null;
  readonly reason: string;
  readonly text: string;
  /** The same with its parts, where it has any. */
  readonly told?: Detail | undefined;
  readonly data: Evidence;
}

/** An entry as it is read. `cursor` is its place. */
export interface AuditRecord extends AuditEntry {
  readonly told: Detail;
  readonly cursor: string;
  readonly operation: string | null;
  readonly by: string | null;
}

export interface AuditQuery {
  readonly account?: string;
  readonly instance?: string;
  readonly policy?: string;
  readonly operation?: string;
  readonly kinds?: readonly string[];
  readonly cursor?: string | null;
  readonly limit: number;
}

const head = z.object({
  account: z.string().nullable().default(null),
  instance: z.string().nullable().default(null),
  action: z.string().nullable().default(null),
  policy: z.string().nullable().default(null),
});

const body = z.object({
  at: z.number().default(0),
  account: z.string().nullable().default(null),
  instance: z.string().nullable().default(null),
  policy: z.string().nullable().default(null),
  reason: z.string().default(''),
  text: z.string().default(''),
  told: z.string().optional(),
  data: evidenceSchema.default({}),
  by: z.string().nullable().default(null),
  from: z.string().nullable().default(null),
  to: z.string().nullable().default(null),
  detail: z.string().default(''),
});

const PAGE = 500;
/** The audit is a stream that is read backwards; a rare filter looks at so much of it and then says where it stopped. */
const MAX_SCANNED = 20_000;

/** What was decided and done, newest first, as far back as the stream goes. */
export class Audit {
  readonly #redis: StoreRedis;

  constructor(redis: StoreRedis) {
    this.#redis = redis;
  }

  async add(entry: AuditEntry): Promise<void> {
    const { at, kind, account, instance, policy, reason, text, data } = entry;
    const told = entry.told === undefined ? undefined : storedDetail(entry.told);
    const json = JSON.stringify({ at, account, instance, policy, reason, text, told, data });
    await this.#redis.ask('writing the audit', (redis) =>
      redis.xadd(this.#redis.keys.audit, 'MAXLEN', '~', AUDIT_LENGTH, '*', 'kind', kind, 'body', json),
    );
  }

  async list(query: AuditQuery): Promise<{ readonly items: readonly AuditRecord[]; readonly next: string | null }> {
    const items: AuditRecord[] = [];
    let before = query.cursor ? `(${query.cursor}` : '+';
    for (let scanned = 0; scanned < MAX_SCANNED; scanned += PAGE) {
      const page = await this.#redis.ask('reading the audit', (redis) =>
        redis.xrevrange(this.#redis.keys.audit, before, '-', 'COUNT', PAGE),
      );
      for (const [id, fields] of page) {
        const record = readEntry(id, fields);
        if (!wanted(record, query)) continue;
        items.push(record);
        if (items.length === query.limit) return { items, next: id };
      }
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return { items, next: null };
      before = `(${last[0]}`;
    }
    return { items, next: before.slice(1) };
  }
}

function wanted(record: AuditRecord, query: AuditQuery): boolean {
  return (
    (query.account === undefined || record.account === query.account) &&
    (query.instance === undefined || record.instance === query.instance) &&
    (query.policy === undefined || record.policy === query.policy) &&
    (query.operation === undefined || record.operation === query.operation) &&
    (query.kinds === undefined || query.kinds.includes(record.kind))
  );
}

function readEntry(cursor: string, fields: readonly string[]): AuditRecord {
  const field = (name: string): string | undefined => {
    const i = fields.indexOf(name);
    return i === -1 || i % 2 === 1 ? undefined : fields[i + 1];
  };
  const kind = field('kind') ?? '';
  const read = parseStored(body, field('body') ?? '{}', `audit entry ${cursor}`);
  const { at, reason, by } = read;
  if (kind !== 'transition') {
    const { account, instance, policy, text, data } = read;
    const told = readDetail(read.told ?? text);
    return { cursor, at, kind, account, instance, policy, operation: null, by, reason, text, told, data };
  }
  const about = parseStored(head, field('head') ?? '{}', `audit entry ${cursor}`);
  const { account, instance, policy, action } = about;
  const { from, to } = read;
  const why = readDetail(read.detail);
  const told: Detail = {
    kind: 'operation-moved',
    action: action ?? 'operation',
    from,
    to: to ?? '',
    why: says(why) ? why : null,
  };
  const operation = field('operation') ?? null;
  return {
    cursor,
    at,
    kind,
    account,
    instance,
    policy,
    operation,
    by,
    reason,
    text: english(told, rfc3339),
    told,
    data: { action, from, to, detail: english(why, rfc3339) },
  };
}

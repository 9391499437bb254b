import type { StoreRedis } from './redis.ts';

/** How Redis is doing, by its own account. Bytes; `null` where it does not say. */
export interface RedisHealth {
  readonly usedBytes: number | null;
  /** 0: no limit of its own. */
  readonly limitBytes: number | null;
  readonly machineBytes: number | null;
  /** Did the last write of the append-only file reach the disk? */
  readonly lastWriteOk: boolean | null;
  readonly lastRewriteOk: boolean | null;
}

/** Would it take a write now? One that is full refuses each, and one whose last write failed does so until its disk has room. */
export function takesWrites({ usedBytes, limitBytes, lastWriteOk }: RedisHealth): boolean {
  const isFull = usedBytes !== null && limitBytes !== null && limitBytes > 0 && usedBytes >= limitBytes;
  return lastWriteOk !== false && !isFull;
}

/** @throws StoreDown */
export async function askHealth(store: StoreRedis): Promise<RedisHealth> {
  const [memory, persistence] = await store.ask('asking Redis how it is doing', (redis) =>
    Promise.all([redis.info('memory'), redis.info('persistence')]),
  );
  return {
    usedBytes: count(memory, 'used_memory'),
    limitBytes: count(memory, 'maxmemory'),
    machineBytes: count(memory, 'total_system_memory'),
    lastWriteOk: wentWell(persistence, 'aof_last_write_status'),
    lastRewriteOk: wentWell(persistence, 'aof_last_bgrewrite_status'),
  };
}

function field(info: string, name: string): string | null {
  return new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1] ?? null;
}

function count(info: string, name: string): number | null {
  const value = Number(field(info, name) ?? 'none');
  return Number.isFinite(value) ? value : null;
}

function wentWell(info: string, name: string): boolean | null {
  const word = field(info, name);
  return word === null ? null : word === 'ok';
}

import { isTerminal, OPERATION_STATES } from '../fleet/operation.ts';
import { parseActed } from './acted-record.ts';
import type { LedgerClient } from './ledger-client.ts';
import type { StoreRedis } from './redis.ts';

const DAY_MS = 86_400_000;
/** Evidence about money and deletion outlives a financial year. */
const KEEP_GUARDED_MS = 400 * DAY_MS;
const KEEP_REVERSIBLE_MS = 30 * DAY_MS;
/** So many operations are looked at in one call. */
const BATCH = 500;
const MAX_BATCHES = 20;

/** Removes operations that have ended and were kept long enough. Unfinished ones are never removed. */
export async function trimLedger(client: LedgerClient, now: number): Promise<{ removed: number; more: boolean }> {
  const { keys } = client;
  let removed = 0;
  let after = '-inf';
  for (let batch = 0; batch < MAX_BATCHES; batch++) {
    const pairs = await client.ask(
      (redis) => redis.zrangebyscore(keys.operations, after, '+inf', 'WITHSCORES', 'LIMIT', 0, BATCH),
      'trimming the ledger',
    );
    const ids = pairs.filter((_, i) => i % 2 === 0);
    const rows = await client.ask(async (redis) => {
      const pipeline = redis.pipeline();
      for (const id of ids) pipeline.hmget(keys.operation(id), 'state', 'class', 'at', 'account', 'instance');
      return await pipeline.exec();
    }, 'trimming the ledger');
    let young = ids.length < BATCH;
    const doomed: { readonly id: string; readonly account: string; readonly instance: string }[] = [];
    rows?.forEach(([, row], i) => {
      const id = ids[i];
      if (id === undefined || !Array.isArray(row)) return;
      const [stateWord, cls, at, account, instance]: unknown[] = row;
      const state = OPERATION_STATES.find((one) => one === stateWord);
      const age = now - Number(at);
      if (age < KEEP_REVERSIBLE_MS) young = true;
      const keep = cls === 'reversible' ? KEEP_REVERSIBLE_MS : KEEP_GUARDED_MS;
      if (state !== undefined && isTerminal(state) && age > keep) {
        doomed.push({ id, account: String(account), instance: String(instance) });
      }
    });
    if (doomed.length > 0) {
      await client.ask(async (redis) => {
        const pipeline = redis.pipeline();
        for (const { id, account, instance } of doomed) {
          pipeline.zrem(keys.operationsOfInstance(instance), id);
          pipeline.zrem(keys.operationsOfAccount(account), id);
          pipeline.zrem(keys.operations, id);
          pipeline.del(keys.operation(id));
        }
        return await pipeline.exec();
      }, 'trimming the ledger');
      removed += doomed.length;
    }
    if (young) return { removed, more: false };
    after = `(${pairs.at(-1)}`;
  }
  return { removed, more: true };
}

/** Forgets what policies did to a target when the latest of it is older than an operation is kept. */
export async function trimActed(store: StoreRedis, account: string, now: number): Promise<number> {
  const key = store.keys.acted(account);
  const flat = await store.ask('trimming what policies did', (redis) => redis.call('HGETALL', key));
  if (!Array.isArray(flat)) return 0;
  const old: string[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const steps = parseActed(String(flat[i + 1])).flatMap(({ s }) => s);
    if (steps.every((step) => step.s !== 'open' && step.at < now - KEEP_GUARDED_MS)) old.push(String(flat[i]));
  }
  return old.length === 0 ? 0 : await store.ask('trimming what policies did', (redis) => redis.hdel(key, ...old));
}

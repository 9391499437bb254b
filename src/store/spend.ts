import { parseInteger } from './parse.ts';
import type { StoreRedis } from './redis.ts';

/** Paid requests sent on one local day ("2026-10-01") and what they are held to cost. Counted by the ledger at `sending`. */
export async function readSpend(
  store: StoreRedis,
  account: string,
  day: string,
): Promise<{ calls: number; fen: number }> {
  const key = store.keys.spend(account, day);
  const [calls, fen] = await store.ask(`reading what ${account} spent`, (redis) => redis.hmget(key, 'calls', 'fen'));
  return { calls: parseInteger(calls ?? '0', key), fen: parseInteger(fen ?? '0', key) };
}

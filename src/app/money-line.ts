import { formatDuration } from '../calendar/duration.ts';
import { formatYuan } from '../fleet/money.ts';
import type { Snapshot } from '../fleet/snapshot.ts';
import type { Work } from '../work/ports.ts';
import { moneyOf } from './web-source.ts';

const MINUTE_MS = 60_000;

/** What is on an account and how long it lasts, in one line; empty where its cloud tells no balance. */
export async function moneyLine(work: Work, { account, balance }: Snapshot): Promise<string> {
  if (balance === null) return '';
  const cash = `${formatYuan(balance.cashFen)} yuan`;
  const { runwayMs, runwayPessimisticMs, runwayOptimisticMs, runwayUnknown, unpriced } = await moneyOf(work, account);
  if (runwayUnknown === 'stale-balance') return `${cash} when it was last read, which is too long ago`;
  if (runwayUnknown !== null) {
    const why = unpriced.length === 0 ? '' : `: prices lacks ${unpriced.join(', ')}`;
    return `${cash}, and how long that lasts is not known${why}`;
  }
  const text = (ms: number | null) =>
    ms === null ? 'for ever' : formatDuration(Math.floor(ms / MINUTE_MS) * MINUTE_MS);
  const [low, high] = [text(runwayPessimisticMs), text(runwayOptimisticMs)];
  const band = runwayOptimisticMs === null ? ` (at least ${low})` : ` (from ${low} to ${high})`;
  return `${cash}, lasts ${text(runwayMs)}${low === high ? '' : band}`;
}

import type { Price } from '../fleet/account.ts';
import type { Instance } from '../fleet/instance.ts';
import type { Fen } from '../fleet/money.ts';
import type { Snapshot } from '../fleet/snapshot.ts';
import { hourlyPriceFen, stoppedPriceFen } from './price.ts';

const HOUR_MS = 3_600_000;
/** Clouds charge by the hour; over several hours the steps even out. */
export const LOOK_BACK_MS = 6 * HOUR_MS;
/** A shorter span says nothing about an hour. */
const SHORTEST_SPAN_MS = 10 * 60_000;

/** The cash on an account at one time. */
export interface BalanceSample {
  readonly at: number;
  readonly fen: Fen;
}

/** Since when the balance has been below `fen` without a break, as far back as the samples go; `null`: it is not. */
export function belowSince(samples: readonly BalanceSample[], fen: number): number | null {
  let since: number | null = null;
  for (const sample of newestFirst(samples)) {
    if (!(sample.fen < fen)) break;
    since = sample.at;
  }
  return since;
}

/** What an account burns. */
export interface BurnView {
  /** Fen an hour, not rounded; `null`: not known. */
  readonly burnFenPerHour: number | null;
  /** Products of machines that run by the hour and have no price, where that is why the burn is not known. */
  readonly unpriced: readonly string[];
}

/** By what the balance lost lately, else by the prices of what runs and of what is stopped. */
export function burnView(input: {
  readonly balances: readonly BalanceSample[];
  readonly snapshot: Pick<Snapshot, 'instances'>;
  readonly prices: ReadonlyMap<string, Price>;
  readonly now: number;
}): BurnView {
  const { balances, snapshot, prices, now } = input;
  const known = burnOf(balances, now) ?? burnByPrices(snapshot, prices);
  return { burnFenPerHour: known, unpriced: known === null ? unpricedIn(snapshot, prices) : [] };
}

/**
 * Fen an hour by the falls of the balance. Stretches in which it rose are left out whole: how much was burnt during a
 * top-up cannot be told. `null` when too little was seen, or nothing fell.
 */
export function burnOf(samples: readonly BalanceSample[], now: number): number | null {
  const recent = newestFirst(samples)
    .filter((sample) => sample.at >= now - LOOK_BACK_MS && sample.at <= now)
    .reverse();
  let spentFen = 0;
  let spanMs = 0;
  for (const [index, sample] of recent.entries()) {
    const before = recent[index - 1];
    if (before === undefined || sample.fen > before.fen) continue;
    spentFen += before.fen - sample.fen;
    spanMs += sample.at - before.at;
  }
  if (spanMs < SHORTEST_SPAN_MS || spentFen === 0) return null;
  return (spentFen / spanMs) * HOUR_MS;
}

/** Fen an hour by prices; `null` as soon as one price is missing, since too small a burn promises too long a runway. */
export function burnByPrices(snapshot: Pick<Snapshot, 'instances'>, prices: ReadonlyMap<string, Price>): number | null {
  let sum = 0;
  for (const { instance, stopMode } of snapshot.instances) {
    const isHourly = instance.billing !== 'daily' && instance.billing !== 'monthly';
    // What is stopped costs what the configuration says: no API tells it.
    if (isHourly && instance.status === 'stopped') sum += stoppedPriceFen(instance, prices, stopMode) ?? 0;
  }
  for (const instance of burning(snapshot)) {
    const hourlyFen = hourlyPriceFen(instance, prices);
    if (hourlyFen === null) return null;
    sum += hourlyFen;
  }
  return sum;
}

function unpricedIn(snapshot: Pick<Snapshot, 'instances'>, prices: ReadonlyMap<string, Price>): readonly string[] {
  const missing = burning(snapshot).filter((instance) => hourlyPriceFen(instance, prices) === null);
  return [...new Set(missing.map(({ gpuType }) => gpuType))].filter((type) => type !== '').sort();
}

/** What runs by the hour: prepaid time is paid already. */
function burning({ instances }: Pick<Snapshot, 'instances'>): readonly Instance[] {
  return instances
    .map(({ instance }) => instance)
    .filter(({ status, billing }) => status === 'running' && billing !== 'daily' && billing !== 'monthly');
}

function newestFirst(samples: readonly BalanceSample[]): BalanceSample[] {
  return [...samples].sort((a, b) => b.at - a.at);
}

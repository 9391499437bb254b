import type { Price } from '../fleet/account.ts';
import type { Instance } from '../fleet/instance.ts';

/**
 * What an instance costs by the configured prices, which are those of one card of its product (the clouds sell by the
 * card: 慧星云 API doc, 创建GPU云主机 `gpu_count`); `null`: none is configured, or nobody knows how many cards it has. A limit in
 * money would be no limit where eight cards were taken for one.
 */
export function configuredPrice(
  { gpuType, gpuCount }: Pick<Instance, 'gpuType' | 'gpuCount'>,
  prices: ReadonlyMap<string, Price>,
): Price | null {
  const one = prices.get(gpuType);
  if (one === undefined || gpuCount === null) return null;
  const times = (fen: number | null) => (fen === null ? null : fen * gpuCount);
  return {
    hourlyFen: times(one.hourlyFen),
    dailyFen: times(one.dailyFen),
    monthlyFen: times(one.monthlyFen),
    ...(one.stoppedFen !== undefined && { stoppedFen: one.stoppedFen * gpuCount }),
    ...(one.cardlessFen !== undefined && { cardlessFen: one.cardlessFen * gpuCount }),
  };
}

/** What an hour of it costs while it is up, by its listing or else by the configured prices, in fen; `null`: nobody says. */
export function hourlyPriceFen(instance: Instance, prices: ReadonlyMap<string, Price>): number | null {
  return instance.hourlyFen ?? configuredPrice(instance, prices)?.hourlyFen ?? null;
}

/**
 * What an hour of it still costs while it is stopped, in fen; `null`: nobody says. No cloud documents it, so it is what the
 * configuration says. Without a price of its own a stop without cards is taken to cost what any stop does: it is hardly dearer.
 */
export function stoppedPriceFen(
  instance: Instance,
  prices: ReadonlyMap<string, Price>,
  stopMode: 'normal' | 'cardless' | null,
): number | null {
  const price = configuredPrice(instance, prices);
  if (price === null) return null;
  const stopped = price.stoppedFen ?? null;
  return stopMode === 'cardless' ? (price.cardlessFen ?? stopped) : stopped;
}

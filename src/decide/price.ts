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
  };
}

/** What an hour of it costs while it is up, by its listing or else by the configured prices, in fen; `null`: nobody says. */
export function hourlyPriceFen(instance: Instance, prices: ReadonlyMap<string, Price>): number | null {
  return instance.hourlyFen ?? configuredPrice(instance, prices)?.hourlyFen ?? null;
}

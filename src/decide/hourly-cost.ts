import type { Price } from '../fleet/account.ts';
import type { Instance } from '../fleet/instance.ts';
import { isUp } from '../fleet/status.ts';
import { configuredPrice, hourlyPriceFen } from './price.ts';

const DAY_HOURS = 24;
/** As the clouds sell it. */
const MONTH_DAYS = 30;

/**
 * What an instance costs an hour now, in fen, not rounded: its hourly price while it is up and 0 while it is not, or its
 * share of a day or month that is paid whether it is up or not. `null`: no price is known. What a stopped machine costs
 * (its disk) no cloud tells, so it is left out.
 */
export function hourlyCostFen(instance: Instance, prices: ReadonlyMap<string, Price>): number | null {
  const price = configuredPrice(instance, prices);
  if (instance.billing === 'daily') return perHour(price?.dailyFen, DAY_HOURS);
  if (instance.billing === 'monthly') return perHour(price?.monthlyFen, MONTH_DAYS * DAY_HOURS);
  return isUp(instance.status) ? hourlyPriceFen(instance, prices) : 0;
}

function perHour(fen: number | null | undefined, hours: number): number | null {
  return fen === null || fen === undefined ? null : fen / hours;
}

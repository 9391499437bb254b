import type { Price } from '../fleet/account.ts';
import type { ActionCall, PrepaidUnit } from '../fleet/action-call.ts';
import type { Instance } from '../fleet/instance.ts';
import { type Fen, formatYuan } from '../fleet/money.ts';
import type { No } from './due.ts';
import type { AccountPass } from './pass.ts';
import { configuredPrice } from './price.ts';

const DAY_MS = 86_400_000;

/** At most one renewal in half a unit; of a month the shortest counts, so that February is no trap. */
export const HALF_UNIT_MS: Readonly<Record<PrepaidUnit, number>> = { daily: DAY_MS / 2, monthly: 14 * DAY_MS };

/**
 * What a call is held to cost, in fen: 0 where it costs nothing, `null` where no price is configured for the instance
 * (and for an order, whose price nobody tells).
 */
export function costOf(
  call: ActionCall,
  instance: Instance,
  account: { readonly prices: ReadonlyMap<string, Price> },
): Fen | null {
  if (call.kind === 'create') return null;
  if (call.kind !== 'renew' && call.kind !== 'lengthen') return 0;
  const price = configuredPrice(instance, account.prices);
  if (price === null) return null;
  const unitFen = (call.kind === 'renew' ? call.unit : call.to) === 'daily' ? price.dailyFen : price.monthlyFen;
  if (unitFen === null) return null;
  return call.kind === 'renew' ? unitFen * call.periods : unitFen;
}

/**
 * May the account spend this now? Without a limit nothing is paid; with a limit in money the price must be known.
 * What earlier acts of the same pass take is counted in.
 */
export function spendGuard(account: AccountPass, costFen: Fen | null): No | null {
  const { spend, name } = account.view;
  const no = (detail: string): No => ({ reason: 'spend-limit', detail });
  if (spend === null || (spend.callsPerDay === null && spend.perDayFen === null)) {
    return no(`account ${name} has no spend limit, and without one nothing is paid`);
  }
  const calls = spend.callsToday + account.paidCalls;
  if (spend.callsPerDay !== null && !(calls < spend.callsPerDay)) {
    return no(`account ${name} has made ${calls} of ${spend.callsPerDay} paid calls today`);
  }
  if (spend.perDayFen !== null) {
    if (costFen === null) return no(`no price is configured for this instance, so the money limit cannot be held`);
    const spent = spend.spentTodayFen + account.paidFen;
    if (!(spent + costFen <= spend.perDayFen)) {
      return no(
        `${formatYuan(costFen)} yuan more than the ${formatYuan(spent)} spent today is over ${formatYuan(spend.perDayFen)}`,
      );
    }
  }
  return null;
}

import type { Price } from '../fleet/account.ts';
import type { ActionCall, PrepaidUnit } from '../fleet/action-call.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import type { Instance } from '../fleet/instance.ts';
import type { Fen } from '../fleet/money.ts';
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
  const no = (detail: Detail): No => ({ reason: 'spend-limit', detail });
  if (spend === null || (spend.callsPerDay === null && spend.perDayFen === null)) {
    return no({ kind: 'no-spend-limit', account: name });
  }
  const calls = spend.callsToday + account.paidCalls;
  if (spend.callsPerDay !== null && !(calls < spend.callsPerDay)) {
    return no({ kind: 'calls-spent', account: name, calls, most: spend.callsPerDay });
  }
  if (spend.perDayFen !== null) {
    if (costFen === null) return no({ kind: 'price-unknown' });
    const spent = spend.spentTodayFen + account.paidFen;
    if (!(spent + costFen <= spend.perDayFen)) {
      return no({ kind: 'money-spent', costFen, spentFen: spent, mostFen: spend.perDayFen });
    }
  }
  return null;
}

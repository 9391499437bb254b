import type { Price } from '../fleet/account.ts';
import type { ActionCall, PrepaidUnit } from '../fleet/action-call.ts';
import type { Instance } from '../fleet/instance.ts';
import { type Fen, formatYuan } from '../fleet/money.ts';
import type { No } from './due.ts';
import type { AccountPass } from './pass.ts';
import type { AccountView } from './world.ts';

const DAY_MS = 86_400_000;

/** At most one renewal in half a unit; of a month the shortest counts, so that February is no trap. */
export const HALF_UNIT_MS: Readonly<Record<PrepaidUnit, number>> = { daily: DAY_MS / 2, monthly: 14 * DAY_MS };

/** What a call is held to cost, in fen; `null`: no price is configured for the instance. Calls that cost nothing are 0. */
export function costOf(call: ActionCall, instance: Instance, account: AccountView): Fen | null {
  if (call.kind === 'renew') return times(unitPrice(call.unit, instance, account), call.periods);
  if (call.kind === 'lengthen') return unitPrice(call.to, instance, account);
  return 0;
}

function unitPrice(unit: PrepaidUnit, instance: Instance, account: AccountView): Fen | null {
  const price: Price | undefined = account.prices.get(instance.gpuType);
  if (price === undefined) return null;
  return unit === 'daily' ? price.dailyFen : price.monthlyFen;
}

function times(fen: Fen | null, count: number): Fen | null {
  return fen === null ? null : fen * count;
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

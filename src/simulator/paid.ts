import { catalogueDefaults, gpuName, priceFen } from './catalogue.ts';
import { DAY_MS } from './clocks.ts';
import { unitFen } from './meter.ts';
import type { Cause, Outcome } from './outcome.ts';
import type { SimRules } from './rules.ts';
import { addCalendarMonths, addDays } from './shanghai-time.ts';
import { makeInstance, makeOrderUid, type SimBilling, type SimInstance } from './sim-instance.ts';
import type { SimulatedAccount } from './simulated-account.ts';

/** The periods a renewal may ask for (慧星云 API doc, 实例续费). */
const RENEW_PERIODS = { hourly: [], daily: [1, 3, 7], monthly: [1, 3, 12] } as const satisfies Record<
  SimBilling,
  readonly number[]
>;

/** `at` plus `count` units of a billing mode; hourly has no unit to add. */
function addUnits(at: number, billing: SimBilling, count: number, rules: SimRules): number {
  switch (billing) {
    case 'hourly':
      return at;
    case 'daily':
      return addDays(at, count);
    case 'monthly':
      return rules.month === 'calendar' ? addCalendarMonths(at, count) : at + count * 30 * DAY_MS;
  }
}

/** 慧星云 实例续费: adds `periods` of the instance's own unit. An instance past its expiry is extended from now. */
export function renew(account: SimulatedAccount, id: string, cause: Cause, periods: number): Outcome {
  const instance = account.raw(id);
  if (instance === undefined || instance.status === 'ordered') return 'not-found';
  if (instance.expiresAt === null) return 'wrong-billing';
  if (!RENEW_PERIODS[instance.billing].some((allowed) => allowed === periods)) return 'bad-argument';
  const costFen = unitFen(instance, instance.billing) * periods;
  if (!account.pay(costFen, `续费 ${id}`, cause.at)) return 'no-balance';
  const expiresAtBefore = instance.expiresAt;
  const expiresAtAfter = addUnits(Math.max(expiresAtBefore, cause.at), instance.billing, periods, account.rules);
  instance.expiresAt = expiresAtAfter;
  account.record('renew', cause, instance, { costFen, expiresAtBefore, expiresAtAfter });
  account.touch(instance);
  return null;
}

/** 慧星云 修改实例计费模式: hourly to daily or monthly, daily to monthly; one unit is charged. */
export function lengthen(account: SimulatedAccount, id: string, cause: Cause, to: 'daily' | 'monthly'): Outcome {
  const instance = account.raw(id);
  if (instance === undefined || instance.status === 'ordered') return 'not-found';
  if (instance.billing === 'monthly' || instance.billing === to) return 'wrong-billing';
  const costFen = unitFen(instance, to);
  if (!account.pay(costFen, `修改计费模式 ${id}`, cause.at)) return 'no-balance';
  const expiresAtBefore = instance.expiresAt;
  const expiresAtAfter = addUnits(Math.max(expiresAtBefore ?? 0, cause.at), to, 1, account.rules);
  instance.billing = to;
  instance.expiresAt = expiresAtAfter;
  account.record('lengthen', cause, instance, { costFen, expiresAtBefore, expiresAtAfter });
  account.touch(instance);
  return null;
}

/** What an order asks for. */
export interface Order {
  readonly gpu: string;
  readonly gpuCount: number;
  readonly billing: SimBilling;
  readonly room: string;
  readonly imageId: string;
  readonly imageName: string;
  readonly imageTag: string;
  readonly name: string | null;
  /** huixingyun: listed only after a while; chenyu: at once, starting or waiting to be started. */
  readonly begins: 'ordered' | 'creating' | 'created' | 'starting';
  readonly orderUid?: string;
}

/** Buys one instance. Prepaid modes are charged one unit, hourly needs an hour's price on the account. */
export function buy(account: SimulatedAccount, cause: Cause, order: Order): SimInstance | Exclude<Outcome, null> {
  if (account.isOutOfStock(order.gpu)) return 'no-stock';
  const { rules } = account;
  const unitFen = priceFen(order.gpu, order.gpuCount, order.billing);
  const costFen = order.billing === 'hourly' ? 0 : unitFen;
  if (account.balanceAtHandFen < unitFen) return 'no-balance';
  if (costFen > 0 && !account.pay(costFen, '创建实例', cause.at)) return 'no-balance';
  const { begins } = order;
  const instance = makeInstance(
    account.provider,
    {
      gpu: order.gpu,
      gpuCount: order.gpuCount,
      billing: order.billing,
      room: order.room,
      imageId: order.imageId,
      imageName: order.imageName,
      imageTag: order.imageTag,
      name: order.name ?? `${gpuName(order.gpu)} * ${order.gpuCount}`,
      createdAt: cause.at,
      status: begins,
      next: firstStep(begins, cause.at, rules),
      orderUid: order.orderUid ?? makeOrderUid(account.random, cause.at),
      ...(order.billing === 'hourly' ? {} : { expiresAt: addUnits(cause.at, order.billing, 1, rules) }),
    },
    catalogueDefaults(account.provider),
    { now: cause.at, random: account.random },
  );
  account.insert(instance);
  account.record('buy', cause, instance, { costFen, orderUid: instance.orderUid });
  return instance;
}

function firstStep(begins: Order['begins'], at: number, rules: SimRules): SimInstance['next'] {
  switch (begins) {
    case 'ordered':
      return { status: 'creating', at: at + rules.appearMs };
    case 'creating':
      return { status: 'running', at: at + rules.creatingMs };
    case 'starting':
      return { status: 'running', at: at + rules.startingMs };
    case 'created':
      return null;
  }
}

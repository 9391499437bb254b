import type { Price } from '../fleet/account.ts';
import { interrupts } from '../fleet/action.ts';
import type { Instance, InstanceKey } from '../fleet/instance.ts';
import type { Tracked } from '../fleet/snapshot.ts';
import { isUp } from '../fleet/status.ts';
import type { ComingDecision, Forecast } from './forecast.ts';
import { hourlyPriceFen } from './price.ts';
import type { AccountView } from './world.ts';

const HOUR_MS = 3_600_000;

/** What the coming time comes to for one instance. Money in fen, not rounded; `null`: its price is not known. */
export interface ComingUse {
  readonly key: InstanceKey;
  readonly name: string;
  /** How long it will be up, and how long it would be without policies, ms. */
  readonly upMs: number;
  readonly upWithoutMs: number;
  /** By its hourly price, for as long as it is up; 0 for what is paid by the day or month. */
  readonly fen: number | null;
  readonly withoutFen: number | null;
  /** What renewals and changes of billing cost; `null`: one of them has no known price. */
  readonly paidFen: number | null;
  /** Acts that somebody who works there would notice. */
  readonly interruptions: number;
  /** What will be done, in the order of time. */
  readonly acts: readonly ComingDecision[];
}

/** What the coming time comes to on one account, by instance, in the order of the listing. */
export function comingUse(forecast: Forecast, account: AccountView): readonly ComingUse[] {
  const acts = new Map<InstanceKey, ComingDecision[]>();
  for (const each of forecast.coming) {
    if (each.kind !== 'act' || each.instance === null) continue;
    const list = acts.get(each.instance);
    if (list === undefined) acts.set(each.instance, [each]);
    else list.push(each);
  }
  return account.instances.map(({ key, tracked }) => useOf(tracked, key, acts.get(key) ?? [], forecast, account));
}

function useOf(
  { instance, stoppedBy }: Tracked,
  key: InstanceKey,
  acts: readonly ComingDecision[],
  { from, reached }: Forecast,
  { prices, provider }: AccountView,
): ComingUse {
  const wasUp = isUp(instance.status);
  let up = wasUp;
  let since = from;
  let upMs = 0;
  let interruptions = 0;
  for (const { at, action } of acts) {
    if (up) upMs += at - since;
    since = at;
    const after = isUpAfter(action, provider, up);
    if (up && (!after || action === 'restart')) interruptions += 1;
    up = after;
  }
  if (up) upMs += reached - since;
  // What a policy has stopped would be up without it.
  const upWithoutMs = wasUp || stoppedBy !== null ? reached - from : 0;
  const hourlyFen = hourlyFenOf(instance, prices);
  const cost = (ms: number) => (hourlyFen === null && ms > 0 ? null : ((hourlyFen ?? 0) * ms) / HOUR_MS);
  return {
    key,
    name: instance.name,
    upMs,
    upWithoutMs,
    fen: cost(upMs),
    withoutFen: cost(upWithoutMs),
    paidFen: paidOf(acts),
    interruptions,
    acts,
  };
}

/** What renewals and changes of billing among some acts cost, fen; `null`: one of them has no known price. */
export function paidOf(acts: readonly ComingDecision[]): number | null {
  let fen = 0;
  for (const { action, costYuan } of acts) {
    if (action !== 'renew' && action !== 'lengthen') continue;
    if (costYuan === null) return null;
    fen += Math.round(Number(costYuan) * 100);
  }
  return fen;
}

/** Is it up once that is done? */
function isUpAfter(action: string, provider: AccountView['provider'], before: boolean): boolean {
  switch (action) {
    case 'stop':
    case 'cardless-stop':
    case 'destroy':
      return false;
    case 'start':
    case 'restart':
      return true;
    case 'snapshot':
      return interrupts('snapshot', provider) ? false : before;
    default:
      return before;
  }
}

/** What time costs that is paid as it goes by. */
function hourlyFenOf(instance: Instance, prices: ReadonlyMap<string, Price>): number | null {
  if (instance.billing === 'daily' || instance.billing === 'monthly') return 0;
  return hourlyPriceFen(instance, prices);
}

/** Sums over instances. Money is a lower bound where `unpriced` are left out of it. */
export interface ComingBill {
  readonly instances: number;
  readonly unpriced: number;
  readonly upMs: number;
  readonly upWithoutMs: number;
  readonly fen: number;
  readonly withoutFen: number;
  readonly paidFen: number;
  readonly interruptions: number;
}

export function comingBill(uses: readonly ComingUse[]): ComingBill {
  const sum = (of: (use: ComingUse) => number) => uses.reduce((total, use) => total + of(use), 0);
  const isPriced = ({ fen, withoutFen, paidFen }: ComingUse) => fen !== null && withoutFen !== null && paidFen !== null;
  const priced = uses.filter(isPriced);
  const money = (of: (use: ComingUse) => number | null) => priced.reduce((total, use) => total + (of(use) ?? 0), 0);
  return {
    instances: uses.length,
    unpriced: uses.length - priced.length,
    upMs: sum(({ upMs }) => upMs),
    upWithoutMs: sum(({ upWithoutMs }) => upWithoutMs),
    fen: money(({ fen }) => fen),
    withoutFen: money(({ withoutFen }) => withoutFen),
    paidFen: money(({ paidFen }) => paidFen),
    interruptions: sum(({ interruptions }) => interruptions),
  };
}

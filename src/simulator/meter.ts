import { priceFen } from './catalogue.ts';
import { HOUR_MS } from './clocks.ts';
import { type Random, randomHex } from './random.ts';
import type { SimRules } from './rules.ts';
import type { SimBill } from './sim-account.ts';
import type { SimBilling, SimInstance } from './sim-instance.ts';
import { Wallet } from './wallet.ts';

// The newest bills are what a listing shows first; a long demo must not grow without end.
const BILLS_KEPT = 2000;

/** An account's wallet, what each instance draws from it, and the bills. A bill is written when a stretch of running ends. */
export class Meter {
  readonly wallet: Wallet;
  readonly bills: SimBill[];
  readonly #random: Random;
  readonly #runs = new Map<string, { rateFen: number; sinceAt: number }>();

  constructor(saved: ConstructorParameters<typeof Wallet>[0] & { bills: readonly SimBill[] }, random: Random) {
    this.wallet = new Wallet(saved);
    this.bills = [...saved.bills];
    this.#random = random;
  }

  isRunning(id: string): boolean {
    return this.#runs.has(id);
  }

  /** Makes `id` cost `rateFen` per hour from now on; 0 ends its costs. */
  setRate(id: string, rateFen: number): void {
    const run = this.#runs.get(id);
    if ((run?.rateFen ?? 0) === rateFen) return;
    if (run !== undefined) this.#endRun(id, run);
    if (rateFen <= 0) return;
    this.#runs.set(id, { rateFen, sinceAt: this.wallet.remainder.accruedAt });
    this.wallet.changeRate(rateFen);
  }

  /** Takes money for a paid call; false (and nothing taken) when the balance does not cover it. */
  pay(fen: number, remark: string, at: number): boolean {
    if (fen > this.wallet.balanceFen) return false;
    this.wallet.take(fen);
    this.#bill({ amountFen: fen, startAt: at, endAt: at, remark });
    return true;
  }

  #endRun(id: string, run: { rateFen: number; sinceAt: number }): void {
    this.#runs.delete(id);
    this.wallet.changeRate(-run.rateFen);
    const endAt = this.wallet.remainder.accruedAt;
    const amountFen = Math.floor((run.rateFen * (endAt - run.sinceAt)) / HOUR_MS);
    if (amountFen > 0) this.#bill({ amountFen, startAt: run.sinceAt, endAt, remark: `按量计费 ${id}` });
  }

  #bill(bill: Omit<SimBill, 'orderNumber'>): void {
    if (this.bills.length >= BILLS_KEPT) this.bills.splice(0, BILLS_KEPT / 2);
    this.bills.push({ ...bill, orderNumber: `ORD${randomHex(this.#random, 16)}` });
  }
}

/** What one unit of a billing mode costs for an instance, in fen: by its own price, else by the catalogue. */
export function unitFen(instance: SimInstance, billing: SimBilling): number {
  return instance.price?.[billing] ?? priceFen(instance.gpu, instance.gpuCount, billing);
}

/** What an instance costs per hour just now, in fen. Daily and monthly ones are paid ahead. */
export function hourlyRateFen(instance: SimInstance, rules: SimRules): number {
  if (instance.billing !== 'hourly') return 0;
  const fullFen = unitFen(instance, 'hourly');
  switch (instance.status) {
    case 'running':
    case 'restarting':
    case 'stopping':
      return fullFen;
    case 'stopped': {
      if (instance.price !== undefined) return instance.cardless ? instance.price.cardless : instance.price.stopped;
      const percent = instance.cardless ? rules.stoppedPercent.cardless : rules.stoppedPercent.normal;
      return Math.floor((fullFen * percent) / 100);
    }
    case 'ordered':
    case 'creating':
    case 'created':
    case 'starting':
    case 'destroyed':
      return 0;
  }
}

import { HOUR_MS } from './clocks.ts';

/**
 * An account's money: integer fen, going down by the running instances' hourly prices.
 * Accrual is exact: a rate of fen per hour times milliseconds is an integer number of fen-milliseconds, and whole fen
 * are taken out as soon as they are complete.
 */
export class Wallet {
  #balanceFen: number;
  #accruedFenMs: number;
  #accruedAt: number;
  #ratesFen = 0;

  constructor(start: { balanceFen: number; accruedFenMs: number; accruedAt: number }) {
    this.#balanceFen = start.balanceFen;
    this.#accruedFenMs = start.accruedFenMs;
    this.#accruedAt = start.accruedAt;
  }

  get balanceFen(): number {
    return this.#balanceFen;
  }

  /** Fen per hour that all running instances cost together. */
  get hourlyFen(): number {
    return this.#ratesFen;
  }

  /** For saving: the part of a fen already used up, and until when. */
  get remainder(): { accruedFenMs: number; accruedAt: number } {
    return { accruedFenMs: this.#accruedFenMs, accruedAt: this.#accruedAt };
  }

  changeRate(byFen: number): void {
    this.#ratesFen += byFen;
  }

  /** Takes (or, negative, gives) an amount at once. */
  take(fen: number): void {
    this.#balanceFen -= fen;
  }

  set(balanceFen: number): void {
    this.#balanceFen = balanceFen;
    this.#accruedFenMs = 0;
  }

  /** Charges running costs up to `at`. Going backwards does nothing. */
  accrueTo(at: number): void {
    const elapsedMs = at - this.#accruedAt;
    if (elapsedMs <= 0) return;
    this.#accruedAt = at;
    this.#accruedFenMs += elapsedMs * this.#ratesFen;
    const wholeFen = Math.floor(this.#accruedFenMs / HOUR_MS);
    this.#balanceFen -= wholeFen;
    this.#accruedFenMs -= wholeFen * HOUR_MS;
  }

  /** When the balance falls to `levelFen` at the present rate: the accrued time if it already has, null if never. */
  reachesAt(levelFen: number): number | null {
    const leftFen = this.#balanceFen - levelFen;
    if (leftFen <= 0) return this.#accruedAt;
    if (this.#ratesFen <= 0) return null;
    return this.#accruedAt + Math.ceil((leftFen * HOUR_MS - this.#accruedFenMs) / this.#ratesFen);
  }
}

import type { Fen } from '../../fleet/money.ts';

/** What a machine is at, as a timeline shows it. `moving`: on its way up or down. */
export const DOINGS = ['busy', 'idle', 'unknown', 'moving', 'off', 'cardless', 'gone'] as const;
export type Doing = (typeof DOINGS)[number];

/** One machine through the simulated time. Times are epoch ms. */
export interface Track {
  /** Instants, and from each on what it is at. */
  readonly changes: { readonly at: number; readonly doing: Doing }[];
  upMs: number;
  /** Fen times ms of what it cost by the hour, so that sums stay exact. */
  fenMs: number;
  /** Renewals and changes of billing. */
  paidFen: Fen;
  /** Since when the following hold. */
  sinceAt: number;
  isUp: boolean;
  rateFen: number;
}

export const HOUR_MS = 3_600_000;

/** What an account spends hour by hour, from the beginning of the simulated time on. */
export class HourBook {
  readonly #from: number;
  /** Fen times ms, by hour. */
  readonly #running: Float64Array;
  /** Fen, by hour: what was paid at once, and what was paid in. */
  readonly #paid: Float64Array;
  readonly #paidIn: Float64Array;

  constructor(from: number, until: number) {
    this.#from = from;
    const hours = Math.max(1, Math.ceil((until - from) / HOUR_MS));
    this.#running = new Float64Array(hours);
    this.#paid = new Float64Array(hours);
    this.#paidIn = new Float64Array(hours);
  }

  run(rateFen: number, since: number, at: number): void {
    if (rateFen === 0) return;
    let from = since;
    while (from < at) {
      const hour = Math.floor((from - this.#from) / HOUR_MS);
      const to = Math.min(at, this.#from + (hour + 1) * HOUR_MS);
      this.#running[hour] = (this.#running[hour] ?? 0) + rateFen * (to - from);
      from = to;
    }
  }

  pay(fen: Fen, at: number): void {
    const hour = Math.floor((at - this.#from) / HOUR_MS);
    const book = fen < 0 ? this.#paidIn : this.#paid;
    book[hour] = (book[hour] ?? 0) + Math.abs(fen);
  }

  /** Fen by hour, not rounded. */
  get runningFen(): readonly number[] {
    return Array.from(this.#running, (fenMs) => fenMs / HOUR_MS);
  }

  get paidFen(): readonly number[] {
    return Array.from(this.#paid);
  }

  get paidInFen(): readonly number[] {
    return Array.from(this.#paidIn);
  }
}

import type { Zone } from '../../calendar/zone.ts';
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

/** The time that is led through, epoch ms. */
export interface TimeSpan {
  readonly from: number;
  readonly until: number;
  readonly zone: Zone;
}

export const HOUR_MS = 3_600_000;

/** When the hour began that the clocks of a zone show at an instant. */
export function hourBegan(at: number, zone: Zone): number {
  const past = (at + zone.offsetMs(at)) % HOUR_MS;
  return at - (past < 0 ? past + HOUR_MS : past);
}

/** What an account spends hour by hour, from the hour of the clock on in which the simulated time begins. */
export class HourBook {
  readonly #from: number;
  /** Fen times ms, by hour. */
  readonly #running: Float64Array;
  /** Fen, by hour: what was paid at once, and what was paid in. */
  readonly #paid: Float64Array;
  readonly #paidIn: Float64Array;

  constructor({ from, until, zone }: TimeSpan) {
    this.#from = hourBegan(from, zone);
    const hours = Math.max(1, Math.ceil((until - this.#from) / HOUR_MS));
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

  /** What was known at the end of each hour, of values by time; `null`: none was read within an hour. */
  known(values: readonly { readonly at: number; readonly fen: number }[]): readonly (number | null)[] {
    let next = 0;
    return Array.from(this.#running, (_, hour) => {
      const end = this.#from + (hour + 1) * HOUR_MS;
      while ((values[next]?.at ?? Number.POSITIVE_INFINITY) < end) next += 1;
      const last = values[next - 1];
      return last === undefined || last.at < end - HOUR_MS ? null : last.fen;
    });
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

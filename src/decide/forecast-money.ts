import type { Policy } from '../policy/policy.ts';
import { burnByPrices } from './burn.ts';
import type { AccountView } from './world.ts';

const HOUR_MS = 3_600_000;

/** The levels that policies ask about: balances in fen, runways in ms. */
export interface MoneyLevels {
  readonly balances: readonly number[];
  readonly runways: readonly number[];
}

export function moneyLevels(policies: readonly Policy[]): MoneyLevels {
  const conditions = policies.filter(({ enabled }) => enabled).flatMap((policy) => policy.conditions);
  return {
    balances: conditions.flatMap((each) => (each.kind === 'balanceBelow' ? [each.fen] : [])),
    runways: conditions.flatMap((each) => (each.kind === 'runwayBelow' ? [each.ms] : [])),
  };
}

/** The money of one account that machines of its own draw from, as it goes down. */
export class ForecastMoney {
  readonly #levels: MoneyLevels;
  readonly #below = new Map<number, number>();
  readonly #short = new Map<number, number>();
  #balanceFen: number | null;
  #runwayMs: number | null;

  /** @param view as it is at the beginning: since when it is low stays so */
  constructor(view: AccountView, levels: MoneyLevels) {
    this.#levels = levels;
    this.#balanceFen = view.balanceFen;
    this.#runwayMs = view.runwayMs;
    for (const fen of levels.balances) put(this.#below, fen, view.balanceBelowSince(fen));
    for (const ms of levels.runways) put(this.#short, ms, view.runwayBelowSince(ms));
  }

  /** @returns whether some policy's level has been crossed */
  moveTo(now: number, view: AccountView, balanceFen: number): boolean {
    const burn = burnByPrices({ instances: view.instances.map(({ tracked }) => tracked) }, view.prices);
    this.#balanceFen = balanceFen;
    this.#runwayMs = burn === null || burn <= 0 ? null : Math.max(0, (balanceFen / burn) * HOUR_MS);
    let isCrossed = false;
    for (const fen of this.#levels.balances) if (turn(this.#below, fen, balanceFen < fen, now)) isCrossed = true;
    for (const ms of this.#levels.runways) {
      const isShort = this.#runwayMs !== null && this.#runwayMs < ms;
      if (turn(this.#short, ms, isShort, now)) isCrossed = true;
    }
    return isCrossed;
  }

  /** The account with its money as it is now. */
  over(view: AccountView): AccountView {
    return {
      ...view,
      balanceFen: this.#balanceFen,
      runwayMs: this.#runwayMs,
      balanceBelowSince: (fen) => this.#below.get(fen) ?? null,
      runwayBelowSince: (ms) => this.#short.get(ms) ?? null,
    };
  }
}

function put(map: Map<number, number>, level: number, since: number | null): void {
  if (since !== null) map.set(level, since);
}

function turn(map: Map<number, number>, level: number, isBelow: boolean, now: number): boolean {
  if (isBelow === map.has(level)) return false;
  if (isBelow) map.set(level, now);
  else map.delete(level);
  return true;
}

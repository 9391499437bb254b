import { ADD_MONEY_POINT } from './lua/money-point.lua.ts';
import { parseInteger } from './parse.ts';
import type { StoreRedis } from './redis.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How far back somebody may look, and how finely. */
export const MONEY_RANGES = ['6h', '3d', '90d'] as const;
export type MoneyRange = (typeof MONEY_RANGES)[number];

/** The same at three grains, each a list of its own: 6 h by the minute, 3 days by ten, 90 days by the hour. */
export const MONEY_GRAINS: Readonly<Record<MoneyRange, { readonly stepMs: number; readonly spanMs: number }>> = {
  '6h': { stepMs: MINUTE_MS, spanMs: 6 * HOUR_MS },
  '3d': { stepMs: 10 * MINUTE_MS, spanMs: 3 * DAY_MS },
  '90d': { stepMs: HOUR_MS, spanMs: 90 * DAY_MS },
};

/** How the money of an account stood at one time. `null`: not known then, or nothing was burnt. */
export interface MoneyPoint {
  readonly at: number;
  readonly balanceFen: number | null;
  readonly burnFenPerHour: number | null;
  readonly runwayMs: number | null;
}

/**
 * How balance, burn and runway of each account went, for people to look at; nothing is decided by it. At most 2 952 points
 * of about 30 bytes per account, whatever happens: 100 kB in Redis, measured.
 */
export class MoneyHistory {
  readonly #redis: StoreRedis;

  constructor(redis: StoreRedis) {
    this.#redis = redis;
  }

  async add(account: string, point: MoneyPoint): Promise<void> {
    const grains = MONEY_RANGES.flatMap((range) => {
      const { stepMs, spanMs } = MONEY_GRAINS[range];
      return [this.#redis.keys.money(account, range), stepMs / 1000, spanMs / stepMs];
    });
    const known = [
      numeral(point.balanceFen),
      numeral(point.burnFenPerHour),
      numeral(point.runwayMs === null ? null : point.runwayMs / 1000),
    ].join(' ');
    await this.#redis.ask(`noting the money of ${account}`, (redis) =>
      ADD_MONEY_POINT.run(redis, this.#redis.keys.prefix, [Math.floor(point.at / 1000), known, ...grains]),
    );
  }

  /** Oldest first, to the second and to the fen; nothing that is older than the range. */
  async list(account: string, range: MoneyRange, now: number): Promise<readonly MoneyPoint[]> {
    const key = this.#redis.keys.money(account, range);
    const stored = await this.#redis.ask(`reading the money of ${account}`, (redis) => redis.lrange(key, 0, -1));
    const from = now - MONEY_GRAINS[range].spanMs;
    return stored.toReversed().flatMap((line) => {
      const [seconds, balance, burn, runway] = line.split(' ');
      const at = parseInteger(seconds, key) * 1000;
      if (at < from) return [];
      const runwaySeconds = known(runway, key);
      return [
        {
          at,
          balanceFen: known(balance, key),
          burnFenPerHour: known(burn, key),
          runwayMs: runwaySeconds === null ? null : runwaySeconds * 1000,
        },
      ];
    });
  }
}

function numeral(value: number | null): string {
  return value === null ? '-' : String(Math.round(value));
}

function known(text: string | undefined, where: string): number | null {
  return text === '-' ? null : parseInteger(text, where);
}

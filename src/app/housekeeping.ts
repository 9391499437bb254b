import type { Clock } from '../fleet/clock.ts';
import type { Queues } from '../queue/queue.ts';
import type { LedgerFound } from '../store/ledger-epoch.ts';
import type { Store } from '../store/store.ts';
import type { Log } from '../telemetry/log.ts';
import { systemClock } from './clock.ts';

/** Schedules that Redis lost are made again, and old records trimmed, this often. */
const CARE_MS = 60_000;
/** Real ms: on a clock that goes fast it does not become a burden. */
const SHORTEST_CARE_MS = 1_000;
const REPAIR_TRIES = 5;
const REPAIR_PAUSE_MS = 1_000;

export interface HousekeepingOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Pick<Store, 'look' | 'trim'>;
  readonly queues: Pick<Queues, 'repair'>;
  /** Names of those that are configured. */
  readonly accounts: () => readonly string[];
  /** Says again, while it lasts, that the clock is in doubt. */
  readonly sayDoubt: () => void;
  readonly tellLedger: (found: LedgerFound) => void;
}

/** What is looked after every minute, whatever else happens; an outage only puts it off. */
export class Housekeeping {
  readonly #options: HousekeepingOptions;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: HousekeepingOptions) {
    this.#options = options;
  }

  start(): void {
    const { clock, log, sayDoubt } = this.#options;
    this.#timer = setInterval(
      () => {
        sayDoubt();
        this.#care().catch((error: unknown) => log.debug({ err: error }, 'housekeeping was put off'));
      },
      Math.max(SHORTEST_CARE_MS, clock.toReal(CARE_MS)),
    );
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  async #care(): Promise<void> {
    const { clock, log, store, queues, accounts, tellLedger } = this.#options;
    // A Redis that was emptied, put back or set up anew without a reconnect is seen here; the tick tells of it.
    await store.look();
    const repaired = await queues.repair();
    if (repaired > 0) log.info({ repaired }, 'schedules in Redis were put right');
    // A ledger may be lost without a connection being lost: somebody emptied Redis, or a proxy failed over.
    tellLedger(await store.look());
    await store.trim(accounts(), clock.now());
  }
}

/** Tries until the queues have their own connections back; they lag a little behind ours. */
export async function repairSchedules(queues: Pick<Queues, 'repair'>, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await queues.repair();
      return;
    } catch (error) {
      if (attempt >= REPAIR_TRIES) throw error;
      await systemClock.sleep(REPAIR_PAUSE_MS, signal);
    }
  }
}

import type { Doubts } from '../store/doubts.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { systemClock } from './clock.ts';
import type { ServerTime } from './clock-trust.ts';
import { ClockWatch } from './clock-watch.ts';

/** A clock that was set is mostly believed again at the next poll; people are told of one that is not, after this. */
const LONGEST_DOUBT_MS = 600_000;

export interface ClockDoubtOptions {
  readonly log: Log;
  readonly metrics: Metrics;
  /** Of this process, without spaces; no other has it. */
  readonly id: string;
  /** Told once that the clock was set back so far that the queue's locks hold nothing any more, by how much, ms. */
  readonly onUnsafe: (stepMs: number) => void;
}

/** What the daemon knows of its clock's worth: watched, logged, counted, and said where other processes can read it. */
export class ClockDoubt {
  readonly #options: ClockDoubtOptions;
  readonly #watch: ClockWatch;
  /** Since when it is doubted, on the clock that never steps; `null`: it is believed. */
  #since: number | null = null;
  /** `null`: Redis is not there yet. */
  #doubts: Doubts | null = null;
  #isSaid = false;

  constructor(options: ClockDoubtOptions) {
    const { log, metrics, onUnsafe } = options;
    this.#options = options;
    this.#watch = new ClockWatch({
      // Not the daemon's own, which may be another one, as in the demo: the queue goes by this one.
      time: systemClock,
      onStep: (stepMs) => {
        metrics.clockSteps.inc({ direction: stepMs < 0 ? 'backward' : 'forward' });
        log.warn({ stepMs: Math.round(stepMs) }, 'the wall clock was set');
      },
      onUnsafe: (stepMs) => {
        log.error({ stepMs: Math.round(stepMs) }, 'the wall clock was set back: everything is broken off');
        onUnsafe(stepMs);
      },
      onDoubt: (why) => {
        metrics.clockTrusted.set(why === null ? 1 : 0);
        this.#since = why === null ? null : (this.#since ?? systemClock.monotonic());
        if (why === null) log.info('the clock is believed again');
        else log.error({ why }, 'the clock is in doubt, so paid and destructive work is held');
        this.say();
      },
    });
  }

  start(): void {
    this.#options.metrics.clockTrusted.set(1);
    this.#watch.start();
  }

  stop(): void {
    this.#watch.stop();
  }

  /** Why nothing is paid or destroyed by our clock now; `null`: it is believed. */
  get why(): string | null {
    return this.#watch.doubt();
  }

  /** Has it lasted so long that people are told? */
  get isLong(): boolean {
    return this.#since !== null && systemClock.monotonic() - this.#since > LONGEST_DOUBT_MS;
  }

  /** What a cloud's answer says the time is. */
  told(time: Omit<ServerTime, 'beganMs' | 'nowMs'> & { readonly tookMs: number }): void {
    const aheadMs = this.#watch.told(time);
    this.#options.metrics.clockAhead.set({ account: time.account }, Math.round(aheadMs / 1000));
  }

  /** From now on a doubt is said there, for commands in other processes, which have no clock of their own to doubt. */
  saidIn(doubts: Doubts): void {
    this.#doubts = doubts;
    this.say();
  }

  /** To be said again each minute while it lasts. */
  say(): void {
    const { why } = this;
    if (this.#doubts === null || (why === null && !this.#isSaid)) return;
    const { log, id } = this.#options;
    this.#isSaid = why !== null;
    (why === null ? this.#doubts.unsay(id) : this.#doubts.say(id, why)).catch((error: unknown) =>
      log.debug({ err: error }, 'what is in doubt could not be said'),
    );
  }
}

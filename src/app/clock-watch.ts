import { ClockTrust, type ServerTime } from './clock-trust.ts';

/** The operating system's two clocks: the queue's locks and schedules go by its wall clock, whatever clock we go by. */
export interface SystemTime {
  /** The wall clock, epoch ms. */
  now(): number;
  /** Ms on a clock that never steps. */
  monotonic(): number;
}

export interface ClockWatchOptions {
  readonly time: SystemTime;
  /** Told of every step of more than 2 s; negative: back. */
  readonly onStep: (stepMs: number) => void;
  /** Told once, of a step back by more than 5 s: the locks of the queue hold nothing any more. */
  readonly onUnsafe: (stepMs: number) => void;
  /** Told when the clock begins to be doubted, and with `null` when it is believed again. */
  readonly onDoubt: (why: string | null) => void;
}

/** Both clocks are compared this often. */
const LOOK_MS = 1_000;
/** Less than this is a correction by NTP or a late look; more is told. */
const STEP_MS = 2_000;
/**
 * The queue renews locks by the wall clock: after a step back they are not renewed, run out, and another worker takes
 * the same job. By so little nothing runs out.
 */
const UNSAFE_BACK_MS = 5_000;
/** What is due by time may then be due too early. So it looks after a machine was suspended, too. */
const AHEAD_MS = 60_000;

/** Watches the wall clock for steps, by a clock that has none, and by what the clouds say the time is. */
export class ClockWatch {
  readonly #options: ClockWatchOptions;
  readonly #trust = new ClockTrust();
  #last: { readonly wall: number; readonly steady: number };
  #timer: NodeJS.Timeout | null = null;
  #unsafe = false;
  #doubt: string | null = null;

  constructor(options: ClockWatchOptions) {
    this.#options = options;
    const { time } = options;
    this.#last = { wall: time.now(), steady: time.monotonic() };
  }

  start(): void {
    const { time } = this.#options;
    this.#last = { wall: time.now(), steady: time.monotonic() };
    this.#timer = setInterval(() => this.look(), LOOK_MS);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** Compares the steps of the two clocks since the last look. */
  look(): void {
    const { time, onStep, onUnsafe } = this.#options;
    const now = { wall: time.now(), steady: time.monotonic() };
    const stepMs = now.wall - this.#last.wall - (now.steady - this.#last.steady);
    this.#last = now;
    if (Math.abs(stepMs) <= STEP_MS) return;
    onStep(stepMs);
    if (stepMs > AHEAD_MS) this.#trust.jumped(stepMs, now.steady);
    this.#tell();
    if (stepMs >= -UNSAFE_BACK_MS || this.#unsafe) return;
    this.#unsafe = true;
    onUnsafe(stepMs);
  }

  /** A cloud's answer told the time; see {@link ClockTrust.told}. `tookMs`: how long the request took, real ms. */
  told(time: Omit<ServerTime, 'beganMs' | 'nowMs'> & { readonly tookMs: number }): number {
    // A step that came with this answer must not be noticed only after it was believed.
    this.look();
    const nowMs = this.#options.time.monotonic();
    const aheadMs = this.#trust.told({ ...time, beganMs: nowMs - time.tookMs, nowMs });
    this.#tell();
    return aheadMs;
  }

  /** Why nothing may be paid or destroyed by our clock now; `null`: it is believed. */
  doubt(): string | null {
    this.look();
    return this.#unsafe ? 'our clock was set back, and the daemon is about to end' : this.#trust.doubt;
  }

  #tell(): void {
    const { doubt } = this.#trust;
    // Told when it begins and when it ends; that the number of seconds in it changes is no news.
    if ((doubt === null) !== (this.#doubt === null)) this.#options.onDoubt(doubt);
    this.#doubt = doubt;
  }
}

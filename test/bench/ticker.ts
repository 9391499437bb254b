import { setTimeout as wait } from 'node:timers/promises';

/** One stretch in which the event loop did not turn. */
export interface Pause {
  readonly wallMs: number;
  /** Of it, what this thread itself computed: the rest is the machine giving the core to somebody else. */
  readonly ownMs: number;
}

/** A timer of 1 ms that notes how late it comes. */
export class Ticker {
  #timer: NodeJS.Timeout | null = null;
  #at = 0;
  #cpu = process.threadCpuUsage();
  #wallMs = 0;
  #ownMs = 0;

  start(): void {
    this.reset();
    this.#timer = setInterval(() => this.#tick(), 1);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Lets the process end although the timer runs. */
  unref(): void {
    this.#timer?.unref();
  }

  reset(): void {
    this.#at = performance.now();
    this.#cpu = process.threadCpuUsage();
    this.#wallMs = 0;
    this.#ownMs = 0;
  }

  /** The longest since the last reset. */
  longest(): Pause {
    return { wallMs: this.#wallMs, ownMs: this.#ownMs };
  }

  #tick(): void {
    const now = performance.now();
    const used = process.threadCpuUsage(this.#cpu);
    this.#wallMs = Math.max(this.#wallMs, now - this.#at);
    this.#ownMs = Math.max(this.#ownMs, (used.user + used.system) / 1000);
    this.#at = now;
    this.#cpu = process.threadCpuUsage();
  }
}

/** The longest pause while something runs, and until the loop has turned once after it. */
export async function watched<T>(run: () => Promise<T>): Promise<{ readonly value: T; readonly pause: Pause }> {
  const ticker = new Ticker();
  ticker.start();
  try {
    await wait(2);
    ticker.reset();
    const value = await run();
    await wait(2);
    return { value, pause: ticker.longest() };
  } finally {
    ticker.stop();
  }
}

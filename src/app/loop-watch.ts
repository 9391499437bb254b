/** How often the loop is asked for a sign of life, and how late it may be before the process counts as stuck. */
const BEAT_MS = 1_000;
const STUCK_MS = 30_000;

/** Tells whether the event loop turns. It answers from outside the loop's own timers: by the age of the last beat. */
export class LoopWatch {
  #timer: NodeJS.Timeout | null = null;
  #beatAt = performance.now();

  start(): void {
    this.#beatAt = performance.now();
    this.#timer = setInterval(() => {
      this.#beatAt = performance.now();
    }, BEAT_MS);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  state(): { readonly ok: boolean; readonly detail: string } {
    const age = performance.now() - this.#beatAt;
    return age < STUCK_MS
      ? { ok: true, detail: 'alive' }
      : { ok: false, detail: `the event loop has stood still for ${Math.round(age / 1000)} s` };
  }
}

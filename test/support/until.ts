import { EventEmitter, once } from 'node:events';

/** Long enough for a machine with much to do; a test that waits this long has failed. */
const LIMIT_MS = 30_000;
/** What no event tells of (another process at work in Redis) is seen at the next beat. */
const BEAT_MS = 100;

/** Things that happen, for whoever waits for one of them: log lines, requests, effects, notifications. */
export class Happenings {
  readonly #events = new EventEmitter<{ something: [] }>().setMaxListeners(0);
  readonly #limitMs: number;
  readonly #story: () => string;

  /** @param story what to tell beside a wait that was in vain */
  constructor(story: () => string, limitMs: number = LIMIT_MS) {
    this.#story = story;
    this.#limitMs = limitMs;
  }

  readonly tell = (): void => {
    this.#events.emit('something');
  };

  /** Waits until `look` answers something other than `null`, `undefined` or `false`, looking at every happening. */
  async until<T>(
    what: string,
    look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
    limitMs: number = this.#limitMs,
  ): Promise<T> {
    const end = performance.now() + limitMs;
    for (;;) {
      // Listening begins before looking, so that nothing happens in between unseen.
      const stop = new AbortController();
      const next = this.#next(stop.signal);
      let seen: T | null | undefined | false;
      try {
        seen = await look();
      } catch (error) {
        stop.abort();
        await next;
        throw new Error(`while waiting until ${what}: ${String(error)}\n${this.#story()}`, { cause: error });
      }
      if (seen !== null && seen !== undefined && seen !== false) {
        stop.abort();
        await next;
        return seen;
      }
      if (performance.now() > end) {
        stop.abort();
        await next;
        throw new Error(`waited ${limitMs} ms in vain until ${what}\n${this.#story()}`);
      }
      await next;
    }
  }

  async #next(stop: AbortSignal): Promise<void> {
    const beat = AbortSignal.timeout(BEAT_MS);
    await once(this.#events, 'something', { signal: AbortSignal.any([stop, beat]) }).catch(() => {});
  }
}

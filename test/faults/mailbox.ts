import type { Strike } from './fault-points.ts';
import { type FromDaemon, toDaemon } from './launch.ts';

/** The daemon's end of the channel to its test. */
export class Mailbox {
  readonly strikes: Strike[] = [];
  #onTime: (at: number) => void = () => {};
  #onBegin: (at: number) => void = () => {};
  readonly #waiting: (() => void)[] = [];
  /** How many may go on that have not come yet. */
  #leave = 0;

  constructor() {
    process.on('message', (message: unknown) => {
      const told = toDaemon.parse(message);
      switch (told.kind) {
        case 'time':
          this.#onTime(told.at);
          void this.tell({ kind: 'heard', at: told.at });
          return;
        case 'go': {
          const next = this.#waiting.shift();
          if (next === undefined) this.#leave += 1;
          else next();
          return;
        }
        case 'begin':
          this.strikes.push(...told.strikes);
          this.#onBegin(told.at);
      }
    });
  }

  onTime(listener: (at: number) => void): void {
    this.#onTime = listener;
  }

  /** Says that everything is loaded, and resolves with the time when the test says to begin. */
  async begin(): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#onBegin = resolve;
    await this.tell({ kind: 'loaded' });
    return await promise;
  }

  async go(): Promise<void> {
    if (this.#leave > 0) {
      this.#leave -= 1;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves when it is on its way; a process that is struck right after has told it. */
  tell(what: FromDaemon): Promise<void> {
    return new Promise((resolve) => {
      if (process.send === undefined || !process.connected) resolve();
      else process.send(what, undefined, undefined, () => resolve());
    });
  }
}

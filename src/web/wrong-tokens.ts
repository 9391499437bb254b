/** Nobody mistypes a token more often in a minute; whoever guesses gets nowhere at this rate. */
const MOST_WRONG = 10;
const WINDOW_MS = 60_000;
/** Memory for whoever has many addresses to guess from; the oldest are forgotten. */
const MOST_ADDRESSES = 1_000;

interface Tries {
  readonly since: number;
  wrong: number;
}

/** Counts wrong control tokens by the address they come from, in windows of a minute that begin with the first. */
export class WrongTokens {
  readonly #clock: () => number;
  readonly #tries = new Map<string, Tries>();

  /** @param clock monotonic ms */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Ms until this address may try again; 0: now. Until then not even the right token is looked at. */
  waitMs(address: string): number {
    const tries = this.#tries.get(address);
    if (tries === undefined || tries.wrong < MOST_WRONG) return 0;
    return Math.max(0, tries.since + WINDOW_MS - this.#clock());
  }

  note(address: string): void {
    const now = this.#clock();
    const tries = this.#tries.get(address);
    if (tries !== undefined && now - tries.since < WINDOW_MS) {
      tries.wrong += 1;
      return;
    }
    this.#tries.delete(address);
    this.#tries.set(address, { since: now, wrong: 1 });
    // A map keeps the order of insertion, so the first key is the oldest.
    const [oldest] = this.#tries.keys();
    if (this.#tries.size > MOST_ADDRESSES && oldest !== undefined) this.#tries.delete(oldest);
  }
}

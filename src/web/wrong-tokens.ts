/** Nobody mistypes a token more often in a minute; whoever guesses gets nowhere at this rate. */
const MOST_WRONG = 10;
const WINDOW_MS = 60_000;
/** Memory for whoever has many addresses to guess from; the oldest are forgotten. */
const MOST_ADDRESSES = 1_000;
/** So much is told in a minute, whoever guesses from how many addresses: enough to see it, too little to fill a disk. */
const MOST_TOLD = 10;

interface Tries {
  readonly since: number;
  wrong: number;
}

/** What is told of wrong tokens; never the token. */
export interface WrongTokenNews {
  readonly address: string;
  /** How many came from there in this minute. */
  readonly wrong: number;
  /** From now on, for the rest of the minute, nothing from there is looked at. */
  readonly shut: boolean;
  /** How much was kept quiet since the last time something was told. */
  readonly untold: number;
}

/**
 * Counts wrong control tokens by the address they come from, in windows of a minute that begin with the first. Tells the
 * first of each window, and the one that shuts the door, but only so much in a minute.
 */
export class WrongTokens {
  readonly #clock: () => number;
  readonly #tell: (news: WrongTokenNews) => void;
  readonly #tries = new Map<string, Tries>();
  #told = { since: Number.NEGATIVE_INFINITY, count: 0 };
  #untold = 0;

  /** @param clock monotonic ms */
  constructor(clock: () => number, tell: (news: WrongTokenNews) => void = () => {}) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Ms until this address may try again; 0: now. Until then not even the right token is looked at. */
  waitMs(address: string): number {
    const tries = this.#tries.get(address);
    if (tries === undefined || tries.wrong < MOST_WRONG) return 0;
    return Math.max(0, tries.since + WINDOW_MS - this.#clock());
  }

  note(address: string): void {
    const now = this.#clock();
    const { wrong } = this.#count(address, now);
    if (wrong !== 1 && wrong !== MOST_WRONG) return;
    if (now - this.#told.since >= WINDOW_MS) this.#told = { since: now, count: 0 };
    if (this.#told.count >= MOST_TOLD) {
      this.#untold += 1;
      return;
    }
    this.#told.count += 1;
    const untold = this.#untold;
    this.#untold = 0;
    this.#tell({ address, wrong, shut: wrong === MOST_WRONG, untold });
  }

  #count(address: string, now: number): Tries {
    const known = this.#tries.get(address);
    if (known !== undefined && now - known.since < WINDOW_MS) {
      known.wrong += 1;
      return known;
    }
    this.#tries.delete(address);
    const tries = { since: now, wrong: 1 };
    this.#tries.set(address, tries);
    // A map keeps the order of insertion, so the first key is the oldest.
    const [oldest] = this.#tries.keys();
    if (this.#tries.size > MOST_ADDRESSES && oldest !== undefined) this.#tries.delete(oldest);
    return tries;
  }
}

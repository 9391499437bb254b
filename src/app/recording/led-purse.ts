import type { PassFacts } from '../../work/facts.ts';

/** From then on an account has so much more than was recorded. */
interface Step {
  readonly at: number;
  readonly fen: number;
}

/** What an account of a recording would have had: what was recorded, moved by what is done otherwise. */
export class LedPurse {
  /** By time; one at least. */
  #steps: readonly Step[] = [{ at: Number.NEGATIVE_INFINITY, fen: 0 }];
  #fen = 0;

  /** @param fen not rounded; less than nothing where more is spent than was */
  add(fen: number): void {
    this.#fen += fen;
  }

  /** What was added so far holds from then on. */
  moveTo(now: number): void {
    if (this.#steps.at(-1)?.fen !== this.#fen) this.#steps = [...this.#steps, { at: now, fen: this.#fen }];
  }

  /** What a pass would have known of the money. */
  of({ listing, balances }: PassFacts): Pick<PassFacts, 'listing' | 'balances'> {
    if (this.#steps.length === 1) return { listing, balances };
    const oldest = Math.min(...balances.map(({ at }) => at), listing.balance?.at ?? Number.POSITIVE_INFINITY);
    this.#steps = this.#steps.filter((_, index) => (this.#steps[index + 1]?.at ?? Number.POSITIVE_INFINITY) > oldest);
    const { balance } = listing;
    return {
      listing:
        balance === null
          ? listing
          : { ...listing, balance: { ...balance, cashFen: balance.cashFen + this.#moreAt(balance.at) } },
      balances: balances.map(({ at, fen }) => ({ at, fen: fen + this.#moreAt(at) })),
    };
  }

  /** Fen, rounded. */
  #moreAt(at: number): number {
    return Math.round(this.#steps.findLast((step) => step.at <= at)?.fen ?? 0);
  }
}

/** Chance that can be replayed: the same seed throws the same. (mulberry32: 32 bits of state, quick, even enough for faults.) */
export class Dice {
  #state: number;

  constructor(seed: number) {
    // Spread, so that neighbouring seeds begin far from each other.
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0;
  }

  /** 0 ≤ x < 1. */
  readonly next = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let x = this.#state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 4_294_967_296;
  };

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** Mostly near the lower end, sometimes near the upper: how waits are spread in the world. */
  wait(least: number, most: number): number {
    const x = this.next();
    return least + Math.floor(x * x * x * (most - least + 1));
  }

  pick<T>(list: readonly T[]): T {
    const item = list[Math.floor(this.next() * list.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }
}

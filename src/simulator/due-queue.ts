interface Due {
  readonly at: number;
  readonly id: string;
}

/** A binary min-heap of (time, id): what falls due next, without walking ten thousand instances. */
export class DueQueue {
  readonly #heap: Due[] = [];
  /** The earliest entry queued per id, so that repeated changes of one instance do not pile up entries. */
  readonly #earliest = new Map<string, number>();

  /** Asks for `id` to come up at `at`. Coming up too early is harmless, the caller looks again. */
  add(id: string, at: number): void {
    const queued = this.#earliest.get(id);
    if (queued !== undefined && queued <= at) return;
    this.#earliest.set(id, at);
    this.#heap.push({ at, id });
    this.#rise(this.#heap.length - 1);
  }

  /** The earliest time queued. */
  get nextAt(): number | undefined {
    return this.#heap[0]?.at;
  }

  /** Removes and returns the id that is due first. */
  take(): string | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (first === undefined || last === undefined) return undefined;
    if (this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#sink(0);
    }
    if (this.#earliest.get(first.id) === first.at) this.#earliest.delete(first.id);
    return first.id;
  }

  #rise(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfEarlier(index, parent)) return;
      index = parent;
    }
  }

  #sink(start: number): void {
    let index = start;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      const child = this.#at(right) < this.#at(left) ? right : left;
      if (!this.#swapIfEarlier(child, index)) return;
      index = child;
    }
  }

  #at(index: number): number {
    return this.#heap[index]?.at ?? Number.POSITIVE_INFINITY;
  }

  #swapIfEarlier(lower: number, upper: number): boolean {
    const below = this.#heap[lower];
    const above = this.#heap[upper];
    if (below === undefined || above === undefined || below.at >= above.at) return false;
    this.#heap[upper] = below;
    this.#heap[lower] = above;
    return true;
  }
}

interface Event {
  readonly at: number;
  readonly order: number;
  readonly happen: () => void;
}

/** Everything that is going to happen, in the order in which it does. No timer and no waiting: time is where the next event is. */
export class Timeline {
  readonly #heap: Event[] = [];
  #now: number;
  #order = 0;

  constructor(startAt: number) {
    this.#now = startAt;
  }

  /** True time, epoch ms; the clocks of the processes may differ from it. */
  get now(): number {
    return this.#now;
  }

  /** Of two events at one moment the one that was asked for first comes first. */
  at(time: number, happen: () => void): void {
    const event = { at: Math.max(time, this.#now), order: this.#order, happen };
    this.#order += 1;
    const heap = this.#heap;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(event, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = event;
  }

  after(ms: number, happen: () => void): void {
    this.at(this.#now + ms, happen);
  }

  /** Moves time to the next event, which is handed out and gone; `null`: there is none. */
  take(): (() => void) | null {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return null;
    if (heap.length > 0) this.#sink(last);
    this.#now = first.at;
    return first.happen;
  }

  #sink(event: Event): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      let child = heap[left];
      if (child === undefined) break;
      let at = left;
      const right = heap[left + 1];
      if (right !== undefined && isBefore(right, child)) {
        child = right;
        at = left + 1;
      }
      if (!isBefore(child, event)) break;
      heap[index] = child;
      index = at;
    }
    heap[index] = event;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

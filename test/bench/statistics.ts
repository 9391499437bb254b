/** The middle one; of an even number the upper. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Medians of two things measured in turn, and of their ratio within each round: what the machine does to one round it does to both. */
export function compare(rounds: readonly (readonly [number, number])[]): {
  readonly first: number;
  readonly second: number;
  readonly ratio: number;
} {
  return {
    first: median(rounds.map(([first]) => first)),
    second: median(rounds.map(([, second]) => second)),
    ratio: median(rounds.map(([first, second]) => first / second)),
  };
}

/** For people: three digits that mean something. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return 'not measured';
  const places = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(places);
}

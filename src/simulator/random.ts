/** A source of numbers in [0, 1), like Math.random, but repeatable. */
export type Random = () => number;

/**
 * Mulberry32: a 32-bit generator that is small, quick and good enough for fake ids and random faults.
 * The same seed gives the same run.
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    // The increment and the shifts are those of the published algorithm; other values lose its full period.
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** `length` lower-case hexadecimal digits. */
export function randomHex(random: Random, length: number): string {
  let text = '';
  while (text.length < length) text += Math.floor(random() * 16).toString(16);
  return text;
}

/** A UUID-shaped text, as huixingyun uses for tokens and image ids. */
export function randomUuid(random: Random): string {
  const hex = randomHex(random, 32);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** One of `values`; throws on an empty list. */
export function pick<T>(random: Random, values: readonly T[]): T {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error('pick: the list is empty');
  return value;
}

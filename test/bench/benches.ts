/** In the order they run. */
export const BENCHES = [
  'evaluate',
  'validate',
  'simulate',
  'poll',
  'recording',
  'lifecycle',
  'probes',
  'daemon',
] as const;
export type BenchName = (typeof BENCHES)[number];

export function isBenchName(text: string): text is BenchName {
  return BENCHES.some((name) => name === text);
}

import { hash } from 'node:crypto';

/** Counters and digests by names of the probe's own; see `ProbeReading.marks`. */
export type Marks = Readonly<Record<string, number>>;

/** How a counter stands to what it was at the last reading. `back`: it was reset, so nothing can be said this time. */
export type Moved = 'first' | 'same' | 'forward' | 'back';

export function moved(before: Marks | undefined, name: string, now: number): Moved {
  const was = before?.[name];
  if (was === undefined) return 'first';
  if (now === was) return 'same';
  return now > was ? 'forward' : 'back';
}

/** 12 hexadecimal digits fit a number exactly. */
const DIGEST_DIGITS = 12;

/** A text of the other side's as a number that tells it from others and gives nothing of it away. */
export function digest(text: string): number {
  return Number.parseInt(hash('sha256', text).slice(0, DIGEST_DIGITS), 16);
}

/** One line of the table. A row without a target is told and not judged. */
export interface Row {
  readonly what: string;
  readonly measured: number;
  readonly unit: Unit;
  readonly target: Target | null;
  /** How it came about: the two sides of a ratio, the spread. */
  readonly detail: string;
}

export const UNITS = ['ms', 's', 'MB', 'times', '%', 'million pairs/s'] as const;
export type Unit = (typeof UNITS)[number];

export interface Target {
  readonly kind: 'at-most' | 'at-least';
  readonly limit: number;
}

export function atMost(limit: number): Target {
  return { kind: 'at-most', limit };
}

export function atLeast(limit: number): Target {
  return { kind: 'at-least', limit };
}

/** `null`: there is nothing to hold it against. A number that could not be measured has missed. */
export function holds(row: Row): boolean | null {
  if (row.target === null) return null;
  return row.target.kind === 'at-most' ? row.measured <= row.target.limit : row.measured >= row.target.limit;
}

/** How much of the target was used, or reached. */
export function ratioOf(row: Row): number | null {
  return row.target === null ? null : row.measured / row.target.limit;
}

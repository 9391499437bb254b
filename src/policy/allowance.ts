/** Where a policy sets no limits of its own: this share of an account's instances in any rolling minute… */
export const DEFAULT_PERCENT = 10;
/** …and at most so many, however large the account. */
export const DEFAULT_MAX = 3;

/** How many instances `percent` of `size` are; never less than one, or a small account could never be served. */
export function share(percent: number, size: number): number {
  return Math.max(1, Math.floor((percent * size) / 100));
}

/** How many instances of an account of this size may be interrupted in a minute where no policy says otherwise. */
export function defaultMax(size: number): number {
  return Math.min(DEFAULT_MAX, share(DEFAULT_PERCENT, size));
}

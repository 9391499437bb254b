/**
 * Clocks that differ by less than this are taken as equal: the `Date` header has whole seconds, and a correction that
 * wavers with the time on the wire would make one unchanged last activity look like several.
 */
const SAME_CLOCK_MS = 2_000;

/**
 * What to add to a time of the other side's clock to have it on ours, ms. `from` and `to` are our clock before and after
 * the request. Where it is uncertain, the later moment counts: an instance then looks idle a little too late, not too soon.
 */
export function clockDifference(remoteNow: number | null, from: number, to: number): number {
  if (remoteNow === null) return 0;
  const same = remoteNow >= from - SAME_CLOCK_MS && remoteNow <= to + SAME_CLOCK_MS;
  return same ? 0 : to - remoteNow;
}

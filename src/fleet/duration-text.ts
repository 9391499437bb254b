/** PromQL's units, longest first. A year is 365 days, as it is there; months have no fixed length and are left out. */
export const DURATION_UNITS = [
  ['y', 365 * 86_400_000],
  ['w', 7 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

/**
 * A duration as Prometheus prints it: `5400000` is `1h30m`, `691200000` is `8d`, `0` is `0s`. Years and weeks only
 * where they fit exactly. `parseDuration` reads it back to the same value, except a negative one (`-5m`, for showing only).
 * @param ms milliseconds, rounded to whole ones
 * @throws RangeError when `ms` is not finite
 */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) throw new RangeError(`a duration must be a finite number of milliseconds, not ${ms}`);
  let rest = Math.round(Math.abs(ms));
  if (rest === 0) return '0s';
  let text = ms < 0 ? '-' : '';
  for (const [unit, unitMs] of DURATION_UNITS) {
    const exactOnly = unit === 'y' || unit === 'w';
    if (rest < unitMs || (exactOnly && rest % unitMs !== 0)) continue;
    text += `${Math.floor(rest / unitMs)}${unit}`;
    rest %= unitMs;
  }
  return text;
}

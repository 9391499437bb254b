/** One row in twenty. */
const MOST_BAD_ROWS = 0.05;

/**
 * Does a listing hold so many rows that could not be read that all of it is in doubt? More than 5 %, but a single bad row
 * never does it: in a fleet of ten, one odd row must cost that row and not the other nine.
 */
export function tooManyBadRows(bad: number, rows: number): boolean {
  return bad > Math.max(1, rows * MOST_BAD_ROWS);
}

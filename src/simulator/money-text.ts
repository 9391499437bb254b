/** Fen as yuan with two decimals, `"123.45"`. */
export function yuanText(fen: number): string {
  const sign = fen < 0 ? '-' : '';
  const whole = Math.abs(fen);
  return `${sign}${Math.floor(whole / 100)}.${String(whole % 100).padStart(2, '0')}`;
}

/** Fen as a JSON number of yuan; two decimals always survive the division. */
export function yuanNumber(fen: number): number {
  return fen / 100;
}

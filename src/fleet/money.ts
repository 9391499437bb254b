/**
 * Money is integer fen (分) inside and yuan with two decimals outside. Binary floats never hold a sum.
 */
export type Fen = number;

const YUAN = /^(-?)(\d{1,12})(?:\.(\d{1,2})0*)?$/;

/**
 * Reads yuan from a decimal text ("12", "12.3", "12.34") or a JSON number, into fen. More than two significant decimals
 * are refused rather than rounded; `null` means: not an amount of money.
 */
export function yuanToFen(value: unknown): Fen | null {
  const text = typeof value === 'number' && Number.isFinite(value) ? String(value) : value;
  if (typeof text !== 'string') return null;
  const match = YUAN.exec(text.trim());
  if (match === null) return null;
  const fen = Number(match[2]) * 100 + Number((match[3] ?? '').padEnd(2, '0'));
  return match[1] === '-' && fen !== 0 ? -fen : fen;
}

/** Fen as yuan with two decimals: 1234 → "12.34". */
export function formatYuan(fen: Fen): string {
  const whole = Math.trunc(Math.abs(fen) / 100);
  const rest = String(Math.abs(fen) % 100).padStart(2, '0');
  return `${fen < 0 ? '-' : ''}${whole}.${rest}`;
}

const INTEGER = /^-?\d{1,15}$/;

/**
 * A whole number, given as a JSON integer or as text (`"12"`, `"-2"`); `null` for anything else. Never bare `Number(x)`:
 * it makes 0 of `""`, `null` and `[]`, and 0 is "success" for a code and a status on v1.
 */
export function wholeNumber(value: unknown): number | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : null;
  if (typeof value !== 'string' || !INTEGER.test(value)) return null;
  return Number(value);
}

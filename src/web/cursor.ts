/** Longer than the key of any row. */
const LONGEST_CURSOR = 4_000;

/** A row's key as a cursor: opaque, and safe in an address. */
export function toCursor(key: string): string {
  return Buffer.from(key).toString('base64url');
}

/** The key in a cursor; `null`: no page ended with that. */
export function fromCursor(cursor: string): string | null {
  if (cursor.length > LONGEST_CURSOR || !/^[A-Za-z0-9_-]+$/.test(cursor)) return null;
  const key = Buffer.from(cursor, 'base64url').toString();
  return toCursor(key) === cursor ? key : null;
}

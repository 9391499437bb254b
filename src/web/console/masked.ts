import { randomBytes } from 'node:crypto';

/**
 * A secret that stands in a compressed page beside what somebody else may have put there could be guessed letter by letter
 * from how long the page is (BREACH). So no two pages have it alike: it is sent as random bytes and their difference from it.
 * @param secret base64url
 */
export function masked(secret: string): string {
  const bytes = Buffer.from(secret, 'base64url');
  const mask = randomBytes(bytes.length);
  return Buffer.concat([mask, xor(bytes, mask)]).toString('base64url');
}

/** Of what {@link masked} made the secret; anything else says nothing. */
export function unmasked(text: string): string {
  const bytes = Buffer.from(text, 'base64url');
  const half = bytes.length / 2;
  if (!Number.isInteger(half)) return '';
  return xor(bytes.subarray(half), bytes.subarray(0, half)).toString('base64url');
}

function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, place) => byte ^ (b[place] ?? 0)));
}

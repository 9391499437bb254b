/** Epoch ms as RFC 3339 in UTC, without ms where they are zero: what the API, logs and notifications use. */
export function rfc3339(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z');
}

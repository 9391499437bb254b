import { createHash } from 'node:crypto';

/** A short fingerprint of plain data that does not depend on the order of keys. */
export function fingerprint(data: unknown): string {
  return createHash('sha256').update(canonical(data)).digest('hex').slice(0, 16);
}

function canonical(data: unknown): string {
  if (Array.isArray(data)) return `[${data.map(canonical).join(',')}]`;
  if (typeof data === 'object' && data !== null) {
    const entries = Object.entries(data).filter(([, value]) => value !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${canonical(value)}`).join(',')}}`;
  }
  return JSON.stringify(data) ?? 'null';
}

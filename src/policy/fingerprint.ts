import { hash } from 'node:crypto';

/** A short fingerprint of plain data that does not depend on the order of keys. */
export function fingerprint(data: unknown): string {
  return hash('sha256', canonical(data)).slice(0, 16);
}

function canonical(data: unknown): string {
  if (typeof data === 'string' || data === null) return JSON.stringify(data);
  if (Array.isArray(data)) return `[${data.map(canonical).join(',')}]`;
  if (typeof data === 'object') {
    const entries = Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1));
    let text = '';
    for (const [key, value] of entries)
      if (value !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonical(value)}`;
    return `{${text}}`;
  }
  return JSON.stringify(data) ?? 'null';
}

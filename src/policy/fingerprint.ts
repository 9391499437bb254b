import { hash } from 'node:crypto';

/** A short fingerprint of plain data that does not depend on the order of keys. */
export function fingerprint(data: unknown): string {
  return hash('sha256', canonical(data)).slice(0, 16);
}

function canonical(data: unknown): string {
  if (typeof data === 'string' || data === null) return JSON.stringify(data);
  if (Array.isArray(data)) return `[${data.map(canonical).join(',')}]`;
  if (typeof data === 'object') {
    const values = new Map(Object.entries(data));
    let text = '';
    // By the units of their letters, which no machine's language changes.
    for (const key of [...values.keys()].sort()) {
      const value = values.get(key);
      if (value !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonical(value)}`;
    }
    return `{${text}}`;
  }
  return JSON.stringify(data) ?? 'null';
}

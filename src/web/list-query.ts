import { type InstanceKey, parseInstanceKey } from '../fleet/instance.ts';
import { OPERATION_STATES } from '../fleet/operation.ts';
import { STATUSES } from '../fleet/status.ts';
import { fromCursor } from './cursor.ts';
import type { ListQuery } from './source.ts';

export const LISTS = ['instances', 'operations', 'policies', 'plan', 'holds', 'accounts'] as const;
export type ListName = (typeof LISTS)[number];

const PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 1_000;
/** A place in a list, or a sequence number of the ledger: what `next` of an earlier page says. */
const PLACE = /^\d{1,15}$/;

/** Lists that change while somebody turns their pages: the next page begins behind a row and not at a place. */
const KEYED: readonly ListName[] = ['instances', 'plan', 'holds', 'accounts'];

/** What a filter takes: any text, an instance, or one of these words. */
type Takes = 'text' | 'instance' | readonly string[];

const FILTERS: Readonly<Record<ListName, Readonly<Record<string, Takes>>>> = {
  instances: { account: 'text', status: STATUSES },
  operations: { account: 'text', instance: 'instance', policy: 'text', state: OPERATION_STATES },
  policies: {},
  plan: { explain: ['true', 'false'] },
  holds: {},
  accounts: {},
};

export type Asked = { readonly ok: true; readonly query: ListQuery } | { readonly ok: false; readonly message: string };

/** Reads what a list is asked for. What is not understood is refused: an answer to another question would mislead. */
export function listQuery(name: ListName, asked: Readonly<Record<string, string>>): Asked {
  const { cursor, limit, ...filters } = asked;
  const size = limit === undefined ? PAGE_SIZE : /^\d{1,4}$/.test(limit) ? Number(limit) : 0;
  if (size < 1 || size > MAX_PAGE_SIZE) return no(`limit is a number from 1 to ${MAX_PAGE_SIZE}, not "${limit}"`);
  const from = cursor === undefined ? null : cursorOf(name, cursor);
  if (from === undefined) return no(`cursor is the "next" of an earlier page of ${name}, not "${cursor}"`);
  for (const [key, value] of Object.entries(filters)) {
    const wrong = wrongFilter(name, key, value);
    if (wrong !== null) return no(wrong);
  }
  return { ok: true, query: { cursor: from, limit: size, filters } };
}

/** `undefined`: it is none of this list. */
function cursorOf(name: ListName, cursor: string): string | undefined {
  if (KEYED.includes(name)) return fromCursor(cursor) ?? undefined;
  return PLACE.test(cursor) ? cursor : undefined;
}

function wrongFilter(name: ListName, key: string, value: string): string | null {
  const known = FILTERS[name];
  const takes = Object.hasOwn(known, key) ? known[key] : undefined;
  if (takes === undefined)
    return `${name} has no filter "${key}"; there are ${[...Object.keys(known), 'limit', 'cursor'].join(', ')}`;
  if (takes === 'text') return null;
  if (takes === 'instance') return instanceFilter(value) === null ? `${key} is account/id, not "${value}"` : null;
  return takes.includes(value) ? null : `${key} is one of ${takes.join(', ')}, not "${value}"`;
}

/** `null`: it names no instance. */
export function instanceFilter(text: string): InstanceKey | null {
  const key = parseInstanceKey(text);
  return key === null ? null : `${key.account}/${key.id}`;
}

function no(message: string): Asked {
  return { ok: false, message };
}
